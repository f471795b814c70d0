@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import PoiseNetworks
import Testing

@Suite("Acting while DDPG and TD3 collect transitions")
struct DeterministicActorTests {
  /// σ is 0.3 up to step 1000, then falls to 0 at once.
  private static func settings(_ noise: ExplorationParameters.Noise) -> DDPGParameters {
    var settings = DDPGTests.settings()
    settings.warmupSteps = 100
    settings.exploration.noise = noise
    settings.exploration.deviation = 0.3
    settings.exploration.finalDeviation = 0
    settings.exploration.decaySteps = 1000
    return settings
  }

  /// The actions of two worlds, both seeing the same.
  private static func act(_ actor: inout DeterministicActor, _ ddpg: DDPG, after steps: Int) -> [Float] {
    var actions: [Float] = [0, 0, 0, 0]
    _ = actor.act([0.5, -1, 2, 0.5, -1, 2], ddpg.model, environmentSteps: steps, into: &actions)
    return actions
  }

  @Test("in the warm-up they are uniform in ±1 whatever the policy says, and from its end on the policy's with noise")
  func warmUp() {
    let ddpg = DDPGTests.make(Self.settings(.gaussian))
    var actor = ddpg.makeActor(worlds: 0..<2)
    func moments(after steps: Int) -> (mean: Double, variance: Double, largest: Float) {
      let actions = (0..<2000).flatMap { _ in Self.act(&actor, ddpg, after: steps) }
      let mean = actions.reduce(0) { $0 + Double($1) } / Double(actions.count)
      let variance = actions.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(actions.count)
      return (mean, variance, actions.map(abs).max() ?? 0)
    }
    // 8,000 uniform numbers: the mean is known to 0.0065, the variance 1/3 to 0.0033.
    for steps in [0, 99] {
      let uniform = moments(after: steps)
      #expect(abs(uniform.mean) < 0.03 && abs(uniform.variance - 1.0 / 3) < 0.016, "\(uniform)")
      #expect(uniform.largest > 0.99 && uniform.largest <= 1)
    }
    // σ is 0.27 after 100 of 1,000 steps of its decay.
    let noisy = moments(after: 100)
    #expect(noisy.variance < 0.15, "\(noisy)")
    let policy = Self.act(&actor, ddpg, after: 1000)
    #expect(Array(policy[..<2]) == Array(policy[2...]))
  }

  @Test("correlated noise lives on from step to step, and ends with the episode of its world alone")
  func endOfEpisode() {
    let ddpg = DDPGTests.make(Self.settings(.ornsteinUhlenbeck))
    var actor = ddpg.makeActor(worlds: 0..<2)
    let policy = Self.act(&actor, ddpg, after: 1000)
    for _ in 0..<20 { _ = Self.act(&actor, ddpg, after: 100) }
    // With σ = 0 what is left is the noise of before.
    let before = Self.act(&actor, ddpg, after: 1000)
    #expect(zip(before, policy).allSatisfy { $0 != $1 })
    actor.endEpisode(world: 0)
    let after = Self.act(&actor, ddpg, after: 1000)
    #expect(Array(after[..<2]) == Array(policy[..<2]))
    #expect(after[2] != policy[2] && after[3] != policy[3])
  }
}
