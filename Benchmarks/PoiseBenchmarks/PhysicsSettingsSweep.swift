internal import PoiseCore
import PoiseCore
public import PoiseModels
import PoiseSimulation
internal import PoiseSimulation

/// Cost and accuracy of a robot's physics under other settings than the shipped ones.
///
/// The speeds are control steps of 20 ms in a held stand, processor time of one thread, all settings in turns; ratios
/// are relative to the shipped setting. Four errors follow from laws of physics without a reference, and one is
/// relative to the direct solver with steps of half a millisecond. A setting may ship if `Tests/RobotTests` pass with
/// it; the bounds here are the same.
///
/// - Parameters:
///   - model: a robot with one free body, whose feet are bodies named `…_foot` with a box each.
///   - rounds: number of rounds of each measurement; medians are reported.
///   - roundSeconds: shortest length of a round, s.
public func physicsSettingsSweep(
  _ model: RobotModel, rounds: Int = 9, roundSeconds: Double = 0.05
) throws -> BenchmarkReport {
  let settings = PhysicsSetting.all(of: model)
  let trials = try settings.map { try PhysicsSettingTrial($0) }
  let times = Stopwatch(rounds: rounds, roundSeconds: roundSeconds).measure(trials.map { trial in { trial.stand() } })
  let reference = try PhysicsSetting(model, "the reference") {
    $0.physics.solver = .direct
    $0.physics.timeStep = 0.0005
  }.heldStand(turned: 0)

  var report = BenchmarkReport(
    title: "physics settings of \(model.name)",
    conditions: ["processor": processorName(), "threads": "1", "control step": "20 ms"])
  let perStep = 1e6 / Double(PhysicsSettingTrial.controlSteps)
  for (setting, time) in zip(settings, times) {
    let stand = try setting.heldStand(turned: 0)
    // An iterative solver's error varies randomly from scene to scene.
    let apart = try (1...12).map { distance(stand, try setting.heldStand(turned: Double($0) * .pi / 24)) }
    func row(_ name: String, _ value: Double, _ unit: String, bar: Double) -> BenchmarkReport.Row {
      .init("\(setting.name): \(name)", value, unit, floor: ("bar", bar), isBetterBelow: true)
    }
    report.rows += [
      .init(
        "\(setting.name): control step", time.median * perStep, "µs", floor: ("shipped", times[0].median * perStep),
        isBetterBelow: true),
      row("torso in a scene turned by 45°", apart[5] * 1000, "mm", bar: 5),
      row("torso in the worst of 12 turned scenes", (apart.max() ?? .infinity) * 1000, "mm", bar: 5),
      .init("\(setting.name): torso from the reference", distance(stand, reference) * 1000, "mm"),
      row("contact force less weight", try setting.weightError() * 100, "%", bar: 1),
      row("worst joint past its limit", try setting.limitViolation() * 180 / .pi, "°", bar: 5),
      .init("\(setting.name): deepest contact of a stand", try setting.penetration() * 1000, "mm"),
    ]
  }
  return report
}

/// The largest distance between two tracks of a point, m.
private func distance(_ a: [Vector3], _ b: [Vector3]) -> Double {
  zip(a, b).map { ($0 - $1).length }.max() ?? .infinity
}

/// One way of simulating a robot.
private struct PhysicsSetting {
  let name: String
  let model: RobotModel
  /// Damping of each actuated joint that acts explicitly, with the last step's velocities, N·m·s/rad; `nil` for none.
  var explicitDamping: [Double]?

  init(_ model: RobotModel, _ name: String, edit: (inout RobotModel) -> Void = { _ in }) {
    var model = model
    edit(&model)
    (self.model, self.name) = (model, name)
  }

  /// The shipped one first, then others that each differ from it in one thing.
  static func all(of model: RobotModel) -> [Self] {
    var settings = [Self(model, "shipped")]
    for iterations in [5, 8, 10, 12, 14, 15, 17, 18, 20, 25, 30, 50] {
      settings.append(
        Self(model, "\(iterations) iterations") { $0.physics.solver = .iterative(iterations: iterations) })
    }
    settings.append(Self(model, "direct solver") { $0.physics.solver = .direct })
    for (steps, iterations) in [(2, 16), (2, 32), (3, 16), (3, 22), (5, 16), (8, 8), (8, 16)] {
      settings.append(
        Self(model, "\(steps) physics steps, \(iterations) iterations") {
          $0.physics.timeStep = 0.02 / Double(steps)
          $0.physics.solver = .iterative(iterations: iterations)
        })
    }
    settings.append(Self(model, "no damping") { for i in $0.joints.indices { $0.joints[i].damping = 0 } })
    var explicit = Self(model, "damping as a torque") { for i in $0.joints.indices { $0.joints[i].damping = 0 } }
    explicit.explicitDamping = model.actuators.map { model.joints[$0.joint].damping }
    settings.append(explicit)
    settings.append(
      Self(model, "only feet and floor collide") { model in
        for i in model.geometries.indices {
          guard let body = model.geometries[i].body, !model.bodies[body].name.hasSuffix("_foot") else { continue }
          (model.geometries[i].contactType, model.geometries[i].contactAffinity) = (0, 0)
        }
      })
    let feet: [(name: String, pieces: Pieces)] = [
      ("a box", { [(.box(halfExtents: $0), .identity)] }), ("two capsules", capsules),
      ("four spheres", spheres([[1, 1], [1, -1], [-1, 1], [-1, -1]])),
      ("three spheres", spheres([[1, 1], [1, -1], [-1, 0]])),
    ]
    for foot in feet {
      settings.append(Self(model, "feet of \(foot.name)") { replaceFeet(&$0, by: foot.pieces) })
      for iterations in [12, 14, 20] {
        settings.append(
          Self(model, "feet of \(foot.name), \(iterations) iterations") {
            replaceFeet(&$0, by: foot.pieces)
            $0.physics.solver = .iterative(iterations: iterations)
          })
      }
    }
    return settings
  }

  // MARK: Feet

  private typealias Pieces = (_ box: SIMD3<Double>) -> [(shape: Shape, pose: Pose)]
  private static let radius = 0.01

  /// Along both edges of the sole, over its length.
  private static func capsules(_ box: SIMD3<Double>) -> [(shape: Shape, pose: Pose)] {
    [1.0, -1].map { side in
      (
        .capsule(radius: radius, halfLength: box.x - radius),
        Pose(
          position: [0, side * (box.y - radius), radius - box.z],
          orientation: Quaternion(angle: .pi / 2, axis: [0, 1, 0]))
      )
    }
  }

  private static func spheres(_ corners: [SIMD2<Double>]) -> Pieces {
    { box in
      corners.map {
        (
          .sphere(radius: radius),
          Pose(position: [$0.x * (box.x - radius), $0.y * (box.y - radius), radius - box.z])
        )
      }
    }
  }

  /// Replaces the shapes of both feet by others, which collide with everything and have no mass.
  private static func replaceFeet(_ model: inout RobotModel, by pieces: Pieces) {
    let feet = Set(model.bodies.indices.filter { model.bodies[$0].name.hasSuffix("_foot") })
    model.geometries = model.geometries.flatMap { geometry -> [RobotModel.Geometry] in
      guard let body = geometry.body, feet.contains(body) else { return [geometry] }
      guard case .box(let box) = geometry.shape else { return [] }
      return pieces(box).enumerated().map { index, piece in
        var part = geometry
        part.name += index == 0 ? "" : "_\(index)"
        part.shape = piece.shape
        part.pose = geometry.pose * piece.pose
        (part.contactType, part.contactAffinity) = (1, 3)
        return part
      }
    }
  }

  // MARK: Trials

  /// - Parameter isHeld: whether servos hold the reference pose, as `Tests/RobotTests` do.
  func robot(isHeld: Bool = false, isFloating: Bool = false) throws -> Robot {
    var physics = model.physics
    if isFloating { (physics.gravity, physics.isContactEnabled) = (.zero, false) }
    let robot = try Robot(model, physics: physics)
    for (index, actuator) in model.actuators.enumerated() {
      let limit = abs(actuator.gear)
      let extra = explicitDamping?[index] ?? 0
      if isHeld {
        robot.setServo(.init(target: 0, stiffness: 4 * limit, damping: 0.05 * limit + extra), of: index)
      } else if extra > 0 {
        robot.setServo(.init(target: 0, stiffness: 0, damping: extra), of: index)
      }
    }
    return robot
  }

  func physicsSteps(in seconds: Double) -> Int { Int((seconds / model.physics.timeStep).rounded()) }

  /// Position of the torso every 0.1 s for 3 s, with a push after the first second, in a scene rotated about the vertical.
  func heldStand(turned angle: Double) throws -> [Vector3] {
    let robot = try robot(isHeld: true)
    let turn = Quaternion(angle: angle, axis: [0, 0, 1])
    var start = robot.configuration()
    start.freePoses[0] = Pose(orientation: turn) * start.freePoses[0]
    robot.place(start)
    return (0..<30).map { tenth in
      robot.world.setExternalForce(on: robot.bodies[0], force: tenth == 10 ? turn.rotate([25, 15, 0]) : .zero)
      robot.step(physicsSteps(in: 0.1))
      return turn.conjugate.rotate(robot.pose(ofBody: 0).position)
    }
  }

  /// Relative difference between the contact forces of a lying robot and its weight.
  func weightError() throws -> Double {
    let robot = try robot()
    robot.step(physicsSteps(in: 8))
    let steps = physicsSteps(in: 2)
    var sum = 0.0
    for _ in 0..<steps {
      robot.step()
      for contact in robot.world.contacts where robot.world.body(of: contact.second) == nil { sum += contact.force.z }
    }
    let mass = robot.linkage.links.reduce(0) { $0 + $1.inertia.mass }
    return abs(sum / Double(steps) / (mass * -model.physics.gravity.z) - 1)
  }

  /// The largest angle by which a joint's own full torque drives it past its range in 1 s, rad.
  func limitViolation() throws -> Double {
    var worst = 0.0
    for sign in [1.0, -1.0] {
      for actuator in model.actuators.indices {
        let robot = try robot(isFloating: true)
        robot.setServo(nil, of: actuator)
        robot.setControl(sign, of: actuator)
        for _ in 0..<physicsSteps(in: 1) {
          robot.step()
          for (position, joint) in zip(robot.configuration().positions, model.scalarJoints) {
            guard let range = robot.linkage.limits[joint] else { continue }
            worst = max(worst, range.lowerBound - position, position - range.upperBound)
          }
        }
      }
    }
    return worst
  }

  /// Depth of the deepest contact of a held stand after the first second, m.
  func penetration() throws -> Double {
    let robot = try robot(isHeld: true)
    robot.step(physicsSteps(in: 1))
    var worst = 0.0
    for _ in 0..<physicsSteps(in: 1) {
      robot.step()
      for contact in robot.world.contacts { worst = max(worst, contact.depth) }
    }
    return worst
  }
}

/// A held stand for timing: always the same second from the same start.
private final class PhysicsSettingTrial {
  static let controlSteps = 25
  private let robot: Robot
  private let start: WorldState
  private let physicsSteps: Int

  init(_ setting: PhysicsSetting) throws {
    robot = try setting.robot(isHeld: true)
    physicsSteps = setting.physicsSteps(in: 0.02)
    // On its feet, not just above the floor.
    robot.step(setting.physicsSteps(in: 0.2))
    start = robot.world.saved()
  }

  func stand() {
    robot.world.restore(start)
    for _ in 0..<Self.controlSteps { robot.step(physicsSteps) }
  }
}
