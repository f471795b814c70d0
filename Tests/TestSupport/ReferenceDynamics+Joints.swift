import Foundation
import PoiseCore
import PoiseModels

/// What one joint does at given coordinates, in its link's own frame: RBDA section 4.4.
struct JointMotion {
  /// The link's frame in the frame before the joint: X_J.
  var pose = Pose.identity
  /// Columns of S, one for each velocity.
  var subspace: [SpatialVector] = []
  /// Where the joint's velocities stand.
  var velocityRange = 0..<0
  /// S v, the velocity across the joint.
  var velocity = SpatialVector.zero
  /// S° v, the apparent derivative of S times the velocities, c_J of RBDA table 5.1: not zero only for free joints, whose linear
  /// velocities are along the world's axes while S is written in the body's.
  var bias = SpatialVector.zero
}

extension ReferenceDynamics {
  /// The motion across a link's joint; a welded link has none.
  func motion(of link: Link, positions: [Double], velocities: [Double]? = nil) -> JointMotion {
    guard let index = link.joint else { return JointMotion() }
    let joint = model.joints[index]
    let q = Array(positions[positionRanges[index]])
    var motion = JointMotion()
    motion.velocityRange = velocityRanges[index]
    switch joint.kind {
    case .hinge:
      // A turn about an axis through the anchor: the origin, if it were fixed to the link, moves with anchor × axis.
      motion.pose = rotation(Quaternion(angle: q[0] - joint.reference, axis: joint.axis), about: joint.anchor)
      motion.subspace = [SpatialVector(angular: joint.axis, linear: joint.anchor.cross(joint.axis))]
    case .slide:
      motion.pose.position = (q[0] - joint.reference) * joint.axis
      motion.subspace = [SpatialVector(linear: joint.axis)]
    case .ball:
      motion.pose = rotation(quaternion(q), about: joint.anchor)
      motion.subspace = unitVectors.map { SpatialVector(angular: $0, linear: joint.anchor.cross($0)) }
    case .free:
      let orientation = quaternion(q[3...])
      motion.pose = Pose(position: [q[0], q[1], q[2]], orientation: orientation)
      motion.subspace =
        unitVectors.map { SpatialVector(linear: orientation.unrotate($0)) }
        + unitVectors.map { SpatialVector(angular: $0) }
    }
    guard let velocities else { return motion }
    for (column, axis) in zip(motion.velocityRange, motion.subspace) { motion.velocity += velocities[column] * axis }
    if joint.kind == .free {
      // d/dt (Rᵀ ẋ) at constant ẋ.
      motion.bias.linear = -motion.velocity.angular.cross(motion.velocity.linear)
    }
    return motion
  }

  private func rotation(_ q: Quaternion, about anchor: Vector3) -> Pose {
    Pose(position: anchor - q.rotate(anchor), orientation: q)
  }
}

let unitVectors: [Vector3] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]

/// The unit quaternion along four numbers w, x, y, z.
func quaternion(_ numbers: some Collection<Double>) -> Quaternion {
  let q = Array(numbers)
  return Quaternion(w: q[0], x: q[1], y: q[2], z: q[3]).normalized
}

extension Quaternion {
  /// The rotation vector of this unit quaternion: axis times angle, of length at most π.
  var rotationVector: Vector3 {
    let sign = w < 0 ? -1.0 : 1.0
    let half = sign * vector
    let length = half.length
    return length < 1e-300 ? 2 * half : (2 * atan2(length, sign * w) / length) * half
  }

  /// The rotation with this rotation vector.
  init(rotationVector v: Vector3) {
    let angle = v.length
    self = angle > 0 ? Quaternion(angle: angle, axis: v / angle) : .identity
  }
}
