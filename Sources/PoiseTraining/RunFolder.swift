import Foundation
public import PoiseAlgorithms
import PoiseCore
import PoiseFinite
import PoiseModels
public import PoiseNetworks
public import PoiseScenarios
import PoiseEnvironments

/// The folder of a run: its settings, its results, and everything needed to resume it.
///
///     run.json            format, version, scenario, algorithm, seed, instruction set
///     scenario.yaml       the whole scenario with every default; its paths name the copies below
///     model/              the model's files, or the transitions of a finite problem
///     progress.csv        one row for each iteration; the same bytes whenever the run is repeated
///     timing.csv          seconds by phase for the same rows
///     evaluations.csv     one row for each evaluation
///     events.out.tfevents.poise   both for TensorBoard
///     checkpoints/latest.safetensors     everything that resuming needs, see `SealedCheckpoint`
///     checkpoints/previous.safetensors   the `latest` before it
///     checkpoints/best.safetensors       the policy of the best evaluation
///     changes.jsonl       what was changed when the run was resumed, see `RunChange`; absent if nothing was
///     replay/             the replay buffer to which `latest` and `previous` refer, for off-policy learners
///     lock                during training: which process trains, see `FolderLock`
///
/// **Interruptions and damage.** A process that is killed at any moment leaves `latest` intact, and resuming from it
/// gives the bits of a run that was never interrupted. A run killed before its first checkpoint starts again when it is
/// resumed. A file that cannot be written ends the training with the file's name and the cause (exit code 74); the
/// files that the last checkpoint needs remain. A checkpoint that is damaged, of another run or of another version of
/// the format is refused before any of it is used, and the message names the intact ones.
public struct RunFolder: Sendable {
  /// The path of the folder, without a slash at its end.
  public let path: String
  /// The contents of `run.json`.
  public let description: Description

  /// The contents of `run.json`: what the run is, written once when it begins.
  public struct Description: Codable, Hashable, Sendable {
    /// The kind of file: always "poise-run".
    public var format = "poise-run"
    /// The version of the folder's format.
    public var formatVersion = RunFolder.formatVersion
    /// The version of Poise that began the run.
    public var poiseVersion: String
    /// The name of the scenario.
    public var scenario: String
    /// The name of the algorithm, such as "ppo".
    public var algorithm: String
    /// The root seed of the run's random streams.
    public var seed: UInt64
    /// The kernels that the run computes with; another set may give other bits.
    public var instructionSet: InstructionSet
    /// The run whose learner this one began with; older files omit this field.
    public var warmStart: WarmStart?

    /// Where a learner was taken from.
    public struct WarmStart: Codable, Hashable, Sendable {
      /// The run's folder, as the person named it.
      public var run: String
      /// SHA-256 of the checkpoint's file.
      public var checkpointSha256: String
    }
  }

  /// The version of the folder's format. 1: checkpoints without digests; 2: with digests, and `previous` beside
  /// `latest`.
  public static let formatVersion = 2

  /// The checkpoints of a run.
  public enum Checkpoint: String, Sendable, CaseIterable {
    /// The policy of the best evaluation; training cannot be resumed from it.
    case best
    /// The newest checkpoint.
    case latest
    /// The checkpoint before `latest`.
    case previous
  }

  /// The path of a checkpoint's file, whether it exists or not.
  public func checkpointPath(_ which: Checkpoint) -> String { "\(path)/checkpoints/\(which.rawValue).safetensors" }
  /// The path of the run's own scenario, `scenario.yaml`.
  public var scenarioPath: String { "\(path)/scenario.yaml" }
  /// The path of a file in the folder.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  // MARK: Making

  /// Makes the folder of a new run, with its description, scenario and a copy of the model, but without checkpoints.
  ///
  /// - Parameters:
  ///   - path: must not exist, be an empty folder, or one whose run was killed before it had a description.
  ///   - loaded: the scenario.
  ///   - seed: the root seed of the run.
  ///   - instructionSet: the kernels that the run computes with.
  ///   - warmStart: where the learner was taken from; `nil` for a fresh one.
  /// - Throws: `InvalidInput` if the folder holds anything else, or if a file of the model lies outside its folder;
  ///   `InputOutputError` if a file cannot be read or written.
  public init(
    creating path: String, for loaded: LoadedScenario, seed: UInt64, instructionSet: InstructionSet,
    warmStart: Description.WarmStart? = nil
  ) throws {
    self.path = path
    description = Description(
      poiseVersion: PoiseVersion.current, scenario: loaded.name,
      algorithm: loaded.settings.training.algorithm, seed: seed, instructionSet: instructionSet, warmStart: warmStart)
    try Self.checkIsNew(path)
    do {
      try write(loaded)
    } catch {
      // So that the same command can be given again when there is space on the disk.
      for name in ["run.json"] + Self.beginnings { try? FileManager.default.removeItem(atPath: file(name)) }
      throw error
    }
  }

  /// Writes the description last: a folder with a description is a run.
  private func write(_ loaded: LoadedScenario) throws {
    try Self.makeFolder("\(path)/checkpoints")
    var scenario = loaded.settings
    if let robot = loaded.robot { scenario.model = try Self.copyModel(robot.model.files, to: "\(path)/model") }
    if case .file(var file)? = scenario.mdp {
      let source = file.path(relativeTo: loaded.path.parentFolder)
      file.path = try Self.copyModel([source], to: "\(path)/model")
      scenario.mdp = .file(file)
    }
    try Self.write(scenario.yamlText, to: scenarioPath)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try Self.write(String(decoding: encoder.encode(description), as: UTF8.self) + "\n", to: file("run.json"))
  }

  /// Removes the temporary files of processes that were killed while writing. Requires the lock.
  func removeLeftovers() {
    for name in ["checkpoints", "model", "."] { WholeFile.removeLeftovers(in: file(name)) }
  }

  /// The entries that a run's folder may have before it has a description.
  private static let beginnings = ["model", "scenario.yaml", "checkpoints"]

  /// Checks that a new run would overwrite nothing.
  ///
  /// - Throws: `InvalidInput` if the folder holds anything else than the beginning of a run.
  static func checkIsNew(_ path: String) throws {
    let entries = try contents(of: path)
    // A training that was killed before it had a description. Its lock distinguishes it from a folder of the user's own.
    let isBeginning =
      FolderLock.isPresent(in: path)
      && entries.allSatisfy {
        $0 == FolderLock.fileName || beginnings.contains($0) || WholeFile.isTemporary($0)
      }
    guard !entries.isEmpty, !isBeginning else { return }
    throw InvalidInput(
      Problem(
        file: path, found: "a folder that is not empty", allowed: "a new or empty folder for the run",
        remedy: isRun(path)
          ? "Choose another --out, or resume the run with: \(ProgramCommand.line("train", "--resume", path))"
          : "Choose another --out."))
  }

  /// Makes the folder of a run for which the user has given no name: `runs/<scenario>-<algorithm>-seed<seed>`, with a number appended if that exists.
  ///
  /// The folder is this process's alone: of several that ask at once, each gets another.
  ///
  /// - Throws: `InputOutputError` if it cannot be made.
  public static func claimFreshPath(for scenario: LoadedScenario, seed: UInt64) throws -> String {
    try claimFreshPath("runs/\(scenario.name)-\(scenario.settings.training.algorithm)-seed\(seed)")
  }

  /// The names in a folder; none where there is no folder yet.
  ///
  /// - Throws: `InputOutputError` if they cannot be listed, since a file might then be overwritten.
  package static func contents(of path: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw InputOutputError(
        path: path, operation: "use", reason: "it is no folder, or one whose files cannot be listed",
        remedy: "Choose another folder.")
    }
  }

  /// As the other `claimFreshPath`, for any name.
  public static func claimFreshPath(_ base: String) throws -> String {
    let parent = base.parentFolder
    if !parent.isEmpty { try makeFolder(parent) }
    var path = base
    var number = 2
    // Of several processes that ask at once, the system makes the folder for one, and reports to the others that it exists.
    while mkdir(path, 0o777) != 0 {
      guard errno == EEXIST else {
        throw InputOutputError(
          path: path, operation: "create", reason: String(cString: strerror(errno)).lowercased(),
          remedy: "Choose a folder that you may write to, with --out.")
      }
      path = "\(base)-\(number)"
      number += 1
    }
    return path
  }

  /// Removes a folder of `claimFreshPath` whose run did not begin.
  public static func release(_ path: String) {
    // The system removes it only if it is empty; a check of our own could be outdated by another process.
    rmdir(path)
  }

  /// Makes a folder and its parents, unless they exist.
  ///
  /// - Throws: `InputOutputError` if it cannot be made.
  package static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw InputOutputError(
        path: path, operation: "create", reason: String(cString: strerror(errno)).lowercased(),
        remedy: "Choose a folder that you may write to.")
    }
  }

  private static func write(_ text: String, to path: String) throws {
    let file = try WholeFile(path)
    try file.write(text)
    try file.commit()
  }

  /// Copies the model's files, each with its path relative to the main file.
  ///
  /// - Returns: the main file, relative to the run.
  private static func copyModel(_ files: [String], to folder: String) throws -> String {
    let main = files[0]
    let base = main.parentFolder
    func isBelow(_ path: String) -> Bool { base.isEmpty ? !path.hasPrefix("/") : path.hasPrefix(base + "/") }
    let relatives = files.map { path in
      (isBelow(path) ? String(path.dropFirst(base.isEmpty ? 0 : base.count + 1)) : path).withoutDetours
    }
    // If a file comes from a folder beside the main file's, the main file gets a folder with a name that no other has.
    let beside = relatives.filter { $0.hasPrefix("../") }.map { String($0.dropFirst(3)) }
    var home = beside.isEmpty ? "" : "main"
    while beside.contains(where: { $0.hasPrefix(home + "/") }), !home.isEmpty { home += "_" }
    for (path, name) in zip(files, relatives) {
      let relative = "\(home)/\(name)".withoutDetours.drop { $0 == "/" }
      guard isBelow(path), !relative.split(separator: "/").contains("..") else {
        throw InvalidInput(
          Problem(
            file: path, found: "an included file outside the model's folder",
            allowed: "files below \(base.isEmpty ? "." : base) or a folder beside it",
            remedy: "Move it there, so that a run can hold a copy."
          ))
      }
      let target = "\(folder)/\(relative)"
      try makeFolder(target.parentFolder)
      let bytes: [UInt8]
      do throws(BoundedFile.Failure) {
        bytes = try BoundedFile.read(path, limit: FileSeal.inputLimit)
      } catch {
        throw InputOutputError(path: path, operation: "read", reason: error.reason.lowercased())
      }
      let copy = try WholeFile(target)
      try copy.write(bytes)
      try copy.commit()
    }
    return home.isEmpty ? "model/\(main.fileName)" : "model/\(home)/\(main.fileName)"
  }

  // MARK: Opening

  /// Whether a path is the folder of a run: whether it holds `run.json`.
  public static func isRun(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/run.json") }

  /// Opens the folder of an existing run and reads its description.
  ///
  /// - Throws: `InputOutputError` if `run.json` cannot be read, `InvalidInput` if it is damaged or of another version.
  public init(contentsOf path: String) throws {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let file = "\(self.path)/run.json"
    let bytes: Data
    do throws(BoundedFile.Failure) {
      bytes = Data(try BoundedFile.read(file, limit: 1 << 20))
    } catch {
      let isBeginning = FileManager.default.fileExists(atPath: "\(self.path)/\(FolderLock.fileName)")
      throw InputOutputError(
        path: file, operation: "read", reason: error.reason,
        remedy: isBeginning
          ? "A training was killed before it had begun, or is just beginning: begin again with --out \(self.path)."
          : "A run is a folder that 'poise train' has made.")
    }
    let version = (try? JSONDecoder().decode(Version.self, from: bytes)) ?? Version()
    guard version.format == "poise-run", version.formatVersion == Self.formatVersion,
      let description = try? JSONDecoder().decode(Description.self, from: bytes)
    else {
      guard version.format == "poise-run", let other = version.formatVersion, other != Self.formatVersion else {
        throw InvalidInput(
          Problem(
            file: file, found: "no description of a run", allowed: "what 'poise train' writes", remedy: "It is damaged."
          ))
      }
      throw InvalidInput(
        Problem(
          file: file, place: "formatVersion",
          found: "\(other), written by Poise \(version.poiseVersion ?? "of unknown version")",
          allowed: "\(Self.formatVersion), which Poise \(PoiseVersion.current) writes",
          remedy: "Use that version of Poise, or train again."))
    }
    self.description = description
  }

  /// The fields of `run.json` that every version has.
  private struct Version: Decodable {
    var format: String?
    var formatVersion: Int?
    var poiseVersion: String?
  }

  /// Loads the run's own scenario, with its own copy of the model and every change that was made when it was resumed.
  ///
  /// - Parameter overrides: changed settings, `key.path=value` each, to try the same policy under other conditions.
  /// - Throws: `InputOutputError` if a file cannot be read, `InvalidInput` with every problem of the scenario.
  public func loadScenario(overrides: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(
      contentsOf: scenarioPath, overrides: changes().flatMap(\.set) + overrides, name: description.scenario)
  }

  /// Loads the policy of a checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: which checkpoint.
  ///   - scenario: the run's scenario, for the spaces of its task.
  /// - Throws: `InputOutputError` if the checkpoint cannot be read, `InvalidInput` if it is damaged or does not fit.
  public func loadPolicy(_ checkpoint: Checkpoint, for scenario: LoadedScenario) throws -> Policy {
    try policy(of: open(checkpoint, for: .policy), for: scenario)
  }

  func policy(of checkpoint: SealedCheckpoint, for scenario: LoadedScenario) throws -> Policy {
    try Policy(
      checkpoint.tensors, file: checkpoint.path, observations: scenario.specification.observationSpace,
      actions: scenario.specification.actionSpace)
  }

  // MARK: Checkpoints

  /// Opens a checkpoint and checks that it is intact and of this run.
  ///
  /// - Throws: `InputOutputError`, `InvalidInput`; the message names the intact checkpoints.
  func open(_ which: Checkpoint, for use: SealedCheckpoint.Use) throws -> SealedCheckpoint {
    do {
      return try openAlone(which, for: use)
    } catch let error as InvalidInput {
      var problems = error.problems
      problems[problems.count - 1].remedy += " " + advice(instead: which, for: use)
      throw InvalidInput(problems)
    } catch var error as InputOutputError {
      if which == .best, !isThere(.best), isThere(.latest) {
        error.reason = "there is none; the first evaluation of a run makes it"
        error.remedy = "Take --checkpoint latest, or let it train on."
      } else {
        error.remedy += (error.remedy.isEmpty ? "" : " ") + advice(instead: which, for: use)
      }
      throw error
    }
  }

  private func openAlone(_ which: Checkpoint, for use: SealedCheckpoint.Use) throws -> SealedCheckpoint {
    let checkpoint = try SealedCheckpoint(contentsOf: checkpointPath(which))
    try checkpoint.check(in: path, for: use)
    return checkpoint
  }

  /// Which checkpoints to use instead of one that was refused.
  private func advice(instead which: Checkpoint, for use: SealedCheckpoint.Use) -> String {
    let others = Checkpoint.allCases.filter { $0 != which && (use == .policy || $0 != .best) }
    let whole = others.filter { (try? openAlone($0, for: use)) != nil }
    guard let first = whole.first else { return "No other checkpoint of the run is intact." }
    return switch use {
    case .policy: "Intact: --checkpoint \(whole.map(\.rawValue).joined(separator: ", --checkpoint "))."
    case .training:
      "Another checkpoint is intact; resume from it with: \(ProgramCommand.line("train", "--resume", path, "--checkpoint", first.rawValue))"
    }
  }

  /// Whether the process that made the run was killed before its first checkpoint, so that starting again loses
  /// nothing.
  var isBeforeFirstCheckpoint: Bool {
    let rows = try? FileManager.default.attributesOfItem(atPath: file("progress.csv"))[.size] as? NSNumber
    return Checkpoint.allCases.allSatisfy { !isThere($0) } && (rows?.intValue ?? 0) == 0
  }

  func isThere(_ which: Checkpoint) -> Bool { FileManager.default.fileExists(atPath: checkpointPath(which)) }

  /// Seals of the files that a run begins with: its description, the scenario, the model's files.
  func inputSeals() throws -> [FileSeal] {
    let names = FileManager.default.enumerator(atPath: file("model"))?.compactMap { $0 as? String } ?? []
    let model = names.sorted().map { "model/\($0)" }.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: file(name), isDirectory: &isFolder) && !isFolder.boolValue
    }
    return try (["run.json", "scenario.yaml"] + model).map { try FileSeal($0, in: path) }
  }
}
