import PoiseAlgorithms
@testable import PoiseControl
import PoiseCore
import PoiseModels
import PoiseNetworks
@testable import PoiseScenarios
import PoiseSimulation
import TestSupport
import Testing
import PoiseEnvironments
import PoiseTasks

@Suite("Playing episodes")
struct EpisodePlayerTests {
  /// The humanoid with pushes, and with everything drawn that can be drawn.
  static func rough(_ more: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/humanoid-balance.yaml",
      overrides: [
        "episodeSeconds=3", "disturbances.0.pushes.interval=[0.1, 0.3]", "randomisation.mass=[0.8, 1.2]",
        "randomisation.friction=[0.5, 1.5]", "randomisation.motorStrength=[0.9, 1.1]",
        "randomisation.actionDelay=[0, 0.03]", "randomisation.gravityTilt=[0, 0.05]",
      ] + more)
  }

  /// An untrained network with a normaliser, strong enough to move the robot.
  static func policy(for scenario: LoadedScenario) -> Policy {
    var random = RandomStream(seed: 3, purpose: .weights)
    var model = ActorCritic(
      observations: scenario.specification.observationSpace.count, actions: scenario.specification.actionSpace,
      hidden: [16, 16],
      valueHidden: [4], activation: .tanh, deviationBounds: 0.01...1, initialLogDeviation: 0, normalizerLimit: 5,
      using: &random)
    var noise = RandomStream(seed: 4, purpose: .testing)
    for i in 0..<model.parameters.count { model.parameters[i] += Float(0.3 * noise.uniform(in: -1...1)) }
    let rows = (0..<50 * model.observationCount).map { _ in Float(noise.uniform(in: -1...1)) }
    model.normalizer?.observe(rows.span)
    return model.policy(model.parameters)
  }

  static func controllers(for scenario: LoadedScenario) -> [ControllerChoice] {
    [.policy(policy(for: scenario), name: "test")] + scenario.baselines.map { .baseline($0) }
  }

  @Test("episode k is the one that an evaluation of the same seed judges, whoever drives")
  func agreesWithEvaluation() throws {
    let scenario = try Self.rough()
    let evaluation = Evaluation(scenario, episodes: 5, seed: 77, instructionSet: .baseline)
    for controller in Self.controllers(for: scenario) {
      let player = try EpisodePlayer(scenario, controller, seed: 77, instructionSet: .baseline)
      // Backwards: an episode does not depend on those before it.
      let summaries = (0..<5).reversed().map { player.play($0) { _ in } }
      let played = EvaluationResult(
        summaries.reversed(), task: scenario.specification, controller: controller.name, seed: 77)
      let judged = try evaluation.run(controller, pool: WorkerPool(threadCount: 2))
      #expect(played == judged, "\(controller.name)")
      #expect(Set(summaries.map(\.totalReward)).count == 5, "the episodes differ")
    }
  }

  @Test("moments are the start and each control step; their rewards add up to the return, their terms to the reward")
  func moments() throws {
    let scenario = try Self.rough()
    for controller in Self.controllers(for: scenario) {
      let player = try EpisodePlayer(scenario, controller, seed: 5, instructionSet: .baseline)
      var moments: [TrajectoryMoment] = []
      var pushes = 0
      let summary = player.play(1) { moment in
        moments.append(moment)
        pushes += moment.push == .zero ? 0 : 1
        let pose = player.robot.pose(ofBody: 0)
        #expect(player.environment.snapshot.bodies.contains { $0.pose == pose }, "the robot is that of the moment")
      }
      #expect(moments.map(\.step) == Array(0...summary.steps) && moments.allSatisfy { $0.episode == 1 })
      #expect(moments[0].reward == nil && moments[0].actions.isEmpty && moments[0].efforts.isEmpty)
      #expect(moments.reduce(0) { $0 + ($1.reward ?? 0) } == summary.totalReward)
      for moment in moments.dropFirst() {
        #expect(moment.rewardTerms.reduce(0, +) == moment.reward)
        #expect(moment.actions.count == 16 && moment.efforts.count == 16)
        #expect(moment.isTerminated == (moment.step == summary.steps && summary.ending == .terminated))
        #expect(moment.isTruncated == (moment.step == summary.steps && summary.ending == .truncated))
      }
      #expect(pushes > 0 && summary.steps > 10)
    }
  }

  @Test("the actions of a policy, given by hand from the same start, lead to the same states")
  func byHand() throws {
    let scenario = try Self.rough()
    let player = try EpisodePlayer(
      scenario, .policy(Self.policy(for: scenario), name: "test"), seed: 6, instructionSet: .baseline)
    var actions: [[Float]] = []
    var states: [UInt64] = []
    let summary = player.play(2) { moment in
      if moment.step > 0 { actions.append(moment.actions.map { Float($0) }) }
      states.append(player.robot.world.stateHash)
    }
    let again = try EpisodePlayer(scenario, .baseline(.zero), seed: 0, instructionSet: .baseline)
    again.begin(0, from: summary.start)
    #expect(again.robot.world.stateHash == states[0])
    for (action, state) in zip(actions, states.dropFirst()) {
      again.step(action)
      #expect(again.robot.world.stateHash == state)
    }
    #expect(again.ending == summary.ending && again.summary.totalReward == summary.totalReward)
  }
}
