/// An angle of a joint whose whole turns are counted, because its limits do not keep it within half a turn of its reference.
struct CountedAngle {
  let joint: JointReference
  let index: Int
  let degree: Int
  /// The angle at the last update, rad, within a quarter turn.
  var last = 0.0
}
