import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseSimulation
import PoiseTraining

/// A robot and a task defined in code: a hopper on one leg. It covers what can go wrong: the iterative solver, contacts, a
/// joint at its stop, both learners.
enum CheckRobot {
  /// A free torso, a leg and a foot, each a box; two hinges with motors.
  static let model: RobotModel = {
    var physics = PhysicsParameters()
    physics.timeStep = 0.005
    physics.solver = .iterative(iterations: 20)
    let parts: [(name: String, height: Double, halfExtents: Vector3, mass: Double)] = [
      ("torso", 0.8, [0.15, 0.1, 0.1], 5), ("leg", -0.35, [0.03, 0.03, 0.25], 1),
      ("foot", -0.3, [0.12, 0.06, 0.03], 0.5),
    ]
    func joint(_ name: String, _ kind: RobotModel.Joint.Kind, _ body: Int, _ anchor: Vector3) -> RobotModel.Joint {
      RobotModel.Joint(
        name: name, kind: kind, body: body, anchor: anchor, axis: [0, 1, 0], range: kind == .hinge ? -0.7...0.7 : nil,
        damping: kind == .hinge ? 0.5 : 0, stiffness: 0, springReference: 0, armature: 0, reference: 0, line: 0)
    }
    func geometry(_ name: String, _ body: Int?, _ shape: Shape) -> RobotModel.Geometry {
      RobotModel.Geometry(
        name: name, body: body, shape: shape, pose: .identity, friction: 0.8, contactType: 1, contactAffinity: 1,
        color: [0.5, 0.5, 0.5, 1], line: 0)
    }
    return RobotModel(
      name: "hopper", files: ["the doctor's robot"], physics: physics,
      bodies: parts.enumerated().map { index, part in
        let (x, y, z) = (2 * part.halfExtents.x, 2 * part.halfExtents.y, 2 * part.halfExtents.z)
        let k = part.mass / 12
        return RobotModel.Body(
          name: part.name, parent: index == 0 ? nil : index - 1, pose: Pose(position: [0, 0, part.height]),
          inertia: .init(
            mass: part.mass, centerOfMass: .zero,
            tensor: Matrix3(diagonal: [k * (y * y + z * z), k * (x * x + z * z), k * (x * x + y * y)])), line: 0)
      },
      geometries: [geometry("ground", nil, .plane)]
        + parts.enumerated().map { geometry($1.name, $0, .box(halfExtents: $1.halfExtents)) },
      joints: [
        joint("root", .free, 0, .zero), joint("hip", .hinge, 1, [0, 0, 0.25]), joint("ankle", .hinge, 2, [0, 0, 0.03]),
      ],
      actuators: [1, 2].map {
        RobotModel.Actuator(
          name: "motor\($0)", joint: $0, law: .motor, gear: 20, controlRange: -1...1, forceRange: nil, line: 0)
      },
      excludedPairs: [], approximations: [])
  }()

  /// The hash of the world after 2,000 physics steps under random controls, redrawn every 10; reset to the start every 500.
  static func physicsFigure() throws -> UInt64 {
    var random = RandomStream(seed: 42, purpose: .testing)
    let robot = try Robot(model, solverSeed: 1)
    for step in 0..<2000 {
      if step.isMultiple(of: 500) { robot.place(JointConfiguration(reference: model)) }
      if step.isMultiple(of: 10) {
        for actuator in model.actuators.indices { robot.setControl(random.uniform(in: -1...1), of: actuator) }
      }
      robot.step()
    }
    return robot.world.stateHash
  }

  /// A standing task that states all hyperparameters that matter here, so that its figures do not depend on defaults.
  private static let task = """
    model: hopper
    uprightBody: torso
    episodeSeconds: 1
    observations: [projectedGravity, linearVelocity, jointPositions, jointVelocities: {scale: 0.1}]
    rewards: [alive, tilt]
    terminations: [tilt: {limit: 1}]
    reset: [noise: {position: 0.05, velocity: 0.05}, onGround]
    training: {algorithm: ALGORITHM}
    ppo: {worlds: 8, blockSize: 2, rolloutLength: 32, epochs: 4, minibatchSize: 64, scalesRewards: true}
    ddpg:
      {worlds: 4, blockSize: 1, reportInterval: 400, warmupSteps: 100, memoryCapacity: 2000, batchSize: 32, shards: 4,
      hiddenSizes: [32, 32], criticHiddenSizes: [32, 32], updatesPerStep: 0.5}
    """

  /// Digest of everything that four iterations of training report, and of the policy after them.
  ///
  /// - Parameter algorithm: an algorithm for which `task` has a section.
  static func trainingFigure(
    _ algorithm: String, threads: Int, instructionSet: InstructionSet
  ) throws -> String {
    let text = task.replacing("ALGORITHM", with: algorithm)
    let scenario = try LoadedScenario(Configured<Scenario>(yaml: text, file: "the doctor's task"), model: model)
    let pool = WorkerPool(threadCount: threads)
    let trainer = try scenario.makeTrainer(seed: 1, instructionSet: instructionSet, pool: pool)
    var bytes: [UInt8] = []
    for _ in 0..<4 {
      for metric in trainer.iterate(stepLimit: 1600).metrics {
        let bits = (metric.value ?? .nan).bitPattern
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
      }
    }
    for (_, tensor) in try trainer.policy.tensors().sorted(by: { $0.key < $1.key }) { bytes += tensor.bytes }
    return SHA256.hexadecimal(bytes)
  }
}
