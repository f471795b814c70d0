import PoiseCore
import PoiseSimulation

/// The actuators of a robot: their controls, and the efforts that they exert on the world in each physics step.
struct ActuatorDrives {
  /// The data of each actuator that a physics step needs, [actuators].
  var drives: [Drive]
  /// Whether some are servos of the world: position and velocity actuators.
  private let hasWorldServos: Bool
  private var isHolding = false
  /// Coordinates of the world as `readJoints` last found them, [degrees of freedom].
  private(set) var positions: [Double]
  private(set) var velocities: [Double]
  /// Sum of each actuator's torque or force over the physics steps since `clearEffortSums`, [actuators].
  private(set) var effortSums: [Double]
  private(set) var effortSteps = 0

  struct Drive {
    var law: RobotModel.Actuator.Law
    var degree: Int
    /// Which of the world's servos it is, for position and velocity actuators.
    var worldServo: Int?
    var gear: Double
    var controlRange: ClosedRange<Double>?
    var forceRange: ClosedRange<Double>?
    var control = 0.0
    /// Factor on the force, for actuators that are stronger or weaker than in the model.
    var strength = 1.0
    var servo: ActuatorServo?
  }

  /// - Parameter degreeCount: coordinates of the world.
  init(_ drives: [Drive], degreeCount: Int) {
    positions = Array(repeating: 0, count: degreeCount)
    velocities = positions
    effortSums = Array(repeating: 0, count: drives.count)
    hasWorldServos = drives.contains { $0.worldServo != nil }
    self.drives = drives
  }

  /// Takes `count` physics steps: one exclusive access of the world and the drives for all of them.
  mutating func step(_ world: inout World, _ count: Int) {
    for _ in 0..<count {
      updateEfforts(of: &world)
      world.step()
      if hasWorldServos { sumServoEfforts(in: world) }
    }
  }

  mutating func setControl(_ value: Double, of actuator: Int) {
    let range = drives[actuator].controlRange
    drives[actuator].control = range.map { min($0.upperBound, max($0.lowerBound, value)) } ?? value
    if isHolding { setServo(nil, of: actuator) }
  }

  mutating func setControls(_ control: (_ actuator: Int) -> Double) {
    for i in drives.indices { setControl(control(i), of: i) }
  }

  mutating func setStrength(_ strength: Double, of actuator: Int) { drives[actuator].strength = strength }

  mutating func setServo(_ servo: ActuatorServo?, of actuator: Int) {
    drives[actuator].servo = servo
    isHolding = drives.contains { $0.servo != nil }
  }

  mutating func clearEffortSums() {
    for i in effortSums.indices { effortSums[i] = 0 }
    effortSteps = 0
  }

  /// Updates `positions` and `velocities`.
  mutating func readJoints(_ world: borrowing World) {
    world.readJoints(positions: &positions, velocities: &velocities)
  }

  private mutating func updateEfforts(of world: inout World) {
    if isHolding { readJoints(world) }
    for i in world.efforts.indices { world.efforts[i] = 0 }
    for i in drives.indices {
      if let servo = drives[i].worldServo {
        world.servos[servo] = drives[i].servo == nil ? worldServo(of: i) : CoordinateServo()
        if drives[i].servo == nil { continue }
      }
      let effort = effort(of: i)
      world.efforts[drives[i].degree] += effort
      effortSums[i] += effort
    }
    effortSteps += 1
  }

  /// force = gear · clamp(law), times the strength, as a function of the joint's coordinate.
  private func worldServo(of actuator: Int) -> CoordinateServo {
    let drive = drives[actuator]
    let factor = drive.strength * drive.gear
    let range = drive.forceRange.map {
      min(factor * $0.lowerBound, factor * $0.upperBound)...max(factor * $0.lowerBound, factor * $0.upperBound)
    }
    switch drive.law {
    case .motor: preconditionFailure("a motor is not a servo")
    case .position(let gain, let damping):
      return CoordinateServo(
        stiffness: factor * drive.gear * gain, damping: factor * drive.gear * damping,
        offset: factor * gain * drive.control, range: range)
    case .velocity(let gain):
      return CoordinateServo(damping: factor * drive.gear * gain, offset: factor * gain * drive.control, range: range)
    }
  }

  /// Adds the efforts of the world's servos in the last step, which follow from the coordinates after it.
  private mutating func sumServoEfforts(in world: borrowing World) {
    readJoints(world)
    for i in drives.indices {
      guard let servo = drives[i].worldServo, drives[i].servo == nil else { continue }
      let degree = drives[i].degree
      effortSums[i] += world.servos[servo].effort(position: positions[degree], velocity: velocities[degree])
    }
  }

  /// The effort of one actuator, N·m or N, from its control or its servo, at `positions` and `velocities`.
  @inline(__always) private func effort(of actuator: Int) -> Double {
    let drive = drives[actuator]
    var force = drive.control
    if let servo = drive.servo {
      // The servo asks for a torque; the actuator gives it within the range of its control.
      let wanted = servo.stiffness * (servo.target - positions[drive.degree]) - servo.damping * velocities[drive.degree]
      force = wanted / drive.gear
      if case .motor = drive.law, let range = drive.controlRange {
        force = min(range.upperBound, max(range.lowerBound, force))
      }
    }
    if let range = drive.forceRange { force = min(range.upperBound, max(range.lowerBound, force)) }
    return drive.strength * drive.gear * force
  }
}
