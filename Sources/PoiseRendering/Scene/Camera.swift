public import PoiseCore

/// A perspective camera: it looks along its own −z axis, x points to the right of the picture, y up, as in MJCF.
public struct Camera: Hashable, Sendable {
  /// Pose in the world.
  public var pose: Pose
  /// Angle between the upper and the lower edge of the picture, degrees, above 0 and below 180.
  public var fieldOfView: Double
  /// Least distance along the axis at which something is seen, m.
  public var near = 0.02

  /// A camera in a pose.
  public init(pose: Pose, fieldOfView: Double = 45) {
    self.pose = pose
    self.fieldOfView = fieldOfView
  }

  /// A camera that looks at a point and is level.
  ///
  /// - Parameters:
  ///   - eye: position of the camera, m.
  ///   - target: point in the middle of the picture, m, different from the eye.
  ///   - fieldOfView: angle between upper and lower edge, degrees.
  public init(from eye: Vector3, lookingAt target: Vector3, fieldOfView: Double = 45) {
    let back = (eye - target).normalized
    // Straight down or up, north is up in the picture.
    let side = Vector3(0, 0, 1).cross(back)
    let right: Vector3 = side.lengthSquared > 1e-12 ? side.normalized : [1, 0, 0]
    self.init(
      pose: Pose(position: eye, orientation: Quaternion(Matrix3(columns: right, back.cross(right), back))),
      fieldOfView: fieldOfView)
  }

  /// Half the height of what is seen at a distance of 1 m along the axis, m.
  var halfHeight: Double { Trigonometry.tangent(fieldOfView / 360 * .pi) }
}

/// How a camera moves with a scene.
public enum CameraMount: Hashable, Sendable {
  /// It stands still in the world.
  case fixed(Camera)
  /// It is fixed to a moving frame, in whose coordinates its pose is.
  case carried(Camera, frame: Int)
  /// It keeps its direction, and moves along the ground with a frame. Its pose is in the world, for the frame at `start`.
  case following(Camera, frame: Int, start: Vector3)

  /// The camera at the scene's present moment.
  public func camera(in scene: Scene) -> Camera {
    switch self {
    case .fixed(let camera): return camera
    case .carried(var camera, let frame):
      camera.pose = scene.frames[frame] * camera.pose
      return camera
    case .following(var camera, let frame, let start):
      let way = scene.frames[frame].position - start
      camera.pose.position += Vector3(way.x, way.y, 0)
      return camera
    }
  }
}
