import Foundation
import TestSupport
import Testing

@Suite("poise doctor")
struct DoctorCommandTests {
  /// The line whose second column is `name`.
  private static func line(_ name: String, _ result: PoiseProcess) -> String {
    let lines = result.output.split(separator: "\n").map(String.init)
    return lines.first { $0.drop { $0 != " " }.drop { $0 == " " }.hasPrefix(name + " ") }
      ?? "no line '\(name)' in: \(result)"
  }

  @Test("where all is well every promise has its mark, and the exit code is 0")
  func healthy() throws {
    let folder = try ScratchFolder()
    let result = try PoiseProcess(["doctor"], in: folder.path, environment: ["LC_ALL": "C.UTF-8"])
    #expect(result.status == 0, "\(result)")
    for name in ["physics engine", "solver", "physics", "training", "threads", "temporary folder", "runs folder"] {
      #expect(Self.line(name, result).hasPrefix("✓ \(name)"), "\(Self.line(name, result))")
    }
    #expect(result.output.hasSuffix("All promises hold on this machine.\n"))
    #expect(folder.contents.isEmpty, "it leaves nothing behind")
  }

  @Test("without UTF-8 the marks are words, in ASCII alone")
  func plain() throws {
    let result = try PoiseProcess(["doctor"], environment: ["LC_ALL": "C"])
    #expect(Self.line("solver", result).hasPrefix("ok   solver"))
    #expect(result.output.utf8.allSatisfy { $0 < 128 }, "\(result.output)")
  }

  @Test("promises that cannot be kept here are named with what to do, and the exit code is 69")
  func broken() throws {
    let folder = try ScratchFolder()
    _ = try folder.file("runs", "a file where the folder should be")
    let result = try PoiseProcess(
      ["doctor"], in: folder.path,
      environment: ["LC_ALL": "C", "TMPDIR": "\(folder.path)/none", "POISE_INSTRUCTION_SET": "avx9"])
    #expect(result.status == 69, "\(result)")
    #expect(Self.line("temporary folder", result).hasPrefix("FAIL temporary folder"))
    #expect(result.output.contains("Set TMPDIR to a folder that you may write to."))
    #expect(Self.line("runs folder", result).hasPrefix("FAIL runs folder"))
    #expect(Self.line("instruction set", result).contains("found 'avx9'"))
    #expect(Self.line("solver", result).hasPrefix("ok"))
    #expect(result.output.contains("Broken: instruction set, "))
  }

  @Test("what breaks no promise is a note and leaves the exit code at 0")
  func notes() throws {
    let folder = try ScratchFolder()
    let result = try PoiseProcess(
      ["doctor"],
      environment: ["LC_ALL": "C", "PATH": folder.path, "BROWSER": nil, "POISE_THREE_JS": "\(folder.path)/no.js"])
    #expect(result.status == 0, "\(result)")
    for name in ["terminal", "browser", "three.js"] {
      #expect(Self.line(name, result).hasPrefix("note \(name)"), "\(Self.line(name, result))")
    }
    #expect(result.output.contains("Check POISE_THREE_JS"))
  }

  @Test("--json says the same, for programs")
  func json() throws {
    struct Report: Decodable {
      struct Item: Decodable { var name, verdict, found, remedy: String }
      var version: String
      var healthy: Bool
      var findings: [Item]
    }
    let folder = try ScratchFolder()
    let result = try PoiseProcess(["doctor", "--json"], environment: ["TMPDIR": "\(folder.path)/none"])
    #expect(result.status == 69)
    let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    #expect(!report.healthy && report.findings.filter { $0.verdict == "broken" }.map(\.name) == ["temporary folder"])
    #expect(report.findings.allSatisfy { !$0.found.isEmpty })
  }
}
