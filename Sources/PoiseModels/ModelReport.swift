import Foundation
import PoiseCore
import PoiseSimulation

/// A report on a robot's model, as tables: physics, links, joints, actuators, approximations.
public struct ModelReport: Sendable {
  private let model: RobotModel
  private let linkage: Linkage

  /// A report on a model; `text` makes it.
  ///
  /// - Throws: `InvalidInput` if the model cannot be assembled.
  public init(_ model: RobotModel) throws {
    self.model = model
    linkage = try Linkage(model)
  }

  /// The report: sections with tables, separated by empty lines.
  public var text: String {
    [summary, physics, links, joints, actuators, approximations].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private var summary: String {
    let mass = linkage.links.reduce(0) { $0 + ($1.isIntermediate ? 0 : $1.inertia.mass) }
    let pairs = model.physics.isContactEnabled ? model.collidingPairs(linkage).count : 0
    return """
      \(model.name)  (\(model.files.joined(separator: ", ")))
        \(model.bodies.count) bodies on \(linkage.links.count) links, \(mass.rounded(significant: 4)) kg, \
      \(model.scalarJoints.count) joint coordinates, \(model.actuators.count) actuators, \
      \(model.geometries.count) shapes, \(pairs) pairs that may collide
      """
  }

  private var physics: String {
    let p = model.physics
    let solver =
      switch p.solver {
      case .direct: "direct (dWorldStep)"
      case .iterative(let iterations): "iterative (dWorldQuickStep), \(iterations) iterations"
      }
    var lines = [
      "physics",
      "  solver \(solver), step \((p.timeStep * 1000).rounded(significant: 4)) ms, "
        + "gravity \(p.gravity.x) \(p.gravity.y) \(p.gravity.z) m/s²",
      "  joints: error reduction \(p.errorReduction), softness \(p.constraintForceMixing), "
        + "limits \(p.limitErrorReduction)",
    ]
    lines.append(
      p.isContactEnabled
        ? "  contacts: \(p.contactStiffness) N/m, \(p.contactDamping) N·s/m, surface layer \(p.contactSurfaceLayer) m, "
          + "correcting velocity \(p.contactCorrectingVelocity) m/s"
        : "  contacts: off")
    return lines.joined(separator: "\n")
  }

  private var links: String {
    let rows = linkage.links.map { link -> [String] in
      let moments = link.inertia.tensor.eigenSystem().values
      let center = link.inertia.centerOfMass
      return [
        link.name + (link.isIntermediate ? " (intermediate)" : ""),
        link.parent.map { linkage.links[$0].name } ?? "world", link.connection.name,
        link.inertia.mass.rounded(significant: 4),
        [center.x, center.y, center.z].map { $0.rounded(significant: 3) }.joined(separator: " "),
        [moments.x, moments.y, moments.z].map { $0.rounded(significant: 3) }.joined(separator: " "),
      ]
    }
    let welded = model.bodies.indices.compactMap { body -> String? in
      let placement = linkage.placements[body]
      guard !linkage.links.contains(where: { $0.body == body }) else { return nil }
      return "  \(model.bodies[body].name) is welded to \(placement.link.map { linkage.links[$0].name } ?? "the world")"
    }
    return
      (["links"]
      + [
        TextTable(
          header: ["link", "on", "joint", "mass_kg", "centre_of_mass_m", "principal_inertia_kg_m2"], rows: rows
        ).text()
      ] + welded).joined(separator: "\n")
  }

  private var joints: String {
    let rows = model.joints.indices.map { index -> [String] in
      let joint = model.joints[index]
      let isAngle = joint.kind == .hinge
      func coordinate(_ x: Double) -> String {
        isAngle ? (x * 180 / .pi).rounded(significant: 4) + "°" : x.rounded(significant: 4) + " m"
      }
      let range = joint.range.map { "\(coordinate($0.lowerBound)) … \(coordinate($0.upperBound))" } ?? "–"
      let hasAxis = joint.kind == .hinge || joint.kind == .slide
      return [
        joint.name, joint.kind.rawValue, model.bodies[joint.body].name,
        hasAxis
          ? [joint.axis.x, joint.axis.y, joint.axis.z].map { $0.rounded(significant: 3) }.joined(separator: " ") : "–",
        range, joint.damping.rounded(significant: 3), joint.stiffness.rounded(significant: 3),
        joint.armature.rounded(significant: 3), joint.frictionLoss.rounded(significant: 3),
        hasAxis ? coordinate(joint.reference) : "–",
      ]
    }
    guard !rows.isEmpty else { return "" }
    return "joints\n"
      + TextTable(
        header: [
          "joint", "kind", "body", "axis", "range", "damping", "stiffness", "armature", "friction_loss", "reference",
        ],
        rows: rows
      ).text()
  }

  private var actuators: String {
    let rows = model.actuators.map { actuator -> [String] in
      let unit = model.joints[actuator.joint].kind == .slide ? "N" : "N·m"
      let law =
        switch actuator.law {
        case .motor: "motor"
        case .position(let gain, let damping): "position, kp \(gain), kv \(damping)"
        case .velocity(let gain): "velocity, kv \(gain)"
        }
      func text(_ range: ClosedRange<Double>?) -> String {
        range.map { "\($0.lowerBound.rounded(significant: 4)) … \($0.upperBound.rounded(significant: 4))" } ?? "–"
      }
      let limit = actuator.effortLimit.map { "\($0.rounded(significant: 4)) \(unit)" } ?? "–"
      return [
        actuator.name, model.joints[actuator.joint].name, law, text(actuator.controlRange),
        actuator.gear.rounded(significant: 4), text(actuator.forceRange), limit,
      ]
    }
    guard !rows.isEmpty else { return "" }
    return "actuators\n"
      + TextTable(
        header: ["actuator", "joint", "law", "control", "gear", "force_range", "limit"], rows: rows
      ).text()
  }

  private var approximations: String {
    guard !linkage.approximations.isEmpty else { return "" }
    return (["approximations"] + linkage.approximations.map { "  \($0)" }).joined(separator: "\n")
  }
}

extension RobotModel.Actuator {
  /// The largest torque (N·m) or force (N) that this actuator can exert; `nil` if nothing bounds it.
  public var effortLimit: Double? {
    func largest(_ range: ClosedRange<Double>) -> Double { max(abs(range.lowerBound), abs(range.upperBound)) }
    let bounds = [forceRange.map(largest), law == .motor ? controlRange.map(largest) : nil].compactMap { $0 }
    return bounds.min().map { abs(gear) * $0 }
  }

  /// Of its control: what the actuator exerts is the control times the gear where it is a motor.
  public func controlUnit(isHinge: Bool) -> String {
    switch law {
    case .motor:
      let unit = isHinge ? "N·m" : "N"
      return gear == 1 ? unit : "\(gear.rounded(significant: 6)) \(unit)"
    case .position: return isHinge ? "rad" : "m"
    case .velocity: return isHinge ? "rad/s" : "m/s"
    }
  }
}

extension RobotModel.Approximation: CustomStringConvertible {
  /// File, line, place and meaning in one line.
  public var description: String { "\(file):\(line): \(place): \(meaning)" }
}
