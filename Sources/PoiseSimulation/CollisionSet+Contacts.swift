import COde
import PoiseCore

extension CollisionSet {
  /// Contact `index` of the last step.
  func contact(_ index: Int) -> World.Contact {
    guard let room else { preconditionFailure("contact \(index) of none") }
    let geom = room.points[index].geom
    let force = room.reactions[index].f1
    let pair = pairs[pairOfContact[index]]
    return World.Contact(
      first: World.GeometryIndex(value: pair.first), second: World.GeometryIndex(value: pair.second),
      position: Vector3(geom.pos.0, geom.pos.1, geom.pos.2),
      normal: Vector3(geom.normal.0, geom.normal.1, geom.normal.2), depth: geom.depth,
      force: Vector3(force.0, force.1, force.2))
  }
}
