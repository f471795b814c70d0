import Foundation
import PoiseCore
public import PoiseEnvironments
import PoiseModels
public import PoiseNetworks
public import PoiseScenarios
import PoiseSimulation
public import PoiseTasks
import PoiseTraining

/// The content of `FILE.meta.json` beside a trajectory. With it and the actions, the trajectory can be repeated to the bit.
///
/// Keys are in snake case.
public struct TrajectoryMetadata: Codable, Hashable, Sendable {
  /// The name of the format: `poise-trajectory`.
  public var format = "poise-trajectory"
  /// The version of the format: 1.
  public var formatVersion = 1
  /// The version of Poise that wrote the file.
  public var poiseVersion = PoiseVersion.current
  /// The scenario that was recorded.
  public var scenario: ScenarioIdentity
  /// The model of the robot.
  public var model: ModelIdentity
  /// The run whose policy acted; `nil` for baselines on a scenario.
  public var run: RunIdentity?
  /// Name of the algorithm whose policy acted, or of a baseline.
  public var controller: String
  /// Root seed of the episodes.
  public var seed: UInt64
  /// The instruction set of the policy's network; the physics does not depend on it.
  public var instructionSet: InstructionSet
  /// Time of a control step, s.
  public var controlTimeStepSeconds: Double
  /// Control steps between two rows.
  public var every: Int
  /// Names of the columns of the CSV, in order.
  public var columns: [String]
  /// The recorded episodes, in the order of the rows.
  public var episodes: [Episode] = []

  /// A scenario with the digest of its content.
  public struct ScenarioIdentity: Codable, Hashable, Sendable {
    /// Name of the scenario.
    public var name: String
    /// Path of the file, as the user named it.
    public var path: String
    /// Changes of the scenario, each `key.path=value`.
    public var overrides: [String]
    /// SHA-256 of everything that determines an episode: see `LoadedScenario.episodeDigest`.
    public var sha256: String
  }

  /// A model with the digests of its files.
  public struct ModelIdentity: Codable, Hashable, Sendable {
    /// A file with the digest of its content.
    public struct File: Codable, Hashable, Sendable {
      /// Path of the file.
      public var path: String
      /// SHA-256 of the file's bytes, as `sha256sum` prints it.
      public var sha256: String
    }

    /// Name of the model.
    public var name: String
    /// The model's files: the main file first, then its includes.
    public var files: [File]
  }

  /// A run with the digest of its checkpoint.
  public struct RunIdentity: Codable, Hashable, Sendable {
    /// Path of the run's folder.
    public var path: String
    /// Name of the checkpoint.
    public var checkpoint: String
    /// SHA-256 of the checkpoint's file.
    public var sha256: String
  }

  /// One episode: its start and its end.
  public struct Episode: Codable, Hashable, Sendable {
    /// Number of the episode's stream of the root seed.
    public var number: Int
    /// The random stream and the time limit from which it started; they repeat it.
    public var start: EpisodeStart
    /// The randomised properties: factors on masses, friction and motors, delay, gravity.
    public var drawn: DrawnRandomisation
    /// `World.stateHash` at the start, in hexadecimal.
    public var startState: String
    /// The same hash at the end.
    public var endState: String
    /// How it ended: `terminated`, `truncated` or `fault`.
    public var ending: String
    /// Control steps of the episode.
    public var steps: Int
    /// Sum of the rewards.
    public var totalReward: Double?
    /// Why it ended as a fault; `nil` if it did not. The failed step has no row.
    public var fault: String?
  }

  // MARK: Files

  /// Path of the metadata of a trajectory: `FILE.meta.json`.
  public static func path(beside csv: String) -> String { "\(csv).meta.json" }

  /// Writes sorted keys in snake case, for people and for comparing files.
  static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return encoder
  }

  /// The content of the file.
  func text() throws -> String {
    try Self.encoder().text(of: self) + "\n"
  }

  /// Reads the metadata of a trajectory; `nil` if there is none beside it.
  ///
  /// - Parameter csv: path of the trajectory.
  /// - Throws: `InputOutputError` if it cannot be read; `InvalidInput` if it is damaged or of another version.
  public init?(beside csv: String) throws {
    let path = Self.path(beside: csv)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let bytes: [UInt8]
    do throws(BoundedFile.Failure) {
      bytes = try BoundedFile.read(path, limit: 1 << 30)
    } catch {
      throw InputOutputError(path: path, operation: "read", reason: error.reason)
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      self = try decoder.decode(Self.self, from: Data(bytes))
    } catch {
      throw Self.problem(path, found: "no metadata of a trajectory (\(Self.reason(error)))")
    }
    guard format == "poise-trajectory", formatVersion == 1 else {
      throw Self.problem(path, found: "format '\(format)' \(formatVersion)")
    }
    // Later preconditions rely on it.
    let bad = episodes.first { !(0..<1 << 48).contains($0.number) || $0.steps < 0 || $0.start.stepLimit < 1 }
    if let bad {
      throw Self.problem(path, found: "episode \(bad.number) of \(bad.steps) steps, at most \(bad.start.stepLimit)")
    }
  }

  private static func problem(_ path: String, found: String) -> InvalidInput {
    InvalidInput(
      Problem(
        file: path, found: found, allowed: "what Poise \(PoiseVersion.current) writes beside a trajectory",
        remedy: "It is damaged, or of another version; without it the trajectory can be drawn, but not repeated."))
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "no '\((context.codingPath + [key]).map(\.stringValue).joined(separator: "."))'"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of another kind"
    default: "no JSON"
    }
  }
}

extension TrajectoryMetadata {
  /// The metadata of a trajectory that `player` will make; its episodes are added later.
  init(_ player: EpisodePlayer, run: TrainedRun?, table: TrajectoryTable, every: Int) throws {
    let loaded = player.scenario
    scenario = ScenarioIdentity(
      name: loaded.name, path: loaded.path, overrides: loaded.overrides, sha256: loaded.episodeDigest)
    let robot = player.task.model
    model = ModelIdentity(
      name: robot.name,
      files: try robot.files.map { .init(path: $0, sha256: try Self.digest(ofFile: $0)) })
    self.run = run.map { run in
      RunIdentity(path: run.folder.path, checkpoint: run.checkpoint.rawValue, sha256: run.checkpointDigest)
    }
    controller = player.controller.name
    seed = player.seed
    instructionSet = player.instructionSet
    controlTimeStepSeconds = player.task.timing.controlTimeStep
    self.every = every
    columns = table.chosenColumns
  }

  static func digest(ofFile path: String) throws -> String {
    do throws(BoundedFile.Failure) {
      return SHA256.hexadecimal(try BoundedFile.read(path, limit: 1 << 30))
    } catch {
      throw InputOutputError(path: path, operation: "read", reason: error.reason)
    }
  }
}

extension LoadedScenario {
  /// SHA-256 of everything that determines an episode: the model's name, the task and the gains of `hold`, with every
  /// default.
  ///
  /// Goal, training and hyperparameters do not affect an episode, and the model's path differs in a run's copy. The model's
  /// files have digests of their own.
  public var episodeDigest: String {
    guard let robot else { return SHA256.hexadecimal(Array(resolvedText.utf8)) }
    return SHA256.hexadecimal(
      Array("model: \(robot.model.name)\n\(taskText)\(settings.hold.yamlText)".utf8))
  }
}

extension LoadedScenario {
  /// The task with every default, for digests. The key `actions` is left out if it has its default, so that the digests of older
  /// trajectories, from before that key, stay valid.
  private var taskText: String {
    var written = settings.task.written
    if settings.task.actions == ActionSettings(), case .mapping(let entries) = written.content {
      written.content = .mapping(entries.filter { $0.key != "actions" })
    }
    return written.yamlText
  }
}

extension World {
  /// `stateHash` in 16 hexadecimal digits.
  var stateText: String {
    let digits = String(stateHash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
