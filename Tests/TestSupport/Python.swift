import Foundation

/// A Python with the packages that a test compares with; tests that need one are skipped where there is none.
///
/// `POISE_PYTHON`, else the project's own in `.build/python` (which `.ci/run` makes), else `python3`.
public enum Python {
  /// Whether there is one with all of these modules.
  public static func has(_ modules: String...) -> Bool {
    (try? run("import importlib; [importlib.import_module(m) for m in '\(modules.joined(separator: " "))'.split()]"))
      != nil
  }

  public struct Failure: Error, CustomStringConvertible { public var description: String }

  private static let interpreter: String = {
    if let named = ProcessInfo.processInfo.environment["POISE_PYTHON"] { return named }
    let own = "\(ProjectFolders.root)/.build/python/bin/python"
    return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
  }()

  /// Runs a script.
  ///
  /// - Returns: what it printed.
  /// - Throws: `Failure` with its complaint if it ends otherwise than well.
  @discardableResult
  public static func run(_ script: String, _ arguments: [String] = []) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [interpreter, "-W", "ignore", "-c", script] + arguments
    // To files, not pipes: a pipe that nobody empties stops the program.
    let captured = FileManager.default.temporaryDirectory.appendingPathComponent("poise-python-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: captured, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: captured) }
    let files = ["output", "errors"].map { captured.appendingPathComponent($0) }
    for file in files { try Data().write(to: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }
    return String(decoding: try Data(contentsOf: files[0]), as: UTF8.self)
  }
}
