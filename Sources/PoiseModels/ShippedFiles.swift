import Foundation
import PoiseCore

/// The robots and scenarios that ship with Poise.
///
/// They are searched in `POISE_HOME`, in the working folder and its parents, and in the parents of the program itself.
/// The first folder with both `models` and `scenarios` is used.
public struct ShippedFiles: Sendable {
  /// A shipped file or folder.
  public struct Entry: Sendable, Hashable {
    /// File name without its extension, which the user types.
    public var name: String
    /// Its path, relative to the working folder where it lies below it.
    public var path: String
  }

  /// The folder that contains `models` and `scenarios`; `nil` if none was found.
  public let root: String?

  /// Searches for the folder of the shipped files.
  public init() {
    let environment = ProcessInfo.processInfo.environment
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let starts = (environment["POISE_HOME"].map { [URL(fileURLWithPath: $0)] } ?? []) + [here, program]
    root = starts.lazy.flatMap(Self.ancestors).first(where: Self.isHome)?.path
  }

  private static func ancestors(_ start: URL) -> [URL] {
    var result = [start.standardizedFileURL]
    while let last = result.last, last.path != "/", result.count < 64 {
      result.append(last.deletingLastPathComponent())
    }
    return result
  }

  private static func isHome(_ folder: URL) -> Bool {
    ["models", "scenarios"].allSatisfy { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path, isDirectory: &isFolder)
        && isFolder.boolValue
    }
  }

  /// The shipped robots, in alphabetical order; throws `InputOutputError` if the folder cannot be listed.
  public func models() throws -> [Entry] { try entries(in: "models", extension: "xml") }
  /// The shipped scenarios, in alphabetical order; throws `InputOutputError` if the folder cannot be listed.
  public func scenarios() throws -> [Entry] { try entries(in: "scenarios", extension: "yaml") }

  /// Folders of the runs whose trained policies ship; empty where the folder `models/trained` is missing.
  public func trained() throws -> [Entry] {
    guard let root, FileManager.default.fileExists(atPath: "\(root)/models/trained") else { return [] }
    return try names(in: "models/trained")
      .filter { FileManager.default.fileExists(atPath: "\(root)/models/trained/\($0)/run.json") }
      .map { Entry(name: $0, path: relative("\(root)/models/trained/\($0)")) }
  }

  private func entries(in folder: String, extension ending: String) throws -> [Entry] {
    guard let root else { return [] }
    return try names(in: folder).filter { $0.hasSuffix(".\(ending)") }
      .map { Entry(name: String($0.dropLast(ending.count + 1)), path: relative("\(root)/\(folder)/\($0)")) }
  }

  /// Names of the entries of a folder below the root, in alphabetical order.
  private func names(in folder: String) throws -> [String] {
    let path = "\(root ?? "")/\(folder)"
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw InputOutputError(path: path, operation: "list", reason: error.localizedDescription)
    }
  }

  /// The path relative to the working folder, if it lies below it.
  private func relative(_ path: String) -> String {
    let here = FileManager.default.currentDirectoryPath
    return path.hasPrefix(here + "/") ? String(path.dropFirst(here.count + 1)) : path
  }

  /// The file that the user means: a path if there is such a file, else a shipped scenario or model of that name.
  ///
  /// - Throws: `InputOutputError` with the nearest shipped name if there is neither.
  public func resolve(_ name: String) throws -> String {
    if name.contains("/") || name.contains(".") || FileManager.default.fileExists(atPath: name) { return name }
    let shipped = try scenarios() + models()
    if let entry = shipped.first(where: { $0.name == name }) { return entry.path }
    throw InputOutputError(
      path: name, operation: "find", reason: "there is no such file, and no shipped scenario or model of that name",
      remedy: [suggestion(for: name, among: shipped.map(\.name)), "`poise list` shows what ships."]
        .filter { !$0.isEmpty }.joined(separator: " "))
  }
}
