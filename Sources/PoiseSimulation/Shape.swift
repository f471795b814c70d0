/// The shapes that collide; lengths in m. Capsules and cylinders lie along their z axis, centred.
public enum Shape: Hashable, Sendable {
  /// The half space below its own x–y plane; only for geometry of the world.
  case plane
  case sphere(radius: Double)
  /// A cylinder of `halfLength` to each side with half spheres on both ends.
  case capsule(radius: Double, halfLength: Double)
  case cylinder(radius: Double, halfLength: Double)
  case box(halfExtents: SIMD3<Double>)
}
