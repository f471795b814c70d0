import PoiseCore

/// What a world knows of one of its bodies beside the state, which ODE keeps.
struct BodyRecord {
  let frame: BodyFrame
  /// m from the origin, body's axes.
  let centerOfMass: Vector3
  /// As made; `massScale` multiplies both.
  let nominalMass: Double
  let nominalInertia: Matrix3
  /// Whether it only connects joints (`World.addIntermediateBody`), and is left out of sums over bodies.
  var isIntermediate = false
  var massScale = 1.0

  /// kg
  var mass: Double { nominalMass * massScale }
  /// kg·m², body's axes, about the origin.
  var inertia: Matrix3 { massScale * nominalInertia }
}
