import Foundation
import PoiseCore
public import PoiseEnvironments
import PoiseModels
public import PoiseNetworks
public import PoiseScenarios
import PoiseSimulation
public import PoiseTasks
import PoiseTraining

/// What stands in `FILE.meta.json` beside a trajectory: with it and the actions, the trajectory repeats to the bit.
///
/// Keys are in snake case.
public struct TrajectoryMetadata: Codable, Hashable, Sendable {
  public var format = "poise-trajectory"
  public var formatVersion = 1
  public var poiseVersion = PoiseVersion.current
  public var scenario: ScenarioIdentity
  public var model: ModelIdentity
  /// The run whose policy drove; `nil` for baselines on a scenario.
  public var run: RunIdentity?
  /// `ppo`, …, or the name of a baseline.
  public var controller: String
  /// Root seed of the episodes.
  public var seed: UInt64
  /// What the policy's network was computed with; the physics does not depend on it.
  public var instructionSet: InstructionSet
  public var controlTimeStepSeconds: Double
  /// Every so many control steps a row was written.
  public var every: Int
  public var columns: [String]
  public var episodes: [Episode] = []

  public struct ScenarioIdentity: Codable, Hashable, Sendable {
    public var name: String
    /// As the person named it.
    public var path: String
    /// `key.path=value` each.
    public var overrides: [String]
    /// Of the text of all that decides an episode: see `LoadedScenario.episodeDigest`.
    public var sha256: String
  }

  public struct ModelIdentity: Codable, Hashable, Sendable {
    public struct File: Codable, Hashable, Sendable {
      public var path: String
      /// Of the file's bytes, as `sha256sum` prints it.
      public var sha256: String
    }

    public var name: String
    /// The main file first, then what it includes.
    public var files: [File]
  }

  public struct RunIdentity: Codable, Hashable, Sendable {
    public var path: String
    public var checkpoint: String
    /// Of the checkpoint's file.
    public var sha256: String
  }

  /// One episode: how it began, and what became of it.
  public struct Episode: Codable, Hashable, Sendable {
    /// Which stream of the root seed.
    public var number: Int
    public var start: EpisodeStart
    /// What was drawn for it: factors on masses, friction and motors, delay, gravity.
    public var drawn: DrawnRandomisation
    /// `World.stateHash` of all bodies at the start and at the end, in hexadecimal.
    public var startState: String
    public var endState: String
    public var ending: String
    public var steps: Int
    /// Sum of the rewards.
    public var totalReward: Double
    /// Why it ended, if as a fault: the step that failed has no row.
    public var fault: String?
  }

  // MARK: Files

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
    String(decoding: try Self.encoder().encode(self), as: UTF8.self) + "\n"
  }

  /// Reads the metadata of a trajectory; `nil` if there is none beside it.
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
    // What a later precondition takes for granted.
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
  /// Of a trajectory that `player` is about to make; its episodes are added as they come.
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
  /// SHA-256 of all that decides an episode: the model's name, the task and the gains of `hold`, with every default.
  ///
  /// Goal, training and hyperparameters touch no episode, and the model's path is another one in a run's copy. The model's
  /// own content has digests of its own.
  public var episodeDigest: String {
    guard let robot else { return SHA256.hexadecimal(Array(resolvedText.utf8)) }
    return SHA256.hexadecimal(
      Array("model: \(robot.model.name)\n\(taskText)\(settings.hold.yamlText)".utf8))
  }
}

extension LoadedScenario {
  /// The task with every default, as digests know it: what says of actions what was meant before they had a key is left out, so that
  /// older trajectories are still known.
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
