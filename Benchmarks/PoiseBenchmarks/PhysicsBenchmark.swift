import Dispatch
import Foundation
import PoiseCore
public import PoiseModels
public import PoiseSimulation

/// Physics steps per second of a robot, beside a plain C loop over the same ODE calls.
///
/// Both run the same number of steps from the same start under the same small torques, in turns, so that a noisy machine
/// disturbs both alike; the ratio is the median over the turns.
public struct PhysicsBenchmark: Sendable {
  public struct Result: Sendable {
    public var robot: String
    public var solver: String
    /// µs for each physics step, medians over the turns.
    public var ours: Double
    public var floor: Double
    /// floor ÷ ours of each turn, median: 1 is the speed of the C loop.
    public var ratio: Double
    /// Steps of two threads together ÷ steps of one in the same time, median.
    public var twoThreads: Double
    /// Contacts per step, ours and the floor's: they should be alike.
    public var contacts: (ours: Double, floor: Double)
  }

  public var turns = 15
  /// Seconds each side runs in a turn, about.
  public var secondsPerTurn = 0.1

  public init() {}

  public func run(_ model: RobotModel, solver: PhysicsParameters.Solver) throws -> Result {
    var physics = model.physics
    physics.solver = solver
    let robot = try Robot(model, physics: physics)
    let floor = PhysicsFloor(robot)
    let start = robot.world.saved()
    // A twentieth of the range: torques enough to move, not enough to fall within an episode.
    let controls = model.actuators.map { ($0.controlRange?.upperBound ?? 1) * 0.05 }
    for (actuator, control) in controls.enumerated() { robot.setControl(control, of: actuator) }
    var efforts = [Double](repeating: 0, count: robot.world.degreeCount)
    robot.step()
    for i in efforts.indices { efforts[i] = robot.world.efforts[i] }

    let stepsPerEpisode = 40
    var contacts = (ours: 0, floor: 0)
    func runOurs(_ episodes: Int) -> Double {
      seconds {
        for _ in 0..<episodes {
          robot.world.restore(start)
          robot.step(stepsPerEpisode)
        }
      }
    }
    func runFloor(_ episodes: Int) -> Double {
      seconds {
        for _ in 0..<episodes {
          floor.reset()
          floor.run(stepsPerEpisode, efforts: efforts)
        }
      }
    }
    // Contacts are counted outside the clock.
    robot.world.restore(start)
    for _ in 0..<stepsPerEpisode {
      robot.step()
      contacts.ours += robot.world.contactCount
    }
    floor.reset()
    let before = floor.contactTotal
    floor.run(stepsPerEpisode, efforts: efforts)
    contacts.floor = floor.contactTotal - before

    let warmUp = max(1e-9, runOurs(20)) / 20
    let episodes = max(1, Int(secondsPerTurn / warmUp))
    _ = runFloor(episodes)
    var ours: [Double] = []
    var floors: [Double] = []
    for turn in 0..<turns {
      // Who goes first changes from turn to turn.
      if turn.isMultiple(of: 2) {
        ours.append(runOurs(episodes))
        floors.append(runFloor(episodes))
      } else {
        floors.append(runFloor(episodes))
        ours.append(runOurs(episodes))
      }
    }
    let steps = Double(episodes * stepsPerEpisode)
    return Result(
      robot: model.name, solver: solver.label, ours: median(ours) / steps * 1e6, floor: median(floors) / steps * 1e6,
      ratio: median(zip(ours, floors).map { $1 / $0 }),
      twoThreads: try scaling(model, physics: physics, controls: controls, steps: Int(steps)),
      contacts: (
        Double(contacts.ours) / Double(stepsPerEpisode), Double(contacts.floor) / Double(stepsPerEpisode)
      ))
  }

  /// The same work on one thread and then twice, on two threads at once.
  private func scaling(
    _ model: RobotModel, physics: PhysicsParameters, controls: [Double], steps: Int
  ) throws -> Double {
    _ = try Robot(model, physics: physics)
    let work: @Sendable () -> Double = {
      guard let robot = try? Robot(model, physics: physics) else { return .nan }
      for (actuator, control) in controls.enumerated() { robot.setControl(control, of: actuator) }
      let start = robot.world.saved()
      return seconds {
        for _ in 0..<steps / 40 {
          robot.world.restore(start)
          robot.step(40)
        }
      }
    }
    var ratios: [Double] = []
    for _ in 0..<max(3, turns / 3) {
      let alone = work()
      let together = seconds { DispatchQueue.concurrentPerform(iterations: 2) { _ in _ = work() } }
      ratios.append(2 * alone / together)
    }
    return median(ratios)
  }
}

extension PhysicsParameters.Solver {
  var label: String {
    switch self {
    case .direct: "direct"
    case .iterative(let iterations): "iterative \(iterations)"
    }
  }
}

/// Wall time of `work` in seconds.
func seconds(_ work: () -> Void) -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  work()
  return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
