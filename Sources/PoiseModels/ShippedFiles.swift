import Foundation
public import PoiseCore

/// The robots and scenarios that ship with Poise.
///
/// A *home* is a folder with both `models` and `scenarios`. Looked for in this order:
///
/// 1. `POISE_HOME`, if it is set;
/// 2. the working folder and its parents, for a project of one's own or a clone;
/// 3. the parents of the program's file, for a clone, and `share/poise` below each of them, for what `make install` has installed.
///
/// A name means the file of the first home that has it, so a project's own folders add to what ships and hide nothing but equal names.
public struct ShippedFiles: Sendable {
  /// A robot, a task or a run that has a name.
  public struct Entry: Sendable, Hashable {
    /// File name without its extension, which the user types.
    public var name: String
    /// Relative to the working folder where the file lies below it.
    public var path: String
  }

  /// The homes, the first one first; empty where the program was moved away from its files.
  public let homes: [String]
  /// The first home.
  public var root: String? { homes.first }
  private let workingFolder: String?
  /// `POISE_HOME`, where it is set and no home.
  private let uselessHome: String?
  private let program: String

  /// Looks for the homes.
  ///
  /// - Parameters:
  ///   - environment: in place of the process's own.
  ///   - program: the program's file, in place of the process's own.
  public init(environment: [String: String]? = nil, program: String? = nil) {
    let environment = environment ?? ProcessInfo.processInfo.environment
    // Not the first argument, which is a bare name where the shell has found the program on the PATH.
    let program =
      program ?? Bundle.main.executablePath ?? CommandLine.arguments.first.map { $0.hasPrefix("/") ? $0 : "" } ?? ""
    self.program = URL(fileURLWithPath: program).resolvingSymlinksInPath().path
    workingFolder = Self.currentFolder()
    let named = environment["POISE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    var homes: [String] = []
    func add(_ folder: String) { if Self.isHome(folder), !homes.contains(folder) { homes.append(folder) } }
    if let named, let path = Self.absolute(named, in: workingFolder) { add(path) }
    uselessHome = named != nil && homes.isEmpty ? named : nil
    if let workingFolder, let home = Self.ancestors(workingFolder).first(where: Self.isHome) { add(home) }
    if self.program.hasPrefix("/") {
      for folder in Self.ancestors(self.program.parentFolder) {
        add(folder)
        add(folder == "/" ? "/share/poise" : "\(folder)/share/poise")
      }
    }
    self.homes = homes
  }

  /// The working folder; `nil` where it was deleted.
  private static func currentFolder() -> String? {
    guard let path = getcwd(nil, 0) else { return nil }
    defer { free(path) }
    let folder = String(cString: path)
    return folder.hasPrefix("/") ? folder : nil
  }

  private static func absolute(_ path: String, in folder: String?) -> String? {
    path.hasPrefix("/") ? path.withoutDetours : folder.map { "\($0)/\(path)".withoutDetours }
  }

  /// A folder and those above it, to the root.
  private static func ancestors(_ folder: String) -> [String] {
    var result = [folder]
    while let last = result.last, last != "/", !last.isEmpty, result.count < 64 {
      let parent = last.parentFolder
      result.append(parent.isEmpty ? "/" : parent)
    }
    return result
  }

  private static func isHome(_ folder: String) -> Bool {
    ["models", "scenarios"].allSatisfy { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder) && isFolder.boolValue
    }
  }

  /// What to do where nothing was found; `nil` where something was.
  ///
  /// A wrong `POISE_HOME` is a mistake that is reported even if there are other homes.
  public var complaint: InputOutputError? {
    let what = "a folder with 'models' and 'scenarios'"
    if let uselessHome {
      return InputOutputError(
        path: "POISE_HOME=\(uselessHome)", operation: "find models and scenarios", reason: "it is not \(what)",
        remedy: "Set it to a clone of Poise or to PREFIX/share/poise, or unset it.")
    }
    guard homes.isEmpty else { return nil }
    return InputOutputError(
      path: program, operation: "find the models and scenarios that ship",
      reason: "neither the working folder nor the program's folder, nor any folder above them, is \(what)",
      remedy: "Set POISE_HOME to a clone of Poise, or install with: make install PREFIX=FOLDER")
  }

  /// The robots, in alphabetical order, those of an earlier home first.
  public func models() throws -> [Entry] { try entries(in: "models", extension: "xml") }
  /// The tasks, as `models`.
  public func scenarios() throws -> [Entry] { try entries(in: "scenarios", extension: "yaml") }

  /// Folders of the runs whose trained policies ship, by their paths in a home, such as `models/trained/humanoid-balance`; empty where the
  /// folder `models/trained` is missing.
  public func trained() throws -> [Entry] {
    var found: [Entry] = []
    for home in homes where FileManager.default.fileExists(atPath: "\(home)/models/trained") {
      for folder in try names(in: "\(home)/models/trained") where Self.isRun("\(home)/models/trained/\(folder)") {
        let name = "models/trained/\(folder)"
        if !found.contains(where: { $0.name == name }) {
          found.append(Entry(name: name, path: relative("\(home)/\(name)")))
        }
      }
    }
    return found
  }

  private static func isRun(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/run.json") }

  /// The folder that the user means by the path of a run: a run that ships is found by its path in a home, from anywhere. Every other path
  /// stays as it is.
  public func resolveRun(_ path: String) -> String {
    guard path.hasPrefix("models/trained/"), !Self.isRun(path) else { return path }
    let name = path.hasSuffix("/") ? String(path.dropLast()) : path
    return (try? trained())?.first { $0.name == name }?.path ?? path
  }

  private func entries(in folder: String, extension ending: String) throws -> [Entry] {
    var found: [Entry] = []
    for home in homes {
      for file in try names(in: "\(home)/\(folder)") where file.hasSuffix(".\(ending)") {
        let name = String(file.dropLast(ending.count + 1))
        if !found.contains(where: { $0.name == name }) {
          found.append(Entry(name: name, path: relative("\(home)/\(folder)/\(file)")))
        }
      }
    }
    return found
  }

  /// The names in a folder, in alphabetical order.
  private func names(in path: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw InputOutputError(path: path, operation: "list", reason: error.localizedDescription)
    }
  }

  /// The path relative to the working folder, if it lies below it.
  private func relative(_ path: String) -> String {
    guard let workingFolder, path.hasPrefix(workingFolder + "/") else { return path }
    return String(path.dropFirst(workingFolder.count + 1))
  }

  /// What is expected where a person names something.
  public enum Kind: Sendable {
    /// A scenario.
    case scenario
    /// A model.
    case model
    /// Either of the two.
    case either
  }

  /// The file that the user means: a path if there is such a file, else a shipped scenario or model of that name.
  ///
  /// - Parameters:
  ///   - name: as the person wrote it.
  ///   - kind: what the command takes.
  /// - Throws: `InputOutputError` with the nearest shipped name if there is neither; `InvalidInput` for a folder, or for a model where a
  ///   scenario is meant.
  public func resolve(_ name: String, as kind: Kind = .either) throws -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: name, isDirectory: &isFolder)
    let isPath = name.contains("/") || name.contains(".")
    let (scenarios, models) = (try scenarios(), try models())
    let shipped = (kind == .model ? [] : scenarios) + (kind == .scenario ? [] : models)
    // A folder that has the name of a scenario does not hide it.
    if !isPath, !exists || isFolder.boolValue, let entry = shipped.first(where: { $0.name == name }) {
      return entry.path
    }
    if isFolder.boolValue { throw InvalidInput(folderProblem(name, kind)) }
    if kind == .scenario, let model = model(name, exists: exists, isPath: isPath, among: models) {
      throw InvalidInput(modelProblem(name, model, scenarios))
    }
    if isPath || exists { return name }
    if let complaint { throw complaint }
    let what = kind == .either ? "scenario or model" : kind == .scenario ? "scenario" : "model"
    throw InputOutputError(
      path: name + foreignSpaceRemark(name), operation: "find",
      reason: "there is no such file, and no shipped \(what) of that name",
      remedy: [suggestion(for: name, among: shipped.map(\.name)), "`\(ProgramCommand.line("list"))` shows what ships."]
        .filter { !$0.isEmpty }.joined(separator: " "))
  }

  /// The name of the model that was named where a scenario is meant; `nil` for anything else.
  private func model(_ name: String, exists: Bool, isPath: Bool, among models: [Entry]) -> String? {
    if isPath { return name.hasSuffix(".xml") && exists ? String(name.fileName.dropLast(4)) : nil }
    return models.contains { $0.name == name } ? name : nil
  }

  private func modelProblem(_ name: String, _ model: String, _ scenarios: [Entry]) -> Problem {
    // Shipped scenarios are called `<model>-<task>`.
    let tasks = scenarios.map(\.name).filter { $0.hasPrefix(model + "-") }
    return Problem(
      file: name, found: "a model", allowed: "a scenario, which says what the robot has to do",
      remedy: tasks.isEmpty
        ? "Write a scenario with the line `model: \(name)`."
        : "Scenarios of this model: \(tasks.joined(separator: ", ")).")
  }

  private func folderProblem(_ name: String, _ kind: Kind) -> Problem {
    let isRun = Self.isRun(name)
    let what = kind == .either ? "a scenario or model file" : kind == .scenario ? "a scenario file" : "a model file"
    return Problem(
      file: name, found: isRun ? "the folder of a run" : "a folder", allowed: "\(what), or the name of a shipped one",
      remedy: isRun
        ? "To go on with the run: \(ProgramCommand.line("train", "--resume", name)). Its scenario is \(name)/scenario.yaml."
        : "")
  }
}
