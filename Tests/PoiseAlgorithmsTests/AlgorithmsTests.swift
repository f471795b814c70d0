@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

/// A process with nothing in it but its spaces.
private struct Spaces: DecisionProcess {
  var observationSpace = box(2)
  var actionSpace = box(1)
  func start(using random: inout RandomStream) -> Int { 0 }
  func observe(_ state: Int, into observation: inout MutableSpan<Float>) {}
  func step(_ state: inout Int, _ action: Span<Float>, using random: inout RandomStream) -> Transition {
    Transition(reward: 0)
  }
}

@Suite("The registry of algorithms")
struct AlgorithmsTests {
  private static func task(actions: Space, observations: Space = box(2)) -> any EnvironmentSpecification {
    DecisionTask(Spaces(observationSpace: observations, actionSpace: actions), name: "left-right", stepLimit: 10)
  }

  @Test("has one name, title and paper for each, and sections whose keys are declared well")
  func names() {
    #expect(
      Algorithms.names == [
        "ppo", "reinforce", "a2c", "a3c", "grpo", "dqn", "ddpg", "td3", "sac", "td-lambda", "monte-carlo", "sarsa",
        "expected-sarsa",
        "q-learning", "double-q-learning", "q-lambda", "dyna-q", "tabular-reinforce", "tabular-actor-critic",
      ])
    for type in Algorithms.all {
      #expect(!type.title.isEmpty && type.paper.contains(where: \.isNumber) && !type.documentation.isEmpty)
      #expect(Algorithms.named(type.name) != nil)
    }
    #expect(Algorithms.named("nothing") == nil)
    #expect([PPO.familyName, GRPO.familyName, A3C.familyName].allSatisfy { $0 == "on-policy" })
    #expect(TD3.familyName == "off-policy" && SARSA.familyName == "tabular")
    #expect(AlgorithmSections.keys.map(\.name) == Algorithms.all.map { $0.section })
    #expect(DoubleQLearning.section == "doubleQLearning" && PPO.section == "ppo")
    #expect(ConfigurationSchema.faults(of: PPOParameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: TD3Parameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: DQNParameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: SACParameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: REINFORCEParameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: A2CParameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: A3CParameters.self).isEmpty)
    #expect(ConfigurationSchema.faults(of: GRPOParameters.self).isEmpty)
  }

  @Test("sections keep what is set, and compare by value")
  func sections() {
    var sections = AlgorithmSections()
    #expect(sections[PPO.self] == PPOParameters())
    sections[PPO.self].clipRange = 0.1
    #expect(sections != AlgorithmSections())
    sections[PPO.self].clipRange = 0.2
    #expect(sections == AlgorithmSections())
    sections[TD3.self].ddpg.worlds = 3
    sections[TD3.self].ddpg.stepLimit = 500
    #expect(sections[TD3.self].ddpg.worlds == 3 && sections[TD3.self].stepLimit == 500)
    #expect(sections[DDPG.self].worlds == 1 && sections.configured("td3")?.parameters.worlds == 3)
    #expect(sections.configured("nothing") == nil)
    #expect(AlgorithmSections.ownStepLimits == ["dqn.stepLimit", "ddpg.stepLimit", "td3.stepLimit", "sac.stepLimit"])
  }

  @Test("an algorithm and a task that do not fit are refused with both named")
  func refusals() throws {
    let choices = Self.task(actions: .discrete(["left", "right"]))
    let sections = AlgorithmSections()
    for name in ["ddpg", "td3"] {
      let refusal = try #require(sections.configured(name)?.refusal(of: choices))
      #expect(
        refusal.contains("'\(name)'") && refusal.contains("'left-right'") && refusal.contains("one of left, right"))
      #expect(sections.configured(name)?.refusal(of: Self.task(actions: box(1))) == nil)
    }
    for name in ["ppo", "reinforce", "a2c", "a3c", "grpo"] {
      #expect(sections.configured(name)?.refusal(of: choices) == nil)
      #expect(sections.configured(name)?.refusal(of: Self.task(actions: box(1))) == nil)
    }
    var smooth = sections
    smooth[PPO.self].smoothnessCoefficient = 0.1
    #expect(smooth.configured("ppo")?.refusal(of: choices)?.contains("smoothnessCoefficient") == true)
    for name in ["q-learning", "tabular-reinforce"] {
      for task in [choices, Self.task(actions: box(1))] {
        let refusal = try #require(sections.configured(name)?.refusal(of: task))
        #expect(refusal.contains("'\(name)'") && refusal.contains("'left-right'") && refusal.contains("'mdp'"))
      }
    }
    let image = Self.task(actions: box(1), observations: .image(.init(width: 4, height: 4, channels: 1)))
    #expect(sections.configured("ppo")?.refusal(of: image)?.contains("image") == true)
  }

  @Test("makes learners of their families, and tells memory and step sizes under the algorithm's name")
  func learners() throws {
    let sections = AlgorithmSections()
    for configured in sections.all where configured.type.familyName != "tabular" {
      let isOffPolicy = ["dqn", "ddpg", "td3", "sac"].contains(configured.name)
      let actions = configured.type.actionKinds.contains(.box) ? box(2) : .discrete(["a", "b"])
      let context = LearnerContext(
        observationSpace: box(3), actionSpace: actions, seed: 1, instructionSet: .baseline)
      switch configured.makeLearner(for: context) {
      case .onPolicy(let learner): #expect(!isOffPolicy && learner.policy.actionCount == actions.count)
      case .offPolicy(let learner): #expect(isOffPolicy && learner.policy.actionCount == actions.count)
      case .tabular: Issue.record("\(configured.name) without a finite problem")
      }
      let need = configured.memoryNeed(observations: box(3), actions: actions)
      #expect(need.bytes > 1e5 && need.parts.allSatisfy { $0.key.hasPrefix("\(configured.name).") })
      #expect(configured.stepSizes.hasPrefix("\(configured.name)."))
    }
    // Observation, action, reward and link of 4 bytes each.
    let replay = sections.configured("ddpg")?.memoryNeed(observations: box(3), actions: box(2)).parts[1]
    #expect(replay?.key == "ddpg.memoryCapacity" && replay?.bytes == 1e6 * 7 * 4)
  }

  @Test("means of several updates: sums by what is averaged, the last of the rest, occasional ones by their own count")
  func sums() {
    var sums = MetricSums<DDPGMetrics>()
    #expect(sums.means == nil)
    for (loss, actor) in [(1.0, nil), (2, 5.0), (6, nil), (7, 6)] as [(Double, Double?)] {
      var metrics = DDPGMetrics()
      (metrics.criticLoss, metrics.actorLoss, metrics.actorGradientNorm) = (loss, actor, actor.map { $0 * 2 })
      sums.add(metrics)
      metrics.isRefused = true
      sums.add(metrics)
    }
    #expect(sums.means?.criticLoss == 4 && sums.means?.actorLoss == 5.5 && sums.means?.actorGradientNorm == 11)
    var ppo = MetricSums<PPOMetrics>()
    for value in [1.0, 3] {
      var metrics = PPOMetrics()
      (metrics.policyLoss, metrics.learningRate) = (value, value)
      ppo.add(metrics)
    }
    #expect(ppo.means?.policyLoss == 2 && ppo.means?.learningRate == 3)
  }

  @Test("a key that had another name is read by it, from a file and from an option")
  func formerKeys() throws {
    let tree = ConfigurationNode.mapping([("targetSmoothing", .plain("0.25")), ("worlds", .plain("2"))])
    let parameters = try Configured<TD3Parameters>(reading: tree).value
    #expect(parameters.ddpg.targetUpdateRate == 0.25)
    let override = ConfigurationOverride(path: ["targetSmoothing"], value: .plain("0.5"), option: "--set")
    #expect(override.renamingFormerKeys(of: TD3Parameters.self).path == ["targetUpdateRate"])
    let twice = ConfigurationNode.mapping([
      ("targetSmoothing", .plain("0.25")), ("targetUpdateRate", .plain("0.25")),
    ])
    #expect(throws: InvalidInput.self) { try Configured<TD3Parameters>(reading: twice) }
    let schema = ConfigurationSchema(of: TD3Parameters.self).entries.map(\.path)
    #expect(schema.contains("targetUpdateRate") && !schema.contains("targetSmoothing"))
  }
}
