import PoiseCore

/// From the world to the camera's coordinates: x to the right, y up, z forward.
struct View {
  private let position: Vector3
  private let right: Vector3
  private let up: Vector3
  private let forward: Vector3

  init(_ camera: Camera) {
    let q = camera.pose.orientation
    position = camera.pose.position
    right = q.rotate([1, 0, 0])
    up = q.rotate([0, 1, 0])
    forward = q.rotate([0, 0, -1])
  }

  func turn(_ v: Vector3) -> Vector3 { [v.dot(right), v.dot(up), v.dot(forward)] }

  func frame(_ pose: Pose) -> Frame {
    let q = pose.orientation
    return Frame(
      center: turn(pose.position - position),
      axes: (turn(q.rotate([1, 0, 0])), turn(q.rotate([0, 1, 0])), turn(q.rotate([0, 0, 1]))))
  }
}

/// A shape's frame in the camera's coordinates.
struct Frame {
  var center: Vector3
  var axes: (Vector3, Vector3, Vector3)
}
