import Foundation
public import PoiseAlgorithms
import PoiseEnvironments
import PoiseCore
import PoiseModels
public import PoiseNetworks

/// A run as a folder: what was asked for, what came of it, and all that is needed to go on.
///
///     run.json            format, version, scenario, algorithm, seed, instruction set
///     scenario.yaml       the whole scenario with every default, its model path pointing to the copy below
///     model/              the model's files
///     progress.csv        one row for each iteration; the same bytes whenever the run is repeated
///     timing.csv          seconds by phase for the same rows
///     evaluations.csv     one row for each evaluation
///     events.out.tfevents.poise   both for TensorBoard
///     checkpoints/latest.safetensors, best.safetensors
public struct RunFolder: Sendable {
  public let path: String
  public let description: Description

  /// `run.json`.
  public struct Description: Codable, Hashable, Sendable {
    public var format = "poise-run"
    public var formatVersion = 1
    public var poiseVersion: String
    public var scenario: String
    public var algorithm: String
    public var seed: UInt64
    public var instructionSet: InstructionSet
  }

  public static let poiseVersion = "0.1.0"

  public enum Checkpoint: String, Sendable, CaseIterable { case best, latest }

  public func checkpointPath(_ which: Checkpoint) -> String { "\(path)/checkpoints/\(which.rawValue).safetensors" }
  public var scenarioPath: String { "\(path)/scenario.yaml" }
  func file(_ name: String) -> String { "\(path)/\(name)" }

  // MARK: Making

  /// Makes the folder of a new run; nothing is trained yet.
  ///
  /// - Parameter path: must not exist, or be an empty folder.
  public init(creating path: String, for loaded: LoadedScenario, seed: UInt64, instructionSet: InstructionSet) throws {
    self.path = path
    description = Description(
      poiseVersion: Self.poiseVersion, scenario: loaded.name,
      algorithm: loaded.scenario.training.algorithm.rawValue, seed: seed, instructionSet: instructionSet)
    if let entries = try? FileManager.default.contentsOfDirectory(atPath: path), !entries.isEmpty {
      throw InvalidInput(
        Problem(
          file: path, found: "a folder that is not empty", allowed: "a new or empty folder for the run",
          remedy: "Choose another --out, or go on with --resume \(path)."))
    }
    try Self.makeFolder("\(path)/checkpoints")
    var scenario = loaded.scenario
    scenario.model = try Self.copyModel(loaded.model.files, to: "\(path)/model")
    try Self.write(scenario.yamlText, to: scenarioPath)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try Self.write(String(decoding: encoder.encode(description), as: UTF8.self) + "\n", to: file("run.json"))
  }

  /// A name that no folder has: `runs/<scenario>-<algorithm>-seed<seed>`, with a number behind it if need be.
  public static func freshPath(for scenario: LoadedScenario, seed: UInt64) -> String {
    let base = "runs/\(scenario.name)-\(scenario.scenario.training.algorithm.rawValue)-seed\(seed)"
    var path = base
    var number = 2
    while FileManager.default.fileExists(atPath: path) {
      path = "\(base)-\(number)"
      number += 1
    }
    return path
  }

  private static func makeFolder(_ path: String) throws {
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

  /// Copies the model's files, each to its place relative to the main one.
  ///
  /// - Returns: the main file, relative to the run.
  private static func copyModel(_ files: [String], to folder: String) throws -> String {
    let main = files[0] as NSString
    let base = main.deletingLastPathComponent
    for path in files {
      let isBelow = base.isEmpty ? !path.hasPrefix("/") : path.hasPrefix(base + "/")
      let relative = isBelow ? String(path.dropFirst(base.isEmpty ? 0 : base.count + 1)) : path
      guard isBelow, !relative.split(separator: "/").contains("..") else {
        throw InvalidInput(
          Problem(
            file: path, found: "an included file outside the model's folder",
            allowed: "files below \(base.isEmpty ? "." : base)", remedy: "Move it there, so that a run can hold a copy."
          ))
      }
      let target = "\(folder)/\(relative)"
      try makeFolder((target as NSString).deletingLastPathComponent)
      guard let bytes = FileManager.default.contents(atPath: path) else {
        throw InputOutputError(path: path, operation: "read", reason: String(cString: strerror(errno)).lowercased())
      }
      let copy = try WholeFile(target)
      try copy.write([UInt8](bytes))
      try copy.commit()
    }
    return "model/\(main.lastPathComponent)"
  }

  // MARK: Opening

  /// Whether a path is a run's folder.
  public static func isRun(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/run.json") }

  /// Opens the folder of a run that was made before.
  public init(contentsOf path: String) throws {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let file = "\(self.path)/run.json"
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw InputOutputError(
        path: file, operation: "read", reason: String(cString: strerror(errno)).lowercased(),
        remedy: "A run is a folder that 'poise train' has made.")
    }
    guard let description = try? JSONDecoder().decode(Description.self, from: bytes), description.format == "poise-run",
      description.formatVersion == 1
    else {
      throw InvalidInput(
        Problem(
          file: file, found: "no description of a run", allowed: "what 'poise train' of version 0.1 writes",
          remedy: "It is damaged, or of another version of Poise."))
    }
    self.description = description
  }

  /// The run's own scenario, with its own copy of the model.
  ///
  /// - Parameter overrides: `key.path=value` each, for a look at the same policy under other conditions.
  public func loadScenario(overrides: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(contentsOf: scenarioPath, overrides: overrides, name: description.scenario)
  }

  /// The policy of a checkpoint.
  public func loadPolicy(_ checkpoint: Checkpoint, for scenario: LoadedScenario) throws -> Policy {
    if checkpoint == .best, !FileManager.default.fileExists(atPath: checkpointPath(.best)),
      FileManager.default.fileExists(atPath: checkpointPath(.latest))
    {
      throw InputOutputError(
        path: checkpointPath(.best), operation: "read", reason: "the run has had no evaluation yet, so none is best",
        remedy: "Take --checkpoint latest, or let it train on.")
    }
    let (file, path) = try tensors(checkpoint)
    return try Policy(
      file.tensors, file: path, observations: scenario.task.observationSpace.count,
      actions: scenario.task.actionSpace.count)
  }

  public func tensors(_ which: Checkpoint) throws -> (file: SafetensorsFile, path: String) {
    let path = checkpointPath(which)
    return (try SafetensorsFile(contentsOf: path), path)
  }
}
