import Foundation
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

/// CartPole-v1 written out. Source: Gymnasium, `envs/classic_control/cartpole.py`, `step` with `kinematics_integrator = "euler"`.
private struct GymnasiumCartPole {
  var x, speed, θ, rate: Double

  /// One step of 0.02 s.
  ///
  /// - Parameter isSemiImplicit: positions move with the new rates, as in ODE, in place of the old ones.
  mutating func step(force: Double, isSemiImplicit: Bool = false) {
    let (mass, total, length, h) = (0.1, 1.1, 0.5, 0.02)
    let push = (force + mass * length * rate * rate * sin(θ)) / total
    let turn = (9.8 * sin(θ) - cos(θ) * push) / (length * (4.0 / 3 - mass * cos(θ) * cos(θ) / total))
    let pull = push - mass * length * turn * cos(θ) / total
    let old = self
    speed += h * pull
    rate += h * turn
    x += h * (isSemiImplicit ? speed : old.speed)
    θ += h * (isSemiImplicit ? rate : old.rate)
  }
}

@Suite("The cart-pole is Gymnasium's CartPole-v1 but for the integrator")
struct GymnasiumCartPoleTests {
  /// What `Golden/gymnasium_cartpole.py` wrote.
  private struct Golden: Decodable {
    struct Trajectory: Decodable {
      var actions: [Int]
      /// x, ẋ, θ, θ̇; [51][4]
      var states: [[Double]]
    }
    var trajectories: [Trajectory]
  }

  private static func golden() throws -> Golden {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
      path: "Golden/gymnasium-cartpole.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  /// Our states under the same pushes from the same start, as theirs.
  private func ours(_ trajectory: Golden.Trajectory) throws -> [[Double]] {
    let model = try ShippedRobot.cartpole.model
    let robot = try Robot(model, physics: Setting.shipped.physics(of: model, timeStep: 0.02))
    var start = JointConfiguration(reference: model)
    start.positions = [trajectory.states[0][0], trajectory.states[0][2]]
    start.velocities = [trajectory.states[0][1], trajectory.states[0][3]]
    robot.place(start)
    var states = [trajectory.states[0]]
    for action in trajectory.actions {
      robot.setControl(action == 1 ? 10 : -10, of: 0)
      robot.step()
      let (q, v) = (robot.configuration().positions, robot.configuration().velocities)
      states.append([q[0], v[0], q[1], v[1]])
    }
    return states
  }

  @Test("the equations written out are Gymnasium's to the last digits, so what differs below is ours")
  func writtenOut() throws {
    for trajectory in try Self.golden().trajectories {
      let s = trajectory.states[0]
      var own = GymnasiumCartPole(x: s[0], speed: s[1], θ: s[2], rate: s[3])
      for (action, state) in zip(trajectory.actions, trajectory.states.dropFirst()) {
        own.step(force: action == 1 ? 10 : -10)
        for (a, b) in zip([own.x, own.speed, own.θ, own.rate], state) { #expect(abs(a - b) < 1e-12) }
      }
    }
  }

  @Test(
    "with positions that move by the new rates in place of the old, they are ours but for the softness of ODE's joints")
  func integrator() throws {
    var (first, worst) = (0.0, 0.0)
    for trajectory in try Self.golden().trajectories {
      let s = trajectory.states[0]
      var own = GymnasiumCartPole(x: s[0], speed: s[1], θ: s[2], rate: s[3])
      for (step, (action, state)) in zip(trajectory.actions, try ours(trajectory).dropFirst()).enumerated() {
        own.step(force: action == 1 ? 10 : -10, isSemiImplicit: true)
        for (a, b) in zip([own.x, own.speed, own.θ, own.rate], state) {
          worst = max(worst, abs(a - b))
          if step == 0 { first = max(first, abs(a - b)) }
        }
      }
    }
    print(
      "cart-pole | semi-implicit equations, 8 × 50 steps | largest difference after 1 step \(first), of all \(worst)")
    #expect(first < 1e-6 && worst < 2e-3)
  }

  @Test("one step differs from Gymnasium's by h² of the accelerations alone, and 50 by what that grows to")
  func difference() throws {
    var (first, last) = ([0.0, 0, 0, 0], [0.0, 0, 0, 0])
    for trajectory in try Self.golden().trajectories {
      let states = try ours(trajectory)
      for i in 0..<4 {
        first[i] = max(first[i], abs(states[1][i] - trajectory.states[1][i]))
        for (a, b) in zip(states, trajectory.states) { last[i] = max(last[i], abs(a[i] - b[i])) }
      }
    }
    print("cart-pole | Gymnasium, x ẋ θ θ̇ | after 1 step \(first), within 50 steps at most \(last)")
    // Accelerations are below 11 m/s² and 16 rad/s²; h² = 4e-4 s². Rates after one step are the same but for the softness of ODE's joints.
    #expect(first[0] < 11 * 4e-4 && first[2] < 16 * 4e-4 && first[1] < 1e-6 && first[3] < 1e-6, "\(first)")
    #expect(last[0] < 0.012 && last[1] < 0.016 && last[2] < 0.085 && last[3] < 0.34, "\(last)")
  }
}
