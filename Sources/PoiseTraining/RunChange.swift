import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseScenarios

/// What was changed of a run's settings when it was resumed: a line of `changes.jsonl` in its folder.
///
/// A run may continue past its end, and with other rates, limits or another goal. Its task, its worlds and the shapes of its networks
/// cannot change. The same run, changed at the same step in the same way, gives the same bits.
public struct RunChange: Codable, Hashable, Sendable {
  /// The file's name in the folder of a run.
  public static let fileName = "changes.jsonl"

  /// Control steps of all worlds after which it holds.
  public var environmentSteps: Int
  /// `key.path=value` each.
  public var set: [String]

  /// The line of the file.
  func line() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// Checks that a run that has begun can be changed in this way.
  ///
  /// - Throws: `InvalidInput` with every option that asks for something else.
  static func check(_ overrides: [String], of run: RunFolder, algorithm: any Algorithm.Type) throws(InvalidInput) {
    var problems: [Problem] = []
    for text in overrides {
      do throws(InvalidInput) {
        let override = try ConfigurationOverride(parsing: text).renamingFormerKeys(of: Scenario.self)
        if !mayChange(override.path, algorithm: algorithm) { problems.append(problem(override, run, algorithm)) }
      } catch {
        problems += error.problems
      }
    }
    if !problems.isEmpty { throw InvalidInput(problems) }
  }

  private static func mayChange(_ path: [String], algorithm: any Algorithm.Type) -> Bool {
    guard path.count > 1 else { return path == ["goal"] }
    return switch path[0] {
    case "training": path[1] != "algorithm"
    case "goal": true
    case "evaluation": ["episodes", "tuningEpisodes", "partEpisodes"].contains(path[1])
    case algorithm.section: algorithm.changeableKeys.contains(path[1])
    default: false
    }
  }

  private static func problem(
    _ override: ConfigurationOverride, _ run: RunFolder, _ algorithm: any Algorithm.Type
  ) -> Problem {
    // Keys that the section has, in its own order.
    let known = Set(ScenarioReport.schema.entries.map(\.path))
    let keys = algorithm.changeableKeys.filter { known.contains("\(algorithm.section).\($0)") }
    return Problem(
      file: override.option, found: "\(override.path.joined(separator: ".")) of a run that has begun",
      allowed: "training (but the algorithm), goal, evaluation.episodes, .tuningEpisodes and .partEpisodes, and of "
        + "\(algorithm.section): \(keys.joined(separator: ", "))",
      remedy: "A new run may begin with what this one has learned: "
        + ProgramCommand.line("train", "SCENARIO", "--from", run.path, "--set", "…"))
  }
}

extension RunFolder {
  /// What was changed so far, the oldest first.
  ///
  /// - Throws: `InvalidInput` for a damaged file.
  public func changes() throws -> [RunChange] {
    let file = file(RunChange.fileName)
    guard FileManager.default.fileExists(atPath: file) else { return [] }
    let bytes: [UInt8]
    do throws(BoundedFile.Failure) {
      bytes = try BoundedFile.read(file, limit: 1 << 20)
    } catch {
      throw InputOutputError(path: file, operation: "read", reason: error.reason)
    }
    return try bytes.split(separator: UInt8(ascii: "\n")).enumerated().map { number, line in
      guard let change = try? JSONDecoder().decode(RunChange.self, from: Data(line)) else {
        throw InvalidInput(
          Problem(
            file: file, line: number + 1, found: "no change of a run", allowed: "what 'train --resume' writes",
            remedy: "It is damaged."))
      }
      return change
    }
  }
}
