public import Foundation  // atan2

/// The tilt of a body in any direction. It is independent of the heading, and continuous except where the body is
/// upside down.
///
/// u is the world's up in the body's axes, α = atan2(hypot(uₓ, u_y), u_z) the angle between the two ups:
///
///     (roll, pitch) = α · (u_y, −uₓ) / hypot(uₓ, u_y),   (0, 0) upright,   (π, 0) exactly upside down
///
/// So roll² + pitch² = α². To first order these are the right-handed rotations about the body's x and y axes. Euler
/// angles are not used: with atan2 and asin, roll jumps by π when pitch passes 90°.
public struct Tilt: Hashable, Sendable, Codable {
  /// The component about the body's x axis, rad.
  public var roll: Double
  /// The component about the body's y axis, rad.
  public var pitch: Double

  /// A tilt from its two components, rad.
  @inlinable public init(roll: Double, pitch: Double) {
    self.roll = roll
    self.pitch = pitch
  }

  /// The tilt of a body, from the direction of the world's up.
  ///
  /// - Parameter u: the world's up in the body's axes, a unit vector.
  @inlinable public init(up u: Vector3) {
    let across = (u.x * u.x + u.y * u.y).squareRoot()
    if across > 0 {
      let scale = atan2(across, u.z) / across
      self.init(roll: scale * u.y, pitch: -scale * u.x)
    } else {
      self.init(roll: u.z < 0 ? .pi : 0, pitch: 0)
    }
  }

  /// The tilt of a body that has turned from its upright pose.
  ///
  /// - Parameter turn: from the pose in which the body is upright to the present one.
  @inlinable public init(_ turn: Quaternion) { self.init(up: turn.up) }

  /// The tilt of an upright body.
  public static let upright = Tilt(roll: 0, pitch: 0)

  /// α² = roll² + pitch², rad².
  @inlinable public var squared: Double { roll * roll + pitch * pitch }
  /// α, rad in [0, π].
  @inlinable public var angle: Double { squared.squareRoot() }
}

extension Quaternion {
  /// The parent's z axis in the body's axes: Rᵀ ẑ, the third row of the rotation's matrix.
  @inlinable public var up: Vector3 { Vector3(2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)) }
}

extension Quaternion {
  /// Roll and pitch in rad of a body that is upright at the identity; see `Tilt`.
  public var rollPitch: (roll: Double, pitch: Double) {
    let tilt = Tilt(self)
    return (tilt.roll, tilt.pitch)
  }
}
