import Foundation
import PoiseCore
@testable import PoiseTasks
import Testing
import PoiseEnvironments

/// Pendulum-v1 written out. Source: Gymnasium, `envs/classic_control/pendulum.py`, `step` and `reset`.
struct GymnasiumPendulum {
  var θ: Double
  var rate: Double

  /// Semi-implicit Euler with dt = 0.05 s; g = 10 m/s², m = 1 kg, l = 1 m. Returns the reward, −costs.
  mutating func step(_ torque: Double) -> Double {
    let u = min(2, max(-2, torque))
    let normalized = (θ + .pi) - 2 * .pi * ((θ + .pi) / (2 * .pi)).rounded(.down) - .pi
    let costs = normalized * normalized + 0.1 * rate * rate + 0.001 * u * u
    let newRate = rate + (3 * 10 / 2 * sin(θ) + 3 * u) * 0.05
    rate = min(8, max(-8, newRate))
    θ += rate * 0.05
    return -costs
  }
}

@Suite("The pendulum swing-up is Gymnasium's Pendulum-v1")
struct GymnasiumPendulumTests {
  let task: BoundTask
  init() throws { task = try bind(pendulumTask(), to: "pendulum") }

  @Test("moves and rewards as the written-out equations do, over whole episodes with random torques")
  func follows() throws {
    let player = try Player(task)
    var random = RandomStream(seed: 2, purpose: .testing)
    var worst = (angle: 0.0, rate: 0.0, reward: 0.0, observation: 0.0)
    for _ in 0..<50 {
      player.reset()
      var reference = GymnasiumPendulum(
        θ: player.snapshot.jointPositions[0], rate: player.snapshot.jointVelocities[0])
      // Long enough to reach the speed limit: full torque first, then at random.
      for step in 0..<200 {
        let action = step < 60 ? [reference.rate >= 0 ? Float(1) : -1] : random.action(1)
        // Rewards are compared on the same states, so the reference is put where ours is.
        var same = GymnasiumPendulum(θ: player.snapshot.jointPositions[0], rate: player.snapshot.jointVelocities[0])
        let reward = same.step(2 * Double(action[0]))
        _ = reference.step(2 * Double(action[0]))
        player.step(action)
        worst.reward = max(worst.reward, abs(player.outcome.reward - reward))
        worst.rate = max(worst.rate, abs(player.snapshot.jointVelocities[0] - same.rate))
        worst.angle = max(worst.angle, abs(shortestTurn(player.snapshot.jointPositions[0] - same.θ)))
        let expected = [Float(cos(same.θ)), Float(sin(same.θ)), Float(same.rate)]
        for (ours, theirs) in zip(player.observation, expected) {
          worst.observation = max(worst.observation, Double(abs(ours - theirs)))
        }
        // Over 50 steps nothing has grown, although nothing was put right in between.
        if step < 50 {
          #expect(abs(shortestTurn(player.snapshot.jointPositions[0] - reference.θ)) < 1e-9)
          #expect(abs(player.snapshot.jointVelocities[0] - reference.rate) < 1e-9)
        }
      }
    }
    #expect(worst.angle < 1e-12 && worst.rate < 1e-12 && worst.reward < 1e-11 && worst.observation < 1e-6, "\(worst)")
  }

  @Test("clamps torques beyond ±2 N·m and charges for the clamped ones")
  func clamps() throws {
    let (bold, exact) = (try Player(task), try Player(task))
    bold.reset()
    exact.reset()
    bold.step([5])
    exact.step([1])
    #expect(bold.outcome == exact.outcome && bold.world == exact.world)
    #expect(bold.snapshot.efforts == [2])
  }

  @Test("reaches 8 rad/s and never more")
  func speedLimit() throws {
    let player = try Player(task)
    var fastest = 0.0
    for _ in 0..<20 {
      player.reset()
      for _ in 0..<200 {
        player.step([player.snapshot.jointVelocities[0] >= 0 ? 1 : -1])
        fastest = max(fastest, abs(player.snapshot.jointVelocities[0]))
      }
    }
    #expect(abs(fastest - 8) < 1e-12, "\(fastest) rad/s")
  }

  @Test("starts uniformly in ±180° and ±1 rad/s")
  func starts() throws {
    let player = try Player(task, detail: .lean)
    var angles: [Double] = []
    var rates: [Double] = []
    for _ in 0..<4000 {
      player.reset()
      angles.append(player.snapshot.jointPositions[0])
      rates.append(player.snapshot.jointVelocities[0])
    }
    for (values, largest) in [(angles, Double.pi), (rates, 1.0)] {
      #expect(values.allSatisfy { abs($0) <= largest * (1 + 1e-12) })
      // Kolmogorov and Smirnov's distance; beyond 1.63/√n once in a hundred.
      let sorted = values.map { ($0 / largest + 1) / 2 }.sorted()
      let distance = sorted.enumerated().map { abs($1 - (Double($0) + 0.5) / 4000) }.max() ?? 1
      #expect(distance < 1.63 / 4000.0.squareRoot(), "\(distance)")
    }
  }

  /// Pumps energy while low, holds by state feedback while high.
  static func swingUp(_ θ: Double, _ rate: Double) -> Double {
    if abs(θ) < 0.4 { return -(16 * θ + 4 * rate) }
    // Energy against that of the upright rest, J: rate²/6 + 5 (cos θ − 1).
    let energy = rate * rate / 6 + 5 * (cos(θ) - 1)
    return energy < 0 ? (rate >= 0 ? 2 : -2) : (rate >= 0 ? -0.5 : 0.5)
  }

  @Test("gives a fixed swing-up controller the same mean return over 1,000 episodes, within 3 %")
  func swingUpReturn() throws {
    let player = try Player(task, detail: .lean)
    var ours = 0.0
    var theirs = 0.0
    for _ in 0..<1000 {
      player.reset()
      // The same starts, whose distribution another test looks at; different ones would differ by 2 % by chance.
      var reference = GymnasiumPendulum(
        θ: player.snapshot.jointPositions[0], rate: player.snapshot.jointVelocities[0])
      while player.outcome.ending == .running {
        let torque = Self.swingUp(
          shortestTurn(player.snapshot.jointPositions[0]), player.snapshot.jointVelocities[0])
        player.step([Float(torque / 2)])
        ours += player.outcome.reward
      }
      for _ in 0..<200 { theirs += reference.step(Self.swingUp(shortestTurn(reference.θ), reference.rate)) }
    }
    #expect(abs(ours - theirs) < 0.03 * abs(theirs), "ours \(ours / 1000), theirs \(theirs / 1000)")
    #expect(theirs / 1000 > -350, "the controller swings up: \(theirs / 1000)")
  }
}
