import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

/// Trees of Golden/random_trees.py, random robots with every kind of joint, and robots of foreign_variants.py, which go to extremes; and how
/// MuJoCo moves them.
struct RandomTrees: Decodable {
  var seconds: Double
  var trees: [Tree]

  struct Tree: Decodable {
    var seed: Int
    var xml: String
    /// MuJoCo's coordinates: qpos, qvel, ctrl and qacc.
    var positions, velocities, controls, accelerations: [Double]
    var laterPositions, laterVelocities: [Double]
  }

  /// The file that POISE_RANDOM_TREES names, or the short ones that are kept.
  static let files: [String] =
    ProcessInfo.processInfo.environment["POISE_RANDOM_TREES"].map { [$0] } ?? [
      "random_trees.json", "foreign_variants.json",
    ]

  static func load(_ file: String) throws -> RandomTrees {
    let kept = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Golden", isDirectory: true)
    return try JSONDecoder().decode(
      RandomTrees.self, from: Data(contentsOf: URL(fileURLWithPath: file, relativeTo: kept)))
  }
}

extension RandomTrees.Tree {
  func model(in folder: TemporaryFolder, timeStep: Double) throws -> RobotModel {
    var model = try RobotModel(contentsOf: folder.write(xml.utf8, to: "tree.xml"))
    model.physics.timeStep = timeStep
    // A softness of c gives way by c · F in the first step, an acceleration of c · F/h: 0.1 m/s² of 100 N by steps of 10 µs.
    model.physics.constraintForceMixing = 1e-13
    return model
  }

  /// A robot at the start, under the controls.
  func robot(_ model: RobotModel) throws -> Robot {
    let robot = try Robot(model)
    robot.place(configuration(model, positions, velocities))
    for (actuator, control) in controls.enumerated() { robot.setControl(control, of: actuator) }
    return robot
  }

  private func configuration(_ model: RobotModel, _ q: [Double], _ v: [Double]) -> JointConfiguration {
    var result = JointConfiguration(reference: model)
    var (scalar, free, ball, p, u) = (0, 0, 0, 0, 0)
    func vector(_ values: [Double], _ start: Int) -> Vector3 { [values[start], values[start + 1], values[start + 2]] }
    func turn(_ start: Int) -> Quaternion {
      Quaternion(w: q[start], x: q[start + 1], y: q[start + 2], z: q[start + 3]).normalized
    }
    for joint in model.joints {
      switch joint.kind {
      case .hinge, .slide:
        (result.positions[scalar], result.velocities[scalar]) = (q[p], v[u])
        scalar += 1
      case .ball:
        (result.ballOrientations[ball], result.ballVelocities[ball]) = (turn(p), vector(v, u))
        ball += 1
      case .free:
        let orientation = turn(p + 3)
        result.freePoses[free] = Pose(position: vector(q, p), orientation: orientation)
        result.freeVelocities[free] = (vector(v, u), orientation.rotate(vector(v, u + 3)))
        free += 1
      }
      p += joint.kind.positionCount
      u += joint.kind.velocityCount
    }
    return result
  }
}

extension Robot {
  /// Velocities in MuJoCo's coordinates.
  fileprivate var generalizedVelocities: [Double] {
    let now = configuration()
    var (scalar, free, ball) = (0, 0, 0)
    return model.joints.flatMap { joint -> [Double] in
      func numbers(_ v: Vector3) -> [Double] { [v.x, v.y, v.z] }
      switch joint.kind {
      case .hinge, .slide:
        scalar += 1
        return [now.velocities[scalar - 1]]
      case .ball:
        ball += 1
        return numbers(now.ballVelocities[ball - 1])
      case .free:
        free += 1
        let (pose, velocity) = (now.freePoses[free - 1], now.freeVelocities[free - 1])
        return numbers(velocity.linear) + numbers(pose.orientation.conjugate.rotate(velocity.angular))
      }
    }
  }
}

@Suite("Random trees move as in MuJoCo")
struct RandomTreeTests {
  /// ODE's velocities obey the joints where the bodies were a step before, and take back a share of the joints' errors, which grow from none to
  /// what they stay at in the first steps. So an acceleration is the difference of two velocities 80 µs after the start; twice that at half the
  /// step less that at the whole one is free of the first power of the step.
  private func accelerations(_ tree: RandomTrees.Tree, _ folder: TemporaryFolder) throws -> [Double] {
    func mean(_ h: Double) throws -> [Double] {
      let robot = try tree.robot(tree.model(in: folder, timeStep: h))
      robot.step(Int((80e-6 / h).rounded()))
      let before = robot.generalizedVelocities
      robot.step()
      return zip(robot.generalizedVelocities, before).map { ($0 - $1) / h }
    }
    return zip(try mean(2e-6), try mean(1e-6)).map { 2 * $1 - $0 }
  }

  /// Errors are shares of the tree's fastest coordinate.
  @Test("they accelerate alike: all within 0.05 %, the median within 0.001 %", arguments: RandomTrees.files)
  func accelerate(_ file: String) throws {
    let folder = try TemporaryFolder()
    var errors: [(error: Double, seed: Int)] = []
    for tree in try RandomTrees.load(file).trees {
      let found = try accelerations(tree, folder)
      errors.append((relativeDifference(found, tree.accelerations), tree.seed))
    }
    report("accelerations", errors)
    #expect(errors.allSatisfy { $0.error < 5e-4 }, "\(errors.filter { !($0.error < 5e-4) })")
    #expect(quantile(errors.map(\.error), 0.5) < 1e-5)
  }

  @Test(
    "after 0.2 s they move as in MuJoCo: the median within 0.1 % of the speed by steps of 0.1 ms, and nearly all within 1 % as steps get smaller",
    arguments: RandomTrees.files)
  func move(_ file: String) throws {
    let folder = try TemporaryFolder()
    let golden = try RandomTrees.load(file)
    var plain: [(error: Double, seed: Int)] = []
    var converged: [(error: Double, seed: Int)] = []
    for tree in golden.trees where !tree.laterVelocities.isEmpty {
      // Errors are shares of the fastest coordinate's speed on the way, for at the end it may just be turning back.
      var speed = (tree.velocities + tree.laterVelocities).map(abs).max() ?? 0
      func velocities(_ h: Double) throws -> [Double] {
        let robot = try tree.robot(tree.model(in: folder, timeStep: h))
        let looks = 40
        for _ in 0..<looks {
          robot.step(Int((golden.seconds / h / Double(looks)).rounded()))
          speed = max(speed, robot.generalizedVelocities.map(abs).max() ?? 0)
        }
        return robot.generalizedVelocities
      }
      func error(_ found: [Double]) -> Double {
        // Not a number must not pass as small.
        guard found.allSatisfy(\.isFinite) else { return .infinity }
        return (zip(found, tree.laterVelocities).map { abs($0 - $1) }.max() ?? 0) / speed
      }
      let (whole, half) = (try velocities(1e-4), try velocities(5e-5))
      plain.append((error(whole), tree.seed))
      // Implicit dampers and ODE's straight lines cost the first power of the step.
      converged.append((error(zip(whole, half).map { 2 * $1 - $0 }), tree.seed))
    }
    guard !plain.isEmpty else { return }
    report("velocities after 0.2 s by 0.1 ms", plain)
    report("velocities after 0.2 s, extrapolated", converged)
    #expect(quantile(plain.map(\.error), 0.5) < 1e-3)
    #expect(quantile(converged.map(\.error), 0.5) < 1e-4)
    #expect(quantile(converged.map(\.error), 0.95) < 0.01)
  }

  private func report(_ quantity: String, _ errors: [(error: Double, seed: Int)]) {
    let sorted = errors.map(\.error).sorted()
    let worst = errors.max { $0.error < $1.error }
    print(
      "random trees | \(quantity) | \(sorted.count) trees: median \(quantile(sorted, 0.5)), 99 % below \(quantile(sorted, 0.99)), "
        + "worst \(worst?.error ?? 0) (seed \(worst?.seed ?? 0))")
    for (error, seed) in errors.sorted(by: { $0.error > $1.error }) where error > 0.01 {
      print("random trees |   \(quantity): seed \(seed), \(error)")
    }
  }

  private func quantile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    return sorted[Int(share * Double(sorted.count - 1))]
  }
}
