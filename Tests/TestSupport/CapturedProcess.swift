public import Foundation

/// A program that was run to its end, and what it said.
public struct CapturedProcess {
  /// 128 + the signal's number where one ended it.
  public var status: Int32
  public var output: String
  public var errors: String

  /// - Parameters:
  ///   - folder: working folder.
  ///   - environment: what is set besides this process's own; `nil` removes a variable.
  ///   - signal: sent as soon as `moment` holds, which is looked for every few milliseconds while the program runs.
  public init(
    _ program: URL, _ arguments: [String], in folder: String, environment: [String: String?] = [:],
    signal: Int32? = nil,
    when moment: () -> Bool = { false }
  ) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var variables = ProcessInfo.processInfo.environment
    for (name, value) in environment { variables[name] = value }
    process.environment = variables
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
