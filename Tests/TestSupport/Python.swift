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
    let process = try CapturedProcess(
      URL(filePath: "/usr/bin/env"), [interpreter, "-W", "ignore", "-c", script] + arguments, in: ProjectFolders.root)
    guard process.status == 0 else { throw Failure(description: process.errors) }
    return process.output
  }
}
