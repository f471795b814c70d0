import Foundation
import TestSupport

/// The `poise` program that was built beside these tests, run as a person runs it.
struct PoiseProcess {
  var status: Int32
  var output: String
  var errors: String

  /// The folder that the build put the program and the test bundle in.
  static let program: URL = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    // `swift test` may start the bundle through a helper of the toolchain; then the build folder is told by the bundle.
    if !FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("poise").path) {
      folder = Bundle.main.bundleURL
    }
    return folder.appendingPathComponent("poise")
  }()

  /// - Parameters:
  ///   - folder: working folder; the project's root where `nil`.
  ///   - environment: what is set besides this process's own; `nil` removes a variable.
  ///   - signal: sent as soon as `moment` holds, which is looked for every few milliseconds while the program runs.
  init(
    _ arguments: [String], in folder: String? = nil, environment: [String: String?] = [:], signal: Int32? = nil,
    when moment: () -> Bool = { false }
  ) throws {
    let process = try CapturedProcess(
      Self.program, arguments, in: folder ?? ProjectFolders.root, environment: environment, signal: signal, when: moment
    )
    (status, output, errors) = (process.status, process.output, process.errors)
  }
}

/// A folder of its own for one test, removed afterwards.
final class ScratchFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("poise-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String, _ content: Data) throws -> String {
    let file = "\(path)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try content.write(to: URL(fileURLWithPath: file))
    return file
  }

  func file(_ name: String, _ text: String) throws -> String { try file(name, Data(text.utf8)) }

  var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}
