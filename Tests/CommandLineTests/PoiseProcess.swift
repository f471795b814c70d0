import Foundation
import TestSupport

/// The `poise` program that was built beside these tests, run as a person runs it.
struct PoiseProcess {
  var status: Int32
  var output: String
  var errors: String

  /// The folder that the build put the program and the test bundle in.
  private static let program: URL = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    // `swift test` may start the bundle through a helper of the toolchain; then the build folder is told by the bundle.
    if !FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("poise").path) {
      folder = Bundle.main.bundleURL
    }
    return folder.appendingPathComponent("poise")
  }()

  /// - Parameters:
  ///   - folder: working folder; the project's root where `nil`.
  ///   - signal: sent as soon as `moment` holds, which is looked for every few milliseconds while the program runs.
  init(
    _ arguments: [String], in folder: String? = nil, signal: Int32? = nil, when moment: () -> Bool = { false }
  ) throws {
    let process = Process()
    process.executableURL = Self.program
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder ?? ProjectFolders.root)
    // To files, not pipes: a pipe that nobody empties stops the program.
    let captured = FileManager.default.temporaryDirectory.appendingPathComponent("poise-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: captured, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: captured) }
    let files = ["output", "errors"].map { captured.appendingPathComponent($0) }
    for file in files { try Data().write(to: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    if let signal {
      while process.isRunning, !moment() { usleep(2000) }
      if process.isRunning { kill(process.processIdentifier, signal) }
    }
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    output = String(decoding: try Data(contentsOf: files[0]), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
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
