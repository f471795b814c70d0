import Foundation

extension Quaternion {
  /// Roll and pitch in rad by the tilt of the body: continuous everywhere, independent of heading.
  ///
  /// With u = Rᵀ ẑ the world's up in the body's axes and α = atan2(hypot(uₓ, u_y), u_z) its angle from the body's up,
  ///
  ///     (roll, pitch) = α (u_y, −uₓ)/hypot(uₓ, u_y),   (0, 0) upright, roll = π exactly upside down
  ///
  /// so roll² + pitch² = α², and to first order both are the Euler angles about the body's x and y axes by the right hand.
  public var rollPitch: (roll: Double, pitch: Double) {
    let up = unrotate([0, 0, 1])
    let across = (up.x * up.x + up.y * up.y).squareRoot()
    let α = atan2(across, up.z)
    guard across > 0 else { return (up.z < 0 ? .pi : 0, 0) }
    return (α * up.y / across, -α * up.x / across)
  }
}
