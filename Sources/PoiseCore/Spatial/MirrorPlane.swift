/// A vertical plane through the world's origin, in which a robot and its task can be mirrored. Robots face in the
/// direction of x.
public enum MirrorPlane: String, CaseIterable, Sendable {
  /// The plane y = 0: left and right are exchanged.
  case leftRight
  /// The plane x = 0: front and back are exchanged.
  case frontBack

  /// The plane's normal: which coordinate changes its sign.
  @usableFromInline var normal: Int { self == .leftRight ? 1 : 0 }

  /// The image S v of a position, velocity or force; S is the identity with −1 at the normal.
  @inlinable public func image(of v: Vector3) -> Vector3 {
    var image = v
    image[normal] = -v[normal]
    return image
  }

  /// The image −S a of an axis of rotation, an angular velocity or a torque: what turns clockwise turns counter-clockwise.
  @inlinable public func image(ofAxial a: Vector3) -> Vector3 { -image(of: a) }

  /// The image S R S of a rotation.
  public func image(of q: Quaternion) -> Quaternion {
    let vector = image(ofAxial: q.vector)
    return Quaternion(w: q.w, x: vector.x, y: vector.y, z: vector.z)
  }

  /// The image S T S of a tensor.
  public func image(of tensor: Matrix3) -> Matrix3 {
    var image = tensor
    for i in 0..<3 where i != normal {
      image[i, normal] = -tensor[i, normal]
      image[normal, i] = -tensor[normal, i]
    }
    return image
  }
}
