/// The shapes that can be drawn; lengths in m. Capsules and cylinders lie along their z axis, centred.
public enum Solid: Hashable, Sendable {
  /// The half space below its own x–y plane, drawn as a floor with a grid, seen from above only.
  case plane
  /// A sphere about the origin.
  case sphere(radius: Double)
  /// A cylinder of `halfLength` to each side with half spheres on both ends.
  case capsule(radius: Double, halfLength: Double)
  /// A cylinder of `halfLength` to each side, with flat ends.
  case cylinder(radius: Double, halfLength: Double)
  /// A box with these half edges along its axes.
  case box(halfExtents: SIMD3<Double>)
}
