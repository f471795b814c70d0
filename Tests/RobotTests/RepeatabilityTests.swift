import Dispatch
import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("Repeatability of every robot, both solvers")
struct RepeatabilityTests {
  static let solvers: [PhysicsParameters.Solver] = [.direct, .iterative(iterations: 20)]
  static let steps = 10_000

  static func robot(_ which: ShippedRobot, _ solver: PhysicsParameters.Solver) throws -> Robot {
    let model = try which.model
    var physics = model.physics
    physics.solver = solver
    return try Robot(model, physics: physics, solverSeed: 1)
  }

  /// Random controls, anew every 10 steps; each episode of 1,000 steps starts from the reference pose, so that the robot is
  /// seen standing, falling and lying.
  static func run(_ robot: Robot, from first: Int = 0, to last: Int = steps, random: inout RandomStream) {
    for step in first..<last {
      if step.isMultiple(of: 1000) { robot.place(JointConfiguration(reference: robot.model)) }
      if step.isMultiple(of: 10) { robot.setRandomControls(using: &random) }
      robot.step()
    }
  }

  static func hash(_ which: ShippedRobot, _ solver: PhysicsParameters.Solver) throws -> UInt64 {
    var random = RandomStream(seed: 42, purpose: .testing)
    let robot = try robot(which, solver)
    run(robot, random: &random)
    return robot.world.stateHash
  }

  /// State after 10,000 steps on this kind of processor (x86-64 with FMA) and ODE 0.16.2. They change when a model or the
  /// physics does; then see that the change was meant, and write the new ones down.
  static let knownStates: [String: UInt64] = [
    "pendulum direct": 0xadfa_ba76_d3ee_565c,
    "pendulum iterative(iterations: 20)": 0x694b_dcc7_ea9f_abb6,
    "cartpole direct": 0xa663_30d9_0afa_19e9,
    "cartpole iterative(iterations: 20)": 0x9c52_5e87_d677_7bc5,
    "humanoid direct": 0xda6d_0eaf_19bd_a49e,
    "humanoid iterative(iterations: 20)": 0x228a_706c_24f9_9b2f,
  ]

  @Test(
    "10,000 steps give the same bits twice, after a reset in place and after restoring",
    arguments: ShippedRobot.allCases, solvers)
  func repeats(which: ShippedRobot, solver: PhysicsParameters.Solver) throws {
    let expected = try Self.hash(which, solver)
    #expect(try Self.hash(which, solver) == expected)

    // In place: a robot with a past, put back to its start.
    let robot = try Self.robot(which, solver)
    let start = robot.world.saved()
    var random = RandomStream(seed: 1, purpose: .testing)
    Self.run(robot, to: 777, random: &random)
    robot.world.restore(start)
    random = RandomStream(seed: 42, purpose: .testing)
    Self.run(robot, random: &random)
    #expect(robot.world.stateHash == expected)

    // Restored: interrupted in the middle of everything, carried over to another world.
    random = RandomStream(seed: 42, purpose: .testing)
    let interrupted = try Self.robot(which, solver)
    Self.run(interrupted, to: 4320, random: &random)
    let data = try JSONEncoder().encode(interrupted.world.saved())
    let other = try Self.robot(which, solver)
    other.world.restore(try JSONDecoder().decode(WorldState.self, from: data))
    Self.run(other, from: 4320, random: &random)
    #expect(other.world.stateHash == expected)

    print("state | \(which.rawValue) | \(solver) | 0x\(String(expected, radix: 16))")
    if let known = Self.knownStates["\(which.rawValue) \(solver)"], Self.hasFusedArithmetic {
      #expect(expected == known)
    }
  }

  @Test("1, 2 and 4 threads give the same bits", arguments: ShippedRobot.allCases, solvers)
  func threads(which: ShippedRobot, solver: PhysicsParameters.Solver) throws {
    let expected = try Self.hash(which, solver)
    for count in [2, 4] {
      let hashes = Guarded([UInt64](repeating: 0, count: count))
      DispatchQueue.concurrentPerform(iterations: count) { index in
        if let hash = try? Self.hash(which, solver) { hashes.withLock { $0[index] = hash } }
      }
      #expect(hashes.withLock { $0 } == Array(repeating: expected, count: count))
    }
  }

  /// glibc chooses its sine and arc tangent by whether the processor has fused multiply–add.
  static let hasFusedArithmetic: Bool = {
    (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains(" fma ") ?? false
  }()
}
