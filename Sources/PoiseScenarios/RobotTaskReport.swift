import PoiseCore
import PoiseModels
import PoiseSimulation
import PoiseTasks
import PoiseEnvironments

/// Tables of a robot's task. They are made from the same bound terms that training uses.
struct RobotTaskReport {
  /// Path of the scenario.
  let path: String
  let modelPath: String
  let task: BoundTask

  /// One section for each part of the task; empty text for a part that the task lacks.
  var sections: [String] {
    [observations, actions, rewards, terminations, resets, disturbances, randomisation]
  }

  var summary: String {
    let timing = task.timing
    let speed =
      task.settings.maximumJointSpeed.map { ", hinges to the world at most \(ReportText.short($0)) rad/s" } ?? ""
    let body = task.model.bodies.isEmpty ? "–" : task.model.bodies[task.uprightBody].name
    return """
      \(task.name)  (\(path))
        model \(task.model.name)  (\(modelPath)), upright body \(body)
        control step \(ReportText.short(timing.controlTimeStep)) s = \(timing.physicsStepsPerControlStep) physics steps of \
      \(ReportText.short(timing.physicsTimeStep)) s, solver \(solver)\(speed)
        episode \(timing.stepLimit) control steps = \(ReportText.short(Double(timing.stepLimit) * timing.controlTimeStep)) s, then truncated
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
    for (bound, observation) in zip(task.observations, task.settings.observations) {
      for _ in bound.elements {
        let element = task.observationSpace.elements[index]
        let noise = observation.shaping.noise > 0 ? ReportText.short(observation.shaping.noise) : ""
        rows.append([
          "\(index)", observation.name, element.name, element.unit, ReportText.bounds(element.bounds), noise,
        ])
        index += 1
      }
    }
    return ReportText.section(
      "observation, \(index) numbers", ["index", "term", "element", "unit", "bounds", "noise"], rows)
  }

  private var actions: String {
    let rows = task.model.actuators.indices.map { index -> [String] in
      let actuator = task.model.actuators[index]
      let scaling = task.actionScaling[index]
      let unit = task.model.joints[actuator.joint].kind == .slide ? "N" : "N·m"
      return [
        "\(index)", actuator.name, "-1 … 1", ReportText.bounds(scaling.control(-1)...scaling.control(1)),
        task.model.joints[actuator.joint].name, actuator.effortLimit.map { "\(ReportText.short($0)) \(unit)" } ?? "–",
      ]
    }
    let title = task.levels.isEmpty ? "action, \(rows.count) numbers" : "controls of an action"
    let header = ["index", "actuator", "action", "control", "joint", "limit"]
    let controls =
      task.settings.actions.positionTargets == nil
      ? ReportText.section(title, header, rows)
      : ReportText.section(
        "\(title): targets of joints, tracked by an implicit PD law", header + ["stiffness", "damping"],
        zip(rows, task.model.actuators).map { row, actuator in
          row + [actuator.jointGains?.stiffness, actuator.jointGains?.damping].map { $0.map(ReportText.short) ?? "–" }
        })
    return [levels, controls].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// The actions that there are, where they have names.
  private var levels: String {
    guard !task.levels.isEmpty else { return "" }
    let rows = task.levels.enumerated().map { index, level in
      ["\(index)", level.name]
        + zip(level.action, task.actionScaling).map { ReportText.short($1.control(Double($0))) }
    }
    return ReportText.section(
      "action, one of \(rows.count)", ["index", "name"] + task.model.actuators.map(\.name), rows)
  }

  private var rewards: String {
    let rows = task.rewards.indices.map { index -> [String] in
      let (bound, reward) = (task.rewards[index], task.settings.rewards[index])
      let ends = [bound.bounds.lowerBound, bound.bounds.upperBound].map { reward.weight == 0 ? 0 : reward.weight * $0 }
      let range = (ends.min() ?? 0)...(ends.max() ?? 0)
      return [
        task.rewardNames[index], ReportText.short(reward.weight), bound.moment.rawValue, bound.unit,
        ReportText.bounds(range),
        type(of: reward.term).documentation,
      ]
    }
    return ReportText.section(
      "reward of a control step: the sum of", ["term", "weight", "state", "unit", "bounds_weighted", "meaning"], rows)
  }

  private var terminations: String {
    let faults = task.settings.faults
    let rows =
      zip(task.settings.terminations, task.terminations).map { [$0.name, $1.condition] } + [
        [
          "fault",
          "not finite, faster than \(ReportText.short(faults.speed)) m/s or \(ReportText.short(faults.angularSpeed)) rad/s, "
            + "or farther than \(ReportText.short(faults.distance)) m: the episode is discarded, learners never see it",
        ]
      ]
    return ReportText.section("an episode ends early when", ["term", "condition"], rows)
  }

  private var resets: String {
    let rows = zip(task.settings.reset, task.resets).map { [$0.name, $1.effect] }
    return rows.isEmpty
      ? "every episode starts in the model's reference pose, at rest"
      : ReportText.section("an episode starts from the model's reference pose, then", ["term", "effect"], rows)
  }

  private var disturbances: String {
    var rows = zip(task.settings.disturbances, task.disturbances).map { [$0.name, $1.effect] }
    if let bound = task.trainingDisturbances {
      rows += zip(task.settings.trainingDisturbances ?? [], bound).map { ["\($0.name), in training", $1.effect] }
      if bound.isEmpty { rows.append(["none in training", ""]) }
    }
    return rows.isEmpty ? "" : ReportText.section("disturbances", ["term", "effect"], rows)
  }

  private var randomisation: String {
    let (r, nominal) = (task.settings.randomisation, Randomisation())
    let rows = [
      ("mass", r.mass, nominal.mass), ("friction", r.friction, nominal.friction),
      ("motorStrength", r.motorStrength, nominal.motorStrength), ("sensorNoise", r.sensorNoise, nominal.sensorNoise),
      ("actionDelay", r.actionDelay, nominal.actionDelay), ("gravityTilt", r.gravityTilt, nominal.gravityTilt),
    ].filter { $0.1 != $0.2 }.map { [$0.0, ReportText.bounds($0.1)] }
    return rows.isEmpty ? "" : ReportText.section("drawn for every episode", ["what", "range"], rows)
  }

  /// Warnings about settings that usually make training fail.
  var notes: String {
    var notes: [String] = []
    let canPay = zip(task.rewards, task.settings.rewards).contains { bound, reward in
      reward.weight > 0 && bound.bounds.upperBound > 0 || reward.weight < 0 && bound.bounds.lowerBound < 0
    }
    if !canPay && !task.terminations.isEmpty {
      notes.append("no reward term can be positive, so a policy gains by ending an episode early; add the term alive")
    }
    return notes.isEmpty ? "" : (["notes"] + notes.map { "  \($0)" }).joined(separator: "\n")
  }
}
