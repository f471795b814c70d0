/// A position in metres and an orientation: where one frame stands in another.
public struct Pose: Hashable, Sendable, Codable {
  /// The origin of the frame in its parent, m.
  public var position: Vector3
  /// The rotation from the frame into its parent.
  public var orientation: Quaternion

  /// A pose, by default the identity.
  @inlinable public init(position: Vector3 = .zero, orientation: Quaternion = .identity) {
    self.position = position
    self.orientation = orientation
  }

  /// The frame that coincides with its parent.
  public static let identity = Pose()

  /// A pose given in this frame, seen from this frame's parent.
  @inlinable public static func * (outer: Self, inner: Self) -> Self {
    Self(position: outer.apply(to: inner.position), orientation: outer.orientation * inner.orientation)
  }

  /// A point of this frame, seen from the parent.
  @inlinable public func apply(to point: Vector3) -> Vector3 { position + orientation.rotate(point) }

  /// A point of the parent, seen from this frame.
  @inlinable public func applyInverse(to point: Vector3) -> Vector3 { orientation.unrotate(point - position) }

  /// Where the parent stands in this frame.
  public var inverse: Self {
    Self(position: -orientation.unrotate(position), orientation: orientation.conjugate)
  }
}
