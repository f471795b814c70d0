import Foundation
public import PoiseCore
import PoiseEnvironments

/// Observes the positions of joints, rad or m.
public struct JointPositionsObservation: ObservationTerm {
  /// How an angle is written: as itself in rad, or as its cosine and sine.
  public enum Encoding: String, CaseIterable, Sendable { case angle, sineCosine }

  /// Names of the observed hinges and slides, in this order; empty for all.
  public var joints: [String] = []
  /// How the angles of hinges are written; slides are always in m.
  public var encoding = Encoding.angle
  public init() {}

  public static let termName = "jointPositions"
  public static let documentation = "Angles of hinges (rad) and positions of slides (m)."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints, "Which ones, in this order; [] for all."),
    .key(
      "encoding", \.encoding, .choice,
      "angle: the angle itself, which counts turns; sineCosine: cos θ and sin θ of each hinge, which are the same after every turn."
    ),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let joints = binder.joints(joints)
    let isEncoded = encoding == .sineCosine
    let elements = joints.flatMap { joint -> [Space.Element] in
      guard isEncoded, joint.isAngle else {
        return [Space.Element(name: joint.name, unit: joint.positionUnit, bounds: joint.positionBounds)]
      }
      return ["cosine", "sine"].map { Space.Element(name: "\(joint.name)_\($0)", bounds: -1...1) }
    }
    let entries = joints.map { (index: $0.index, isEncoded: isEncoded && $0.isAngle) }
    return BoundObservation(elements) { transition, output in
      for entry in entries {
        let q = transition.after.jointPositions[entry.index]
        guard entry.isEncoded else {
          output.append(q)
          continue
        }
        output.append(cos(q))
        output.append(sin(q))
      }
    }
  }
}

/// Observes the velocities of joints, rad/s or m/s.
public struct JointVelocitiesObservation: ObservationTerm {
  /// Names of the observed hinges and slides, in this order; empty for all.
  public var joints: [String] = []
  public init() {}

  public static let termName = "jointVelocities"
  public static let documentation = "Rates of hinges (rad/s) and slides (m/s)."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints, "Which ones, in this order; [] for all.")
  ]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let joints = binder.joints(joints)
    let elements = joints.map {
      Space.Element(name: "\($0.name)_velocity", unit: $0.velocityUnit, bounds: $0.velocityBounds)
    }
    let indices = joints.map(\.index)
    return BoundObservation(elements) { transition, output in
      for index in indices { output.append(transition.after.jointVelocities[index]) }
    }
  }
}

extension ConfigurationKey {
  /// The key `joints` of a term that reads some hinges and slides.
  static func joints(
    _ property: any WritableKeyPath<Root, [String]> & Sendable, _ which: String = "Which ones; [] for all."
  ) -> Self {
    .key("joints", property, .list(of: .text("the name of a hinge or slide")), which)
  }
}
