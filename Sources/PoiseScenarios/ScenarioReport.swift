import Foundation
public import PoiseCore
import PoiseEnvironments
import PoiseFinite
import PoiseModels
import PoiseSimulation
import PoiseTasks

/// A report on a scenario, as tables: observations, actions, rewards, endings and goals.
public struct ScenarioReport: Sendable {
  private let loaded: LoadedScenario
  private var task: any EnvironmentSpecification { loaded.specification }

  /// A report on a scenario; `text` makes it.
  public init(_ loaded: LoadedScenario) { self.loaded = loaded }

  /// The report: sections with tables, separated by empty lines.
  public var text: String {
    let sections: [String]
    if let robot = loaded.robot {
      let report = RobotTaskReport(path: loaded.path, modelPath: robot.modelPath, task: robot.task)
      sections = [report.summary] + report.sections + [mirrors, judgement, report.notes]
    } else {
      sections = [summary, problem, judgement]
    }
    return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// Every key of a scenario file with type, default, unit and range.
  public static var schema: ConfigurationSchema { ConfigurationSchema(of: Scenario.self) }

  /// Of an environment without a robot.
  private var summary: String {
    """
    \(loaded.name)  (\(loaded.path))
      observation: \(task.observationSpace.summary)
      action: \(task.actionSpace.summary)
      episode \(task.stepLimit) steps, then truncated
    """
  }

  /// Of a finite problem: its size, and its map if it is drawn as one.
  private var problem: String {
    guard let problem = loaded.problem else { return "" }
    let size =
      "finite problem: \(problem.stateCount) states, \(problem.actionNames.count) actions, \(problem.transitionCount) transitions, "
      + "γ = \(ReportText.short(problem.discount))"
    guard let layout = problem.layout else { return size }
    let rows = (0..<layout.rows).map { row in
      "  " + String(layout.characters[row * layout.columns..<(row + 1) * layout.columns])
    }
    return ([size] + rows).joined(separator: "\n")
  }

  /// For the key `mirrorSymmetry`: the symmetries of robot and task, or why there are none.
  private var mirrors: String {
    let rows = MirrorPlane.allCases.map { plane -> [String] in
      do throws(Asymmetry) {
        let actions = try task.mirrorSymmetry(across: plane).actions
        let names = task.actionSpace.choices ?? task.actionSpace.names
        let changes = names.indices.compactMap { i -> String? in
          let (j, sign) = (actions.partners[i], actions.signs[i])
          if i > j || (i == j && sign > 0) { return nil }
          return "\(names[i]) ↔ \(sign < 0 ? "−" : "")\(names[j])"
        }
        return [
          plane.rawValue, "yes", changes.isEmpty ? "every action is its own image" : changes.joined(separator: ", "),
        ]
      } catch {
        let more = error.reasons.count > 1 ? ", and \(error.reasons.count - 1) more" : ""
        return [plane.rawValue, "no", (error.reasons.first ?? "") + more]
      }
    }
    return ReportText.section(
      "mirror images, for mirrorSymmetry", ["plane", "symmetric", "what changes places or signs, or differs"], rows)
  }

  private var judgement: String {
    var lines: [String] = []
    if let success = loaded.robot?.task.settings.success {
      lines.append(
        "  success: upright within \(ReportText.short(success.tilt * 180 / .pi))° for the last \(ReportText.short(success.share * 100)) % of the episode"
      )
    }
    for bound in loaded.settings.goal.bounds {
      let metric = loaded.specification.metrics.first { $0.goalKey == bound.key }
      let sign = metric?.isHigherBetter ?? true ? "≥" : "≤"
      lines.append(
        "  goal: \(metric?.title.trimmingCharacters(in: .whitespaces) ?? "mean return") \(sign) \(ReportText.short(bound.value))"
      )
    }
    let keys = loaded.specification.metrics.map(\.goalKey) + [Goal.returnKey]
    lines.append("  a goal can ask for: \(keys.joined(separator: ", "))")
    return lines.isEmpty ? "" : (["success and goals"] + lines).joined(separator: "\n")
  }
}
