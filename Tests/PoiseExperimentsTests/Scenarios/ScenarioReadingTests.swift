import PoiseCore
import TestSupport
import Testing
import PoiseScenarios

/// Reads an example scenario from text, under the name `s.yaml`.
func read(_ yaml: String, overrides: [String] = []) throws(InvalidInput) -> ExampleScenario {
  try Configured<ExampleScenario>(yaml: yaml, file: "s.yaml", overrides: overrides).value
}

/// The whole error message for a text that must be refused.
func refusal(of yaml: String, overrides: [String] = []) -> String {
  do {
    return "accepted: \(try read(yaml, overrides: overrides))"
  } catch {
    return error.description
  }
}

@Suite("A scenario file")
struct ScenarioReadingTests {
  @Test("keeps the default of every key that it does not give")
  func defaults() throws {
    var expected = ExampleScenario()
    expected.model = "robot.xml"
    #expect(try read("model: robot.xml") == expected)
    #expect(try read("\u{FEFF}# a comment\n---\nmodel: 'robot.xml'\nppo:\n  # all commented out\n") == expected)
  }

  @Test("gives numbers, texts, choices, pairs, vectors, sections, lists and terms")
  func everything() throws {
    let scenario = try read(
      """
      model: "robot.xml"   # the robot
      seed: 18446744073709551615
      algorithm: td3
      controlTimeStep: 5e-2
      isRecorded: true
      gravity: [0, 0, -10]
      startAngle: [-3.14, 3.14]
      solver: {iterative: {iterations: 40}}
      observations:
        - tilt
        - jointPositions:
            joints: [left_knee, right_knee]
            scale: 0.5
            clip: [-1, 1]
        - alive:
        - tilt: {body: pelvis}
      pushes:
        - impulse: [0, 1]
        - {}
      ppo: {rolloutLength: 1e6, minibatchCount: 10, hiddenSizes: [3], targetKL: 0.01}
      goal: {}
      """)
    var expected = ExampleScenario()
    expected.model = "robot.xml"
    expected.seed = .max
    expected.algorithm = .td3
    expected.controlTimeStep = 0.05
    expected.isRecorded = true
    expected.gravity = [0, 0, -10]
    expected.startAngle = -3.14...3.14
    var iterative = ExampleSolver.Iterative()
    iterative.iterations = 40
    expected.solver = .iterative(iterative)
    var joints = JointPositions()
    joints.joints = ["left_knee", "right_knee"]
    joints.shaping.scale = 0.5
    joints.shaping.clip = -1...1
    var pelvis = TiltTerm()
    pelvis.body = "pelvis"
    expected.observations = [TiltTerm(), joints, AliveTerm(), pelvis]
    expected.pushes = [.init(), .init()]
    expected.pushes[0].impulse = 0...1
    expected.ppo.rolloutLength = 1_000_000
    expected.ppo.minibatchCount = 10
    expected.ppo.hiddenSizes = [3]
    expected.ppo.targetKL = 0.01
    expected.goal = .init()
    #expect(scenario == expected)
  }

  @Test("is refused with every problem at once, in the order of the lines")
  func everyProblem() {
    let message = refusal(
      of: """
        seed: -1
        algorithm: pp0
        controlTimeStep: 50 ms
        controlTimeStep: 0.05
        isRecorded: yes
        gravity: [0, 0]
        startAngle: [1, -1]
        solver: {iteratve: {}}
        observations:
          - jointPosition
          - tilt:
            body: torso
          - jointPositions: {joints: knee, scale: 0x10, clip: []}
          - [alive]
        pushes: [{impulse: [-1, 2], force: 3}]
        ppo:
          discount_factor: 0.9
          discountFactor: 1.5
          hiddenSizes: [64, 0, "64", 1.5]
          targetKL:
        goal: 0.95
        "seed": 3
        """)
    #expect(
      message
        == """
        s.yaml: model: found nothing; allowed a path to an MJCF file. Add the key 'model'; it has no default.
        s.yaml:1: seed: found -1; allowed a whole number of at least 0.
        s.yaml:2: algorithm: found 'pp0'; allowed one of 'ppo', 'ddpg', 'td3'. Did you mean 'ppo'?
        s.yaml:3: controlTimeStep: found '50 ms'; allowed a number above 0 and at most 1 s. Write the number alone; its unit is s.
        s.yaml:4: controlTimeStep: found the key for the second time, first in line 3; allowed each key once. Remove one of them.
        s.yaml:5: isRecorded: found 'yes'; allowed true or false. Write true, without quotes.
        s.yaml:6: gravity: found a list of 2 values; allowed three numbers [x, y, z], each a number in m/s².
        s.yaml:7: startAngle: found [1, -1]; allowed two numbers [low, high] with low ≤ high. Swap them.
        s.yaml:8: solver: found 'iteratve'; allowed one of 'direct', 'iterative'. Did you mean 'iterative'?
        s.yaml:10: observations.0: found 'jointPosition'; allowed one of 'jointPositions', 'tilt', 'alive'. Did you mean 'jointPositions'?
        s.yaml:11: observations.1: found a mapping with the keys 'tilt', 'body'; allowed one name with its keys below it. Indent 'body' further than 'tilt'.
        s.yaml:13: observations.jointPositions.joints: found 'knee'; allowed a list, each value the name of a joint. Put it in brackets.
        s.yaml:13: observations.jointPositions.scale: found '0x10'; allowed a number. Write it in decimal.
        s.yaml:13: observations.jointPositions.clip: found an empty list; allowed two numbers [low, high], each a number.
        s.yaml:14: observations.3: found a list of 1 value; allowed one of 'jointPositions', 'tilt', 'alive', with its keys below it.
        s.yaml:15: pushes.0.impulse: found -1; allowed a number of at least 0 m/s.
        s.yaml:15: pushes.0: found the unknown key 'force'; allowed the keys 'impulse', 'body'.
        s.yaml:17: ppo: found the unknown key 'discount_factor'; allowed a known key. Did you mean 'discountFactor'?
        s.yaml:18: ppo.discountFactor: found 1.5; allowed a number above 0 and at most 1.
        s.yaml:19: ppo.hiddenSizes.1: found 0; allowed a whole number above 0.
        s.yaml:19: ppo.hiddenSizes.2: found '64'; allowed a whole number above 0. Remove the quotes.
        s.yaml:19: ppo.hiddenSizes.3: found 1.5; allowed a whole number above 0.
        s.yaml:20: ppo.targetKL: found nothing; allowed a number above 0 nat, or null. Write null for none.
        s.yaml:21: goal: found 0.95; allowed a section of keys with their values.
        s.yaml:22: seed: found the key for the second time, first in line 1; allowed each key once. Remove one of them.
        """)
  }

  @Test("is checked between its keys once they are fine one by one")
  func crossChecks() {
    #expect(
      refusal(of: "model: m\nppo:\n  rolloutLength: 100\n  minibatchCount: 64") == """
        s.yaml:4: ppo.minibatchCount: found 64; allowed a divisor of rolloutLength = 100. Change one of the two.
        """)
    #expect(
      refusal(of: "model: m\nppo:\n  rolloutLength: 100") == """
        s.yaml:2: ppo.minibatchCount: found 32; allowed a divisor of rolloutLength = 100. Change one of the two.
        """)
  }

  @Test("is told where a key belongs that stands in the wrong place")
  func wrongPlace() {
    #expect(
      refusal(of: "model: m\nsurvivalRate: 1\nppo:\n  body: torso\n  zzz: 1") == """
        s.yaml:2: found the unknown key 'survivalRate'; allowed a known key. It is a key in another place: 'goal.survivalRate'.
        s.yaml:4: ppo: found the unknown key 'body'; allowed a known key. It is a key in another place: \
        'observations.tilt.body', 'pushes.N.body'.
        s.yaml:5: ppo: found the unknown key 'zzz'; allowed the keys 'discountFactor', 'rolloutLength', 'minibatchCount', \
        'hiddenSizes', 'targetKL'.
        """)
  }

  @Test("has numbers that are finite, plain and within 64 bits")
  func oddNumbers() {
    #expect(
      refusal(of: "model: m\nseed: 18446744073709551616\ncontrolTimeStep: .inf\ngravity: [1e999, .nan, 0o7]") == """
        s.yaml:2: seed: found 18446744073709551616; allowed a whole number of at least 0. It must fit into 64 bits.
        s.yaml:3: controlTimeStep: found '.inf'; allowed a number above 0 and at most 1 s. Write a finite number.
        s.yaml:4: gravity: found 1e999; allowed a number in m/s².
        s.yaml:4: gravity: found '.nan'; allowed a number in m/s². Write a finite number.
        s.yaml:4: gravity: found '0o7'; allowed a number in m/s². Write it in decimal.
        """)
  }

  @Test("shows each of many keys that stand in their sections more than once")
  func duplicates() {
    #expect(
      refusal(
        of: "model: m\nseed: 1\n'seed': 2\n\"seed\": 3\nppo: {targetKL: 1, targetKL: 2}\npushes:\n - {body: a, body: b}"
      ) == """
        s.yaml:3: seed: found the key for the second time, first in line 2; allowed each key once. Remove one of them.
        s.yaml:4: seed: found the key for the second time, first in line 2; allowed each key once. Remove one of them.
        s.yaml:5: ppo.targetKL: found the key for the second time, first in line 5; allowed each key once. Remove one of them.
        s.yaml:7: pushes.0.body: found the key for the second time, first in line 7; allowed each key once. Remove one of them.
        """)
  }

  @Test("tells a later stage where each key stands")
  func source() throws {
    let yaml = "model: m\nobservations:\n  - tilt:\n      body: head\n  - alive\npushes:\n  - body: arm\n"
    let source = try Configured<ExampleScenario>(yaml: yaml, file: "s.yaml").source
    #expect(source.location(of: "observations.tilt.body") == .init(file: "s.yaml", line: 4))
    #expect(source.location(of: "observations.alive.weight") == .init(file: "s.yaml", line: 5))
    #expect(source.location(of: "pushes.0.body") == .init(file: "s.yaml", line: 7))
    #expect(source.location(of: "ppo.targetKL") == .init(file: "s.yaml"))
    #expect(
      source.problem(at: "observations.tilt.body", found: "'head'", allowed: "'torso'").description
        == "s.yaml:4: observations.tilt.body: found 'head'; allowed 'torso'.")
  }

  @Test("that was written reads back as the same value, as YAML and as JSON")
  func roundTrip() throws {
    for index in 0..<1500 {
      var random = RandomStream(seed: 3, purpose: .testing, index: index)
      let scenario = ExampleScenario.random(&random)
      #expect(try read(scenario.yamlText) == scenario, "random scenario \(index)")
      #expect(try read(scenario.jsonText) == scenario, "random scenario \(index)")
    }
  }
}
