import Foundation
import TestSupport
import Testing

@Suite("NOTICE")
struct NoticeTests {
  private static let root = ProjectFolders.root
  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }

  @Test("names every package and system library that Package.swift links, and the library of the pages")
  func isComplete() throws {
    let (notice, package) = (try Self.text("NOTICE"), try Self.text("Package.swift"))
    let linked = package.split(separator: "let documentationDependencies")[0].matches(
      of: /url: "https:\/\/github.com\/[^\/]+\/([^"]+)"/
    )
    .map { String($0.output.1) }
    #expect(linked.count >= 4)
    for name in linked { #expect(notice.contains(name), "\(name)") }
    let systems = package.matches(of: /\.systemLibrary\(name: "C(\w+)"/).map { String($0.output.1) }
    #expect(systems.sorted() == ["Eigen", "Ode", "Zlib"], "NOTICE has to name what is new")
    for name in ["Open Dynamics Engine", "Eigen", "three.js", "libccd", "libyaml", "zlib"] {
      #expect(notice.contains(name), "\(name)")
    }
  }

  @Test("has the licence of each package word for word")
  func texts() throws {
    let notice = Self.squeezed(try Self.text("NOTICE"))
    let folders = [".build/checkouts", ".build/testing/checkouts", ".build/fast/checkouts"].map { "\(Self.root)/\($0)" }
    let folder = try #require(folders.first { FileManager.default.fileExists(atPath: $0) })
    for package in try FileManager.default.contentsOfDirectory(atPath: folder)
    where package != "swift-docc-plugin" && package != "swift-docc-symbolkit" {
      let name = try #require(
        ["LICENSE", "LICENSE.txt", "LICENSE.md"].first {
          FileManager.default.fileExists(atPath: "\(folder)/\(package)/\($0)")
        })
      let licence = Self.squeezed(try String(contentsOfFile: "\(folder)/\(package)/\(name)", encoding: .utf8))
      #expect(notice.contains(licence), "\(package)")
    }
  }

  private static func squeezed(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
