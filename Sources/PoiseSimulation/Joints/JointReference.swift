/// Names a joint of a `JointSet` by its kind and its place among those of the kind.
enum JointReference {
  case hinge(Int), slide(Int), universal(Int), threeHinge(Int), planar(Int), ball(Int), fixed
}
