/// A vector in three dimensions; its frame and unit are stated where it is declared.
public typealias Vector3 = SIMD3<Double>

extension SIMD3<Double> {
  /// The scalar product.
  @inlinable public func dot(_ other: Self) -> Double { x * other.x + y * other.y + z * other.z }

  /// The vector product, right-handed.
  @inlinable public func cross(_ other: Self) -> Self {
    Self(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
  }

  /// The square of the Euclidean length.
  @inlinable public var lengthSquared: Double { dot(self) }
  /// The Euclidean length, in the vector's unit.
  @inlinable public var length: Double { lengthSquared.squareRoot() }

  /// The vector of length 1 in this direction; the zero vector gives NaN, so check first.
  @inlinable public var normalized: Self { self / length }

  /// Whether no component is infinite or NaN.
  @inlinable public var isFinite: Bool { x.isFinite && y.isFinite && z.isFinite }

  /// Any unit vector perpendicular to this unit vector; the same one every time.
  public var anyPerpendicular: Self {
    let helper: Self = abs(x) < 0.5 ? [1, 0, 0] : [0, 1, 0]
    return cross(helper).normalized
  }
}
