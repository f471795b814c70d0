/// The position, in metres, and the orientation of one frame in another.
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

  /// A pose in this frame, expressed in this frame's parent.
  @inlinable public static func * (outer: Self, inner: Self) -> Self {
    Self(position: outer.apply(to: inner.position), orientation: outer.orientation * inner.orientation)
  }

  /// A point of this frame, expressed in the parent.
  @inlinable public func apply(to point: Vector3) -> Vector3 { position + orientation.rotate(point) }

  /// A point of the parent, expressed in this frame.
  @inlinable public func applyInverse(to point: Vector3) -> Vector3 { orientation.unrotate(point - position) }

  /// The pose of the parent in this frame.
  public var inverse: Self {
    Self(position: -orientation.unrotate(position), orientation: orientation.conjugate)
  }
}
