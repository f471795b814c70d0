import Foundation
import PoiseCore
import PoiseModels
import PoiseScenarios
import PoiseSimulation
import PoiseTasks
import Testing
import PoiseEnvironments

@Suite("The tables of a scenario tell the truth")
struct ScenarioReportTests {
  /// The cells of a section's table, split where two blanks or more stand.
  private func rows(_ text: String, _ title: String) -> [[String]] {
    let lines = text.components(separatedBy: "\n")
    guard let start = lines.firstIndex(where: { $0.hasPrefix(title) }) else { return [] }
    return lines[(start + 2)...].prefix { $0.hasPrefix("  ") }.map { line in
      line.components(separatedBy: "  ").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
  }

  private func range(_ text: String) -> ClosedRange<Double>? {
    let ends = text.components(separatedBy: " … ").map { end in
      end == "∞" ? Double.infinity : end == "−∞" ? -Double.infinity : Double(end) ?? .nan
    }
    // Printed with five digits.
    return ends.count == 2 && ends[0] <= ends[1] ? ends[0] - 1e-4 * abs(ends[0])...ends[1] + 1e-4 * abs(ends[1]) : nil
  }

  @Test(
    "about observations, actions and rewards, held against what the robot does", arguments: ShippedScenarioTests.robots)
  func truth(_ path: String) throws {
    let loaded = try LoadedScenario(contentsOf: path)
    let task = try loaded.requireRobot(for: "this test").task
    let text = ScenarioReport(loaded).text
    let environment = try TaskEnvironment(task, seed: 3, detail: .full)
    var observation = [Float](repeating: 0, count: task.observationSpace.count)
    var span = observation.mutableSpan
    environment.reset(into: &span)

    // Each element's name, place and bounds.
    let observations = rows(text, "observation,")
    #expect(observations.count == task.observationSpace.count)
    // Actions: full deflection of one actuator at a time, and the effort that the robot then feels.
    let actions = rows(text, "action,")
    #expect(actions.count == task.actionSpace.choices?.count ?? task.actionSpace.count)
    for (i, row) in actions.enumerated() where !task.levels.isEmpty {
      environment.reset(into: &span)
      _ = environment.step([Float(i)].span, into: &span)
      #expect(row[0] == "\(i)" && row[1] == task.levels[i].name)
      let controls = zip(task.actionScaling, task.levels[i].action).map { $0.control(Double($1)) }
      for (printed, exact) in zip(row.dropFirst(2), controls) {
        #expect(abs(try #require(Double(printed)) - exact) < 1e-4 * max(1, abs(exact)), "\(row)")
      }
      // What a motor is told is what it exerts.
      #expect(task.settings.actions.positionTargets != nil || controls == environment.snapshot.efforts, "\(row)")
    }
    for (i, row) in actions.enumerated() where task.levels.isEmpty {
      let action = (0..<actions.count).map { $0 == i ? Float(1) : 0 }
      environment.reset(into: &span)
      _ = environment.step(action.span, into: &span)
      #expect(row[0] == "\(i)" && row[1] == task.model.actuators[i].name)
      let limit = try #require(Double(row[5].components(separatedBy: " ")[0]))
      let effort = environment.snapshot.efforts[i]
      // A servo exerts what it needs, up to that.
      let isServo = task.settings.actions.positionTargets != nil
      #expect(isServo ? effort <= limit * 1.0001 : abs(effort - limit) < 1e-4 * limit, "\(row)")
      #expect(range(row[3])?.contains(task.actionScaling[i].control(1)) == true)
    }
    // Random play stays within everything that is printed.
    let rewards = rows(text, "reward of a control step")
    #expect(rewards.map { $0[0] } == task.rewardNames)
    let rewardRanges = rewards.map { row in row.lazy.compactMap { self.range($0) }.first }
    let observationRanges = observations.map { row in row.lazy.compactMap { self.range($0) }.first }
    var random = RandomStream(seed: 5, purpose: .testing)
    for _ in 0..<600 {
      let action = (0..<task.actionSpace.count).map { _ in random.action(of: task.actionSpace) }
      if environment.ending.isOver { environment.reset(into: &span) }
      _ = environment.step(action.span, into: &span)
      for i in 0..<span.count {
        #expect(observationRanges[i]?.contains(Double(span[i])) == true, "\(observations[i]): \(span[i])")
      }
      for (i, value) in environment.snapshot.rewardTerms.enumerated() {
        #expect(rewardRanges[i]?.contains(value) == true, "\(rewards[i]): \(value)")
      }
    }
  }

  @Test("says in which mirrors a task is alike, and what changes places there")
  func mirrors() throws {
    func mirrors(_ scenario: String) throws -> [[String]] {
      let path = try #require(ShippedScenarioTests.paths.first { $0.contains(scenario) })
      let text = ScenarioReport(try LoadedScenario(contentsOf: path)).text
      return Array(rows(text, "mirror images").prefix(2))
    }
    let humanoid = try mirrors("humanoid-balance")
    #expect(humanoid[0].prefix(2) == ["leftRight", "yes"] && humanoid[1].prefix(2) == ["frontBack", "no"])
    for pair in ["abdomen_x ↔ −abdomen_x", "left_knee ↔ right_knee", "left_hip_x ↔ right_hip_x"] {
      #expect(humanoid[0][2].components(separatedBy: ", ").contains(pair), "\(pair) in \(humanoid[0][2])")
    }
    #expect(!humanoid[0][2].contains("abdomen_y") && !humanoid[0][2].contains("right_knee ↔"))
    #expect(try mirrors("cartpole-swingup")[1] == ["frontBack", "yes", "slider ↔ −slider"])
    #expect(try mirrors("cartpole-left-right")[1] == ["frontBack", "yes", "left ↔ right"])
  }

  @Test("and show what stands in the file")
  func content() throws {
    let path = try #require(ShippedScenarioTests.paths.first { $0.contains("humanoid-balance") })
    let text = ScenarioReport(try LoadedScenario(contentsOf: path)).text
    for expected in [
      "control step 0.02 s = 4 physics steps of 0.005 s, solver iterative, 14 iterations",
      "episode 1000 control steps = 20 s, then truncated",
      "  tilt    torso tilted over 1.047 rad (60°)",
      "pushes               every 2.0–4.0 s: 45–158 N for 0.1 s at the centre of torso, from any side",
      "pushes, in training  every 0.7–4.0 s: 45–203 N for 0.1 s at the centre of torso",
      "free body: velocity ± 0.05, angular velocity ± 0.05",
      "goal: survival rate ≥ 0.97\n", "goal: tilt reward per step, rad² ≥ -0.02\n",
      "a goal can ask for: tiltRewardPerStep, ",
    ] { #expect(text.contains(expected), "\(expected)\n\(text)") }
  }

  @Test("with a warning where ending early pays")
  func warning() throws {
    let path = try #require(ShippedScenarioTests.paths.first { $0.contains("cartpole-balance") })
    let loaded = try LoadedScenario(contentsOf: path, overrides: ["rewards=[tilt]"])
    #expect(ScenarioReport(loaded).text.contains("a policy gains by ending an episode early; add the term alive"))
  }
}

@Suite("Scenario files")
struct ScenarioFileTests {
  private func write(_ text: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("poise-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appendingPathComponent("mine.yaml")
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  @Test("name a shipped model, and everything else has a default")
  func defaults() throws {
    let loaded = try LoadedScenario(contentsOf: write("model: cartpole\n"))
    #expect(loaded.name == "mine" && loaded.robot?.model.name == "cartpole")
    #expect(loaded.specification.observationSpace.names == ["slider", "hinge", "slider_velocity", "hinge_velocity"])
    #expect(loaded.specification.rewardNames == ["tilt"])
  }

  @Test("that do not fit their robot are refused with the line of each problem")
  func lines() throws {
    let path = try write(
      """
      model: cartpole
      controlTimeStep: 0.0125
      episodeSeconds: 10
      observations:
        - jointPositions: {joints: [slidder]}
        - rollPitch
      rewards:
        - tilt: {weight: 2, body: poel}
        - jointVelocityCost:
            weight: 0.1
            joints: [hinge, wheel]
      reset:
        - onGround
      """)
    let problems = try InputCheck(path).problems
    #expect(problems.map { $0.line ?? 0 } == [2, 5, 8, 11, 13], "\(problems)")
    #expect(problems[1].remedy == "Did you mean 'slider'?" && problems[2].remedy == "Did you mean 'pole'?")
    #expect(problems[2].place == "rewards.tilt.body")
  }

  @Test("whose keys contradict one another show that together with what does not fit their robot")
  func contradictions() throws {
    let path = try write(
      """
      model: cartpole
      episodeSeconds: 10.001
      uprightBody: poel
      evaluation: {publishedSeed: 3, tuningSeed: 3}
      rewards:
        - tilt: {body: polle}
      terminations:
        - height: {body: trolley}
      physics: {solver: direct, iterations: 5}
      """)
    let problems = try InputCheck(path).problems
    #expect(Set(problems.map(\.line)) == [2, 3, 4, 6, 8, 9], "\(problems)")
  }

  @Test("with unknown keys, terms and values are refused before the robot is asked")
  func unknown() throws {
    let path = try write(
      """
      model: cartpole
      episodeSecond: 10
      rewards:
        - tillt
        - alive: {weigth: 2}
      goal: {survivalRate: 2, successRate: 1}
      """)
    let problems = try InputCheck(path).problems
    #expect(problems.map { $0.line ?? 0 } == [2, 4, 5, 6, 6], "\(problems)")
    #expect(problems[0].remedy == "Did you mean 'episodeSeconds'?")
    #expect(problems[1].remedy == "Did you mean 'tilt'?")
    #expect(problems[2].remedy == "Did you mean 'weight'?")
  }

  @Test("take overrides by path, through lists of terms too")
  func overrides() throws {
    let path = try #require(ShippedScenarioTests.paths.first { $0.contains("humanoid-balance") })
    let loaded = try LoadedScenario(
      contentsOf: path,
      overrides: [
        "rewards.tilt.weight=3", "disturbances.pushes.scale=1.5", "observations.angularVelocity.noise=0.1",
        "physics.solver=direct", "episodeSeconds=5",
      ])
    #expect(loaded.settings.task.rewards[1].weight == 3)
    #expect(
      loaded.settings.task.observations[3].shaping
        == {
          var s = ObservationShaping(); (s.scale, s.noise) = (0.25, 0.1); return s
        }())
    #expect(loaded.robot?.task.physics.solver == .direct && loaded.specification.stepLimit == 250)
    #expect(throws: InvalidInput.self) {
      try LoadedScenario(contentsOf: path, overrides: ["disturbances.pushes.body=tail"])
    }
  }

  @Test("whose model is not there say where it was looked for")
  func noModel() throws {
    let problems = try InputCheck(write("# a comment\nmodel: humanoidd\n")).problems
    #expect(problems.count == 1 && problems[0].line == 2 && problems[0].remedy == "Did you mean 'humanoid'?")
  }

  @Test("have properly declared keys, all in the schema")
  func schema() {
    #expect(ConfigurationSchema.faults(of: Scenario.self).isEmpty, "\(ConfigurationSchema.faults(of: Scenario.self))")
    let paths = Set(ScenarioReport.schema.entries.map(\.path))
    for path in [
      "model", "controlTimeStep", "rewards.tilt.weight", "rewards.tilt.body", "observations.phase.period",
      "observations.phase.noise", "terminations.height.share", "reset.uniform.position", "disturbances.pushes.impulse",
      "randomisation.actionDelay", "faults.speed", "success.tilt", "goal", "environment", "evaluation.publishedSeed",
      "hold.stiffness",
    ] { #expect(paths.contains(path), "\(path)") }
    for entry in ScenarioReport.schema.entries where entry.type == "number" {
      #expect(!entry.documentation.isEmpty)
    }
  }
}
