import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
@testable import PoiseTasks
import Testing
import PoiseEnvironments

/// A humanoid that starts high in the air, so that nothing but gravity and pushes acts on the whole of it.
private func airborneTask() -> RobotTask {
  var task = RobotTask()
  task.episodeSeconds = 20
  var high = OnGroundReset()
  high.clearance = 5000
  task.reset = [Reset(high)]
  task.faults.speed = 1e4
  return task
}

@Suite("Pushes")
struct PushTests {
  @Test("come every 2–4 s, last 0.1 s, are horizontal, from all sides, with the stated impulse")
  func schedule() throws {
    var task = airborneTask()
    task.disturbances = [Disturbance(PushDisturbance())]
    let player = try Player(bind(task, to: "humanoid"), detail: .lean)
    let mass = player.environment.robot.world.totalMass
    var starts: [Int] = []
    var impulses: [Double] = []
    var azimuths: [Double] = []
    for _ in 0..<15 {
      player.reset()
      var last = 0
      var previous = Vector3.zero
      var length = 0
      while player.outcome.ending == .running {
        player.step(Array(repeating: 0, count: 16))
        let force = player.snapshot.pushForce
        #expect(force.z == 0)
        if force != .zero, previous == .zero {
          // The push acts during the step that ends now.
          starts.append(player.snapshot.step - 1 - last)
          last = player.snapshot.step - 1
          length = 0
        }
        if force != .zero { length += 1 }
        if force == .zero, previous != .zero {
          #expect(length == 5)
          impulses.append(previous.length * 0.1 / mass)
          azimuths.append(atan2(previous.y, previous.x))
        }
        previous = force
      }
    }
    #expect(starts.count > 60)
    #expect(starts.allSatisfy { (100...200).contains($0) }, "\(starts)")
    #expect(impulses.allSatisfy { (0.1 - 1e-9)...(0.35 + 1e-9) ~= $0 })
    #expect((impulses.min() ?? 1) < 0.13 && (impulses.max() ?? 0) > 0.32)
    for quadrant in 0..<4 {
      let low = -Double.pi + Double(quadrant) * .pi / 2
      #expect(azimuths.contains { $0 >= low && $0 < low + .pi / 2 })
    }
  }

  @Test("give the robot their impulse, at the centre of the torso")
  func impulse() throws {
    var task = airborneTask()
    var push = PushDisturbance()
    (push.interval, push.impulse, push.azimuth) = (0.2...0.2, 0.3...0.3, 0.5...0.5)
    task.disturbances = [Disturbance(push)]
    let player = try Player(bind(task, to: "humanoid"))
    player.reset()
    let world = player.environment.robot
    let mass = world.world.totalMass
    for _ in 0..<10 { player.step(Array(repeating: 0, count: 16)) }
    #expect(abs(world.world.linearMomentum.x) < 1e-9)
    for _ in 0..<5 { player.step(Array(repeating: 0, count: 16)) }
    let momentum = world.world.linearMomentum
    #expect(abs(momentum.x - 0.3 * mass * cos(0.5)) < 1e-6 && abs(momentum.y - 0.3 * mass * sin(0.5)) < 1e-6)
    // Pushed at its centre of mass, the torso alone would not turn; the pelvis and the arms that hang on it make it.
    let torque = world.world.angularMomentum(about: world.world.position(of: world.bodies[0]))
    #expect(abs(torque.z) < 0.5)
  }

  @Test("of training act on the learner alone; where none are named, the task's own do")
  func training() throws {
    var hard = PushDisturbance()
    (hard.interval, hard.impulse) = (0.2...0.2, 1...1)
    var task = airborneTask()
    task.episodeSeconds = 2
    func hardestPush(_ bound: BoundTask) throws -> Double {
      let player = try Player(bound, detail: .lean)
      player.reset()
      var hardest = 0.0
      while player.outcome.ending == .running {
        player.step(Array(repeating: 0, count: 16))
        hardest = max(hardest, player.snapshot.pushForce.length)
      }
      return hardest
    }
    task.trainingDisturbances = [Disturbance(hard)]
    let bound = try bind(task, to: "humanoid")
    #expect(try hardestPush(bound) == 0)
    let mass = try Player(bound, detail: .lean).environment.robot.world.totalMass
    #expect(abs(try hardestPush(bound.training) - mass / 0.1) < 1e-6)

    task.disturbances = [Disturbance(hard)]
    task.trainingDisturbances = nil
    #expect(try hardestPush(bind(task, to: "humanoid").training) > 0)
    hard.body = "tors"
    task.trainingDisturbances = [Disturbance(hard)]
    let error = #expect(throws: InvalidInput.self) { try bind(task, to: "humanoid") }
    #expect(error?.description.contains("trainingDisturbances.pushes.body") == true, "\(error?.description ?? "")")
  }

  @Test("are the same in every repetition and differ between environments")
  func repeats() throws {
    var task = airborneTask()
    task.disturbances = [Disturbance(PushDisturbance())]
    let bound = try bind(task, to: "humanoid")
    func forces(_ index: Int) throws -> [Vector3] {
      let player = try Player(bound, index: index, detail: .lean)
      player.reset()
      return (0..<300).map { _ in
        player.step(Array(repeating: 0, count: 16))
        return player.snapshot.pushForce
      }
    }
    let first = try forces(0)
    let again = try forces(0)
    let other = try forces(1)
    #expect(first == again && first != other)
  }
}

@Suite("Randomisation")
struct RandomisationTests {
  private func player(_ change: (inout Randomisation) -> Void, model: String = "humanoid") throws -> Player {
    var task = RobotTask()
    task.controlTimeStep = model == "pendulum" ? 0.05 : 0.02
    change(&task.randomisation)
    return try Player(bind(task, to: model))
  }

  @Test("of masses: each link on its own, within the range, and gone where the range is 1")
  func masses() throws {
    let player = try player { $0.mass = 0.8...1.2 }
    player.reset()
    let world = player.environment.robot
    let scales = world.bodies.map { world.world.massScale(of: $0) }
    #expect(scales.allSatisfy { (0.8...1.2).contains($0) } && Set(scales).count == scales.count)
    #expect(scales == player.environment.drawn.massScales)
    player.reset()
    #expect(world.bodies.map { world.world.massScale(of: $0) } != scales)
  }

  @Test("of friction, motor strength and gravity")
  func others() throws {
    let friction = try player { $0.friction = 0.5...0.5 }
    friction.reset()
    #expect(friction.environment.robot.world.frictionScale == 0.5)

    let strength = try player({ $0.motorStrength = 1.3...1.3 }, model: "pendulum")
    strength.reset()
    strength.step([0.5])
    #expect(abs(strength.snapshot.efforts[0] - 1.3) < 1e-12)

    let tilted = try player { $0.gravityTilt = 0.1...0.1 }
    tilted.reset()
    let gravity = tilted.environment.robot.world.gravity
    #expect(abs(gravity.length - 9.81) < 1e-9 && abs(acos(-gravity.z / 9.81) - 0.1) < 1e-9)
    #expect(abs(tilted.snapshot.gravityDirection.length - 1) < 1e-12)
    let first = gravity
    tilted.reset()
    #expect(tilted.environment.robot.world.gravity != first)
  }

  @Test("of sensor noise: a factor on the noise of the observations, allowed for in their bounds")
  func sensorNoise() throws {
    var shaping = ObservationShaping()
    shaping.noise = 0.01
    var task = RobotTask()
    task.observations = [Observation(ProjectedGravityObservation(), shaping: shaping)]
    task.randomisation.sensorNoise = 0...3
    let bound = try bind(task, to: "humanoid")
    #expect(abs(bound.observationSpace.elements[0].upperBound - (1 + 3 * 0.0667)) < 1e-12)
    let player = try Player(bound)
    var factors: [Double] = []
    for _ in 0..<50 {
      player.reset()
      factors.append(player.environment.drawn.sensorNoise)
    }
    #expect(factors.allSatisfy { (0...3).contains($0) } && Set(factors).count == 50)
  }

  @Test("of action delay: a late action has the effect of the same action given later, to the physics step")
  func delay() throws {
    // Cart-pole: 4 physics steps of 5 ms. 30 ms is one control step and two physics steps.
    let late = try player({ $0.actionDelay = 0.03...0.03 }, model: "cartpole")
    late.reset()
    #expect(late.environment.drawn.delaySteps == 6)
    let actions: [Float] = [1, -0.5, 0.25, 0, 0.8, -1]
    var efforts: [Double] = []
    for action in actions {
      late.step([action])
      efforts.append(late.snapshot.efforts[0])
    }
    // Control step k sees two physics steps of the action of k − 2 and two of that of k − 1.
    let padded: [Double] = [0, 0] + actions.map { Double($0) }
    for k in actions.indices {
      #expect(abs(efforts[k] - 10 * (padded[k] + padded[k + 1]) / 2) < 1e-12, "step \(k): \(efforts)")
    }
  }
}
