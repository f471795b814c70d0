import Foundation
public import PoiseCore
import PoiseEnvironments
public import PoiseTasks

/// What a scenario means for its robot, as tables made from the bound terms: what trains is what is printed.
public struct ScenarioReport: Sendable {
  private let loaded: LoadedScenario
  private var task: BoundTask { loaded.task }

  public init(_ loaded: LoadedScenario) { self.loaded = loaded }

  public var text: String {
    [
      summary, observations, actions, rewards, terminations, resets, disturbances, randomisation, mirrors, judgement,
      notes,
    ].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  /// Every key of a scenario file with type, default, unit and range.
  public static var schema: ConfigurationSchema { ConfigurationSchema(of: Scenario.self) }

  private var summary: String {
    let timing = task.timing
    let speed = task.task.maximumJointSpeed.map { ", hinges to the world at most \(short($0)) rad/s" } ?? ""
    let body = task.model.bodies.isEmpty ? "–" : task.model.bodies[task.uprightBody].name
    return """
      \(loaded.name)  (\(loaded.path))
        model \(task.model.name)  (\(loaded.modelPath)), upright body \(body)
        control step \(short(timing.controlTimeStep)) s = \(timing.physicsStepsPerControlStep) physics steps of \
      \(short(timing.physicsTimeStep)) s, solver \(solver)\(speed)
        episode \(timing.stepLimit) control steps = \(short(Double(timing.stepLimit) * timing.controlTimeStep)) s, then truncated
      """
  }

  private var solver: String {
    switch task.physics.solver {
    case .direct: "direct"
    case .iterative(let iterations): "iterative, \(iterations) iterations"
    }
  }

  private var observations: String {
    var rows: [[String]] = []
    var index = 0
    for (bound, observation) in zip(task.observations, task.task.observations) {
      for _ in bound.elements {
        let element = task.observationSpace.elements[index]
        let noise = observation.shaping.noise > 0 ? short(observation.shaping.noise) : ""
        rows.append(["\(index)", observation.name, element.name, element.unit, bounds(element.bounds), noise])
        index += 1
      }
    }
    return section(
      "observation, \(index) numbers", ["index", "term", "element", "unit", "bounds", "noise"], rows)
  }

  private var actions: String {
    let rows = task.model.actuators.indices.map { index -> [String] in
      let actuator = task.model.actuators[index]
      let scaling = task.actionScaling[index]
      let unit = task.model.joints[actuator.joint].kind == .slide ? "N" : "N·m"
      return [
        "\(index)", actuator.name, "-1 … 1", bounds(scaling.control(-1)...scaling.control(1)),
        task.model.joints[actuator.joint].name, actuator.effortLimit.map { "\(short($0)) \(unit)" } ?? "–",
      ]
    }
    return section(
      "action, \(rows.count) numbers", ["index", "actuator", "action", "control", "joint", "limit"], rows)
  }

  private var rewards: String {
    let rows = task.rewards.indices.map { index -> [String] in
      let (bound, reward) = (task.rewards[index], task.task.rewards[index])
      let ends = [bound.bounds.lowerBound, bound.bounds.upperBound].map { reward.weight == 0 ? 0 : reward.weight * $0 }
      let range = (ends.min() ?? 0)...(ends.max() ?? 0)
      return [
        task.rewardNames[index], short(reward.weight), bound.moment.rawValue, bound.unit, bounds(range),
        type(of: reward.term).documentation,
      ]
    }
    return section(
      "reward of a control step: the sum of", ["term", "weight", "state", "unit", "bounds_weighted", "meaning"], rows)
  }

  private var terminations: String {
    let faults = task.task.faults
    let rows =
      zip(task.task.terminations, task.terminations).map { [$0.name, $1.condition] } + [
        [
          "fault",
          "not finite, faster than \(short(faults.speed)) m/s or \(short(faults.angularSpeed)) rad/s, "
            + "or farther than \(short(faults.distance)) m: the episode is given up, learners never see it",
        ]
      ]
    return section("an episode ends early when", ["term", "condition"], rows)
  }

  private var resets: String {
    let rows = zip(task.task.reset, task.resets).map { [$0.name, $1.effect] }
    return rows.isEmpty
      ? "every episode starts in the model's reference pose, at rest"
      : section("an episode starts from the model's reference pose, then", ["term", "effect"], rows)
  }

  private var disturbances: String {
    var rows = zip(task.task.disturbances, task.disturbances).map { [$0.name, $1.effect] }
    if let bound = task.trainingDisturbances {
      rows += zip(task.task.trainingDisturbances ?? [], bound).map { ["\($0.name), while it learns", $1.effect] }
      if bound.isEmpty { rows.append(["none while it learns", ""]) }
    }
    return rows.isEmpty ? "" : section("disturbances", ["term", "effect"], rows)
  }

  private var randomisation: String {
    let (r, nominal) = (task.task.randomisation, Randomisation())
    let rows = [
      ("mass", r.mass, nominal.mass), ("friction", r.friction, nominal.friction),
      ("motorStrength", r.motorStrength, nominal.motorStrength), ("sensorNoise", r.sensorNoise, nominal.sensorNoise),
      ("actionDelay", r.actionDelay, nominal.actionDelay), ("gravityTilt", r.gravityTilt, nominal.gravityTilt),
    ].filter { $0.1 != $0.2 }.map { [$0.0, bounds($0.1)] }
    return rows.isEmpty ? "" : section("drawn anew for every episode", ["what", "range"], rows)
  }

  /// For whoever thinks of `mirrorSymmetry`: what is found, or what stands against it.
  private var mirrors: String {
    let rows = MirrorPlane.allCases.map { plane -> [String] in
      do throws(Asymmetry) {
        let actions = try task.mirrorSymmetry(across: plane).actions
        let names = task.model.actuators.map(\.name)
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
    return section(
      "mirror images, for mirrorSymmetry", ["plane", "alike", "what changes places or signs, or differs"], rows)
  }

  private var judgement: String {
    var lines: [String] = []
    if let success = task.task.success {
      lines.append(
        "  success: upright within \(short(success.tilt * 180 / .pi))° for the last \(short(success.share * 100)) % of the episode"
      )
    }
    let goal = loaded.scenario.goal
    let goals = [
      goal.survivalRate.map { "survival rate ≥ \(short($0))" }, goal.successRate.map { "success rate ≥ \(short($0))" },
      goal.tiltRewardPerStep.map { "−(roll² + pitch²) per step ≥ \(short($0))" },
      goal.meanReturn.map { "mean return ≥ \(short($0))" },
    ].compactMap { $0 }
    if !goals.isEmpty { lines.append("  goal: \(goals.joined(separator: ", "))") }
    return lines.isEmpty ? "" : (["judged by"] + lines).joined(separator: "\n")
  }

  /// What experience says will go wrong.
  private var notes: String {
    var notes: [String] = []
    let canPay = zip(task.rewards, task.task.rewards).contains { bound, reward in
      reward.weight > 0 && bound.bounds.upperBound > 0 || reward.weight < 0 && bound.bounds.lowerBound < 0
    }
    if !canPay && !task.terminations.isEmpty {
      notes.append("no reward term can be positive, so ending an episode early pays; add alive")
    }
    return notes.isEmpty ? "" : (["notes"] + notes.map { "  \($0)" }).joined(separator: "\n")
  }

  private func section(_ title: String, _ header: [String], _ rows: [[String]]) -> String {
    "\(title)\n" + TextTable(header: header, rows: rows).text()
  }

  private func short(_ number: Double) -> String { number.rounded(significant: 5) }

  private func bounds(_ range: ClosedRange<Double>) -> String {
    func end(_ x: Double) -> String { x == .infinity ? "∞" : x == -.infinity ? "−∞" : short(x) }
    return "\(end(range.lowerBound)) … \(end(range.upperBound))"
  }
}
