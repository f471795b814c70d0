internal import CAllocationCounter
internal import Dispatch
internal import PoiseCore
public import PoiseModels
import PoiseSimulation
internal import PoiseSimulation

/// Physics steps of robots, each beside a plain C loop over the same ODE calls (`CPhysicsFloor`).
///
/// Both take the same number of steps from the same start under the same small torques, in turns. Times are processor time
/// of one thread; the row of two threads is wall time and needs an idle machine.
///
/// - Parameters:
///   - models: the robots; each is stepped with the direct solver and with 20 iterations.
///   - rounds: number of rounds of each measurement; medians are reported.
///   - roundSeconds: shortest length of a round, s.
public func physicsBenchmark(
  models: [RobotModel], rounds: Int = 15, roundSeconds: Double = 0.05
) throws -> BenchmarkReport {
  var report = BenchmarkReport(
    title: "physics", conditions: ["processor": processorName(), "threads": "1, but where it says two"])
  let stopwatch = Stopwatch(rounds: rounds, roundSeconds: roundSeconds)
  for model in models {
    for solver in [PhysicsParameters.Solver.direct, .iterative(iterations: 20)] {
      let work = try PhysicsWork(model, solver: solver)
      let name = "\(model.name), \(solver.label)"
      let times = stopwatch.measure([{ work.runOurs() }, { work.runFloor() }])
      let perStep = 1e6 / Double(PhysicsWork.steps)
      report.rows.append(
        .init(
          "\(name): physics step", times[0].median * perStep, "µs", floor: ("C loop", times[1].median * perStep),
          isBetterBelow: true))
      report.rows.append(
        .init(
          "\(name): allocations in \(PhysicsWork.steps) steps", allocations { work.runOurs() }, "",
          floor: ("C loop", allocations { work.runFloor() }), isBetterBelow: true))
      report.rows.append(
        .init("\(name): contacts per step", work.contacts.ours, "", floor: ("C loop", work.contacts.floor)))
      report.rows.append(
        .init("\(name): two threads ÷ one", try work.twoThreads(rounds: rounds / 3), "", floor: ("bar", 1.8)))
    }
  }
  return report
}

private func allocations(_ work: () -> Void) -> Double {
  guard ac_is_counting() else { return .nan }
  let before = ac_allocations()
  work()
  return Double(ac_allocations() - before)
}

/// The same work twice: by a robot, and by the floor.
private final class PhysicsWork {
  /// Physics steps of one run: 0.2 s of the humanoid, which is still standing then.
  static let steps = 40

  private let robot: Robot
  private let floor: PhysicsFloor
  private let start: WorldState
  private let efforts: [Double]
  private let model: RobotModel
  private let physics: PhysicsParameters
  /// Mean over a run.
  let contacts: (ours: Double, floor: Double)

  init(_ model: RobotModel, solver: PhysicsParameters.Solver) throws {
    var physics = model.physics
    physics.solver = solver
    let robot = try Self.driven(model, physics)
    let floor = PhysicsFloor(robot)
    let start = robot.world.saved()
    robot.step()
    efforts = robot.world.efforts
    robot.world.restore(start)
    var ours = 0
    for _ in 0..<Self.steps {
      robot.step()
      ours += robot.world.contactCount
    }
    floor.reset()
    floor.run(Self.steps, efforts: efforts)
    contacts = (Double(ours) / Double(Self.steps), Double(floor.contactTotal) / Double(Self.steps))
    (self.robot, self.floor, self.start, self.model, self.physics) = (robot, floor, start, model, physics)
  }

  /// A robot under a twentieth of its torques: enough to move, not enough to fall within a run.
  private static func driven(_ model: RobotModel, _ physics: PhysicsParameters) throws -> Robot {
    let robot = try Robot(model, physics: physics)
    for (index, actuator) in model.actuators.enumerated() {
      robot.setControl((actuator.controlRange?.upperBound ?? 1) * 0.05, of: index)
    }
    return robot
  }

  func runOurs() {
    robot.world.restore(start)
    robot.step(Self.steps)
  }

  func runFloor() {
    floor.reset()
    floor.run(Self.steps, efforts: efforts)
  }

  /// Steps of two threads together ÷ steps of one in the same wall time, median.
  func twoThreads(rounds: Int) throws -> Double {
    let (model, physics) = (model, physics)
    let runs = max(1, Int(0.1 / wallSeconds { for _ in 0..<50 { runOurs() } } * 50))
    let work: @Sendable () -> Void = {
      guard let robot = try? Self.driven(model, physics) else { return }
      let start = robot.world.saved()
      for _ in 0..<runs {
        robot.world.restore(start)
        robot.step(Self.steps)
      }
    }
    let ratios = (0..<max(3, rounds)).map { _ in
      let alone = wallSeconds(work)
      let together = wallSeconds { DispatchQueue.concurrentPerform(iterations: 2) { _ in work() } }
      return 2 * alone / together
    }
    return median(ratios)
  }
}

extension PhysicsParameters.Solver {
  /// "direct", or "20 iterations".
  var label: String {
    switch self {
    case .direct: "direct"
    case .iterative(let iterations): "\(iterations) iterations"
    }
  }
}
