import PoiseCore
import TestSupport
import Testing

@Suite("A configuration that is written")
struct ConfigurationWritingTests {
  static var example: ExampleScenario {
    var scenario = ExampleScenario()
    scenario.model = "models/robot.xml"
    scenario.controlTimeStep = 1e-5
    scenario.pushes = [.init()]
    scenario.observations = [AliveTerm(), TiltTerm()]
    scenario.goal = .init()
    return scenario
  }

  @Test("lists every key in the order of declaration, defaults included")
  func yaml() {
    #expect(
      Self.example.yamlText == """
        model: models/robot.xml
        seed: 0
        algorithm: ppo
        controlTimeStep: 1.0e-05
        isRecorded: false
        gravity: [0.0, 0.0, -9.81]
        startAngle: [-0.1, 0.1]
        solver: direct
        observations:
          - alive
          - tilt:
              body: torso
        pushes:
          - impulse: [0.1, 0.35]
            body: torso
        ppo:
          discountFactor: 0.99
          rolloutLength: 2048
          minibatchCount: 32
          hiddenSizes: [64, 64]
          targetKL: null
        goal:
          survivalRate: 0.95

        """)
  }

  @Test("is the same tree in JSON")
  func json() {
    var scenario = ExampleScenario()
    scenario.model = "a\"b\n\u{1}"
    scenario.observations = []
    scenario.pushes = [.init()]
    #expect(
      scenario.jsonText == #"""
        {
          "model": "a\"b\n\u0001",
          "seed": 0,
          "algorithm": "ppo",
          "controlTimeStep": 0.02,
          "isRecorded": false,
          "gravity": [0.0, 0.0, -9.81],
          "startAngle": [-0.1, 0.1],
          "solver": "direct",
          "observations": [],
          "pushes": [
            {
              "impulse": [0.1, 0.35],
              "body": "torso"
            }
          ],
          "ppo": {
            "discountFactor": 0.99,
            "rolloutLength": 2048,
            "minibatchCount": 32,
            "hiddenSizes": [64, 64],
            "targetKL": null
          },
          "goal": null
        }
        """#)
  }

  @Test("reads back as the same value, without any file format in between")
  func treeRoundTrip() throws {
    for index in 0..<2000 {
      var random = RandomStream(seed: 1, purpose: .testing, index: index)
      let scenario = ExampleScenario.random(&random)
      #expect(try Configured<ExampleScenario>(reading: scenario.written).value == scenario, "random scenario \(index)")
    }
  }

  @Test("writes text in quotes wherever a reader could take it for something else")
  func quotes() {
    let texts = [
      ("torso", "torso"), ("a b", "a b"), ("models/a-1.xml", "models/a-1.xml"), ("no", "\"no\""), ("12", "\"12\""),
      ("", "\"\""), (" a", "\" a\""), ("a ", "\"a \""), ("a: b", "\"a: b\""), ("é", "\"é\""),
      ("\u{2028}", "\"\\u2028\""),
    ]
    for (text, yaml) in texts { #expect(ConfigurationNode.text(text).flowText == yaml) }
  }
}
