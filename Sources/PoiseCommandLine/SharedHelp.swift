import ArgumentParser
import Foundation
import PoiseCore
import PoiseModels

/// How the program is called, in help and messages.
var program: String { ProgramCommand.name }

/// The help of options that several commands have.
extension ArgumentHelp {
  static let scenarioOverrides = ArgumentHelp(
    "Change a key of the scenario; may be repeated. `\(program) inspect --schema` lists the keys.",
    valueName: "key=value")
  static let threads = ArgumentHelp(
    "Number of threads; it does not change the result. Default: one for each processor.", valueName: "n")
  static let checkpoint = ArgumentHelp(
    "The checkpoint of the run: the best by its evaluations, the latest, or the one previous to it.")
  static let rootSeed = ArgumentHelp(
    "The root seed of all random numbers; the same seed gives the same bits.", valueName: "n")
  static let episodeSeed = ArgumentHelp(
    "The root seed of the episodes. Default: the scenario's evaluation.publishedSeed.", valueName: "n")
  static let json = ArgumentHelp("Print one JSON object.")
}

/// What shells propose behind Tab.
extension CompletionKind {
  /// Names of shipped scenarios, and scenario files here.
  static let scenarios = CompletionKind.custom { _, _, prefix in
    ((try? ShippedFiles().scenarios().map(\.name)) ?? [])
      + files(prefix) { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
  }
  /// Names of shipped scenarios and models, and files here.
  static let scenariosAndModels = CompletionKind.custom { _, _, prefix in
    let shipped = ShippedFiles()
    return ((try? shipped.scenarios().map(\.name) + shipped.models().map(\.name)) ?? [])
      + files(prefix) { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") || $0.hasSuffix(".xml") }
  }
  /// Folders of runs below runs/, and those that ship.
  static let runs = CompletionKind.custom { _, _, prefix in
    ((try? ShippedFiles().trained().map(\.path)) ?? []) + folders(in: "runs") + folders(in: prefix.completedFolder)
  }
  /// Runs and scenarios.
  static let subjects = CompletionKind.custom { _, _, prefix in
    let shipped = ShippedFiles()
    let names = (try? shipped.scenarios().map(\.name) + shipped.trained().map(\.path)) ?? []
    return names + folders(in: "runs") + files(prefix) { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
  }

  private static func folders(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names.sorted().map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
      .filter { FileManager.default.fileExists(atPath: "\($0)/run.json") }
  }

  /// Files of a kind, and folders that lead to some, in the folder that the word names so far.
  private static func files(_ prefix: String, where isMeant: (String) -> Bool) -> [String] {
    let folder = prefix.completedFolder
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names.sorted().filter { !$0.hasPrefix(".") }.compactMap { name in
      let path = folder.isEmpty ? name : folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
      return isFolder.boolValue ? path + "/" : isMeant(name) ? path : nil
    }
  }
}

extension String {
  /// The complete part of an unfinished path: `a/b` of `a/b/c`.
  fileprivate var completedFolder: String { contains("/") ? (hasSuffix("/") ? String(dropLast()) : parentFolder) : "" }
}
