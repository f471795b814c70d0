public import Foundation  // atan2, cos, sin

/// A rotation as a unit quaternion (w, x, y, z), right-handed: it turns vectors of a body's frame into its parent's.
public struct Quaternion: Hashable, Sendable, Codable {
  /// The scalar part: cos(angle / 2).
  public var w: Double
  /// The x component of the vector part, sin(angle / 2) · axis.
  public var x: Double
  /// The y component of the vector part.
  public var y: Double
  /// The z component of the vector part.
  public var z: Double

  /// Makes a quaternion of its components, without normalisation.
  @inlinable public init(w: Double, x: Double, y: Double, z: Double) {
    (self.w, self.x, self.y, self.z) = (w, x, y, z)
  }

  /// A rotation by `angle` radians about the unit vector `axis`.
  public init(angle: Double, axis: Vector3) {
    let s = sin(angle / 2)
    self.init(w: cos(angle / 2), x: s * axis.x, y: s * axis.y, z: s * axis.z)
  }

  /// The shortest rotation that turns unit vector `from` into unit vector `to`.
  public init(from: Vector3, to: Vector3) {
    let cosine = from.dot(to)
    if cosine < -1 + 1e-12 {
      self.init(angle: .pi, axis: from.anyPerpendicular)
    } else {
      let axis = from.cross(to)
      self = Quaternion(w: 1 + cosine, x: axis.x, y: axis.y, z: axis.z).normalized
    }
  }

  /// The rotation with the given matrix, which must be orthonormal with determinant +1.
  /// Source: Shepperd 1978, "Quaternion from Rotation Matrix".
  public init(_ m: Matrix3) {
    let trace = m[0, 0] + m[1, 1] + m[2, 2]
    if trace > 0 {
      let s = 2 * (trace + 1).squareRoot()
      self.init(w: s / 4, x: (m[2, 1] - m[1, 2]) / s, y: (m[0, 2] - m[2, 0]) / s, z: (m[1, 0] - m[0, 1]) / s)
    } else if m[0, 0] >= m[1, 1], m[0, 0] >= m[2, 2] {
      let s = 2 * (1 + m[0, 0] - m[1, 1] - m[2, 2]).squareRoot()
      self.init(w: (m[2, 1] - m[1, 2]) / s, x: s / 4, y: (m[0, 1] + m[1, 0]) / s, z: (m[0, 2] + m[2, 0]) / s)
    } else if m[1, 1] >= m[2, 2] {
      let s = 2 * (1 + m[1, 1] - m[0, 0] - m[2, 2]).squareRoot()
      self.init(w: (m[0, 2] - m[2, 0]) / s, x: (m[0, 1] + m[1, 0]) / s, y: s / 4, z: (m[1, 2] + m[2, 1]) / s)
    } else {
      let s = 2 * (1 + m[2, 2] - m[0, 0] - m[1, 1]).squareRoot()
      self.init(w: (m[1, 0] - m[0, 1]) / s, x: (m[0, 2] + m[2, 0]) / s, y: (m[1, 2] + m[2, 1]) / s, z: s / 4)
    }
  }

  /// The rotation by 0.
  public static let identity = Quaternion(w: 1, x: 0, y: 0, z: 0)

  /// The vector part (x, y, z).
  @inlinable public var vector: Vector3 { Vector3(x, y, z) }
  /// The inverse of a unit quaternion.
  @inlinable public var conjugate: Self { Self(w: w, x: -x, y: -y, z: -z) }
  /// w² + x² + y² + z²; 1 for a rotation.
  @inlinable public var lengthSquared: Double { w * w + x * x + y * y + z * z }
  /// Whether no component is infinite or NaN.
  @inlinable public var isFinite: Bool { w.isFinite && x.isFinite && y.isFinite && z.isFinite }

  /// The quaternion divided by its length; the zero quaternion gives NaN.
  @inlinable public var normalized: Self {
    let inverse = 1 / lengthSquared.squareRoot()
    return Self(w: w * inverse, x: x * inverse, y: y * inverse, z: z * inverse)
  }

  /// The product: the rotation `b`, then `a`.
  @inlinable public static func * (a: Self, b: Self) -> Self {
    Self(
      w: a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
      x: a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
      y: a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
      z: a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w)
  }

  /// Turns a vector of the body's frame into the parent's frame.
  @inlinable public func rotate(_ v: Vector3) -> Vector3 {
    let u = vector
    let t = 2 * u.cross(v)
    return v + w * t + u.cross(t)
  }

  /// Turns a vector of the parent's frame into the body's frame.
  @inlinable public func unrotate(_ v: Vector3) -> Vector3 { conjugate.rotate(v) }

  /// The angle of this rotation about the unit vector `axis`, in (−π, π]: the twist of the swing–twist decomposition.
  @inlinable public func twist(about axis: Vector3) -> Double {
    let angle = 2 * atan2(vector.dot(axis), w)
    return angle > .pi ? angle - 2 * .pi : (angle <= -.pi ? angle + 2 * .pi : angle)
  }
}
