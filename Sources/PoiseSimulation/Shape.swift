/// The shapes that collide; lengths in m. Capsules and cylinders lie along their z axis, centred.
public enum Shape: Hashable, Sendable {
  /// The half space below its own x–y plane; only for geometry of the world.
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
