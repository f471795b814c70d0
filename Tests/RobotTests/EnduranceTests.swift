import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("Torques at their limits")
struct EnduranceTests {
  /// Physics steps of each robot; times POISE_TORTURE, so that 1000 makes ten million.
  private static let steps = 10_000

  /// All, or those that POISE_TORTURE_ROBOTS names.
  private static let robots = ShippedRobot.allCases.filter {
    ProcessInfo.processInfo.environment["POISE_TORTURE_ROBOTS"]?.split(separator: ",").contains(Substring($0.rawValue))
      ?? true
  }

  @Test("thrown from one limit to the other at random, never end the process; faults are counted", arguments: robots)
  func survives(which: ShippedRobot) throws {
    let robot = try Robot(which.model)
    var random = Torture.random(60)
    var (faults, falls) = (0, 0)
    var (worstSpeed, worstViolation) = (0.0, 0.0)
    let steps = Self.steps * Torture.factor
    var done = 0
    let time = processorTime {
      while done < steps {
        for (index, actuator) in robot.model.actuators.enumerated() {
          let range = actuator.controlRange ?? -1...1
          robot.setControl(random.uniform() < 0.5 ? range.lowerBound : range.upperBound, of: index)
        }
        // From bang-bang at the physics rate to a push that lasts a tenth of a second.
        let count = min(steps - done, 1 + random.index(below: 20))
        robot.step(count)
        done += count
        let configuration = robot.configuration()
        worstSpeed = max(worstSpeed, configuration.velocities.map { abs($0) }.max() ?? 0)
        for (q, joint) in zip(configuration.positions, robot.model.scalarJoints) {
          guard let limits = robot.linkage.limits[joint] else { continue }
          worstViolation = max(worstViolation, limits.lowerBound - q, q - limits.upperBound)
        }
        // Lying is a state like any other; now and then it stands up again.
        let isFault = robot.world.firstFault() != nil
        if isFault { faults += 1 }
        if isFault || random.index(below: 500) == 0 {
          falls += 1
          robot.place(JointConfiguration(reference: robot.model))
        }
      }
    }
    print(
      "endurance: \(which.rawValue): \(done) physics steps, \(time) of processor time, \(faults) faults, "
        + "\(falls) starts, fastest joint \(worstSpeed) rad/s or m/s, worst joint beyond its limit \(worstViolation)")
    #expect(robot.world.breakdown == nil && faults == 0)
    #expect(worstSpeed > 1 && worstSpeed < 1000)
  }
}
