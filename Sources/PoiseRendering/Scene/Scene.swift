public import PoiseCore

/// What is drawn: shapes that are fixed to the world or to moving frames, and the poses of these frames.
///
/// The parts are constant while a robot moves; a new moment changes `frames` alone, which allocates nothing.
public struct Scene: Sendable {
  /// A shape with its colour.
  public struct Part: Hashable, Sendable {
    /// The shape.
    public var solid: Solid
    /// The shape's pose in its frame.
    public var pose: Pose
    /// Index of the moving frame that carries the shape; `nil` is the world. A plane is fixed to the world.
    public var frame: Int?
    /// Red, green, blue, opacity in [0, 1], as screens take them (not linear in light). A plane has the colours of the look.
    public var color: SIMD4<Double>

    /// A shape in a frame; see the properties.
    public init(_ solid: Solid, at pose: Pose = .identity, frame: Int? = nil, color: SIMD4<Double>) {
      self.solid = solid
      self.pose = pose
      self.frame = frame
      self.color = color
    }
  }

  /// The shapes; their indices are what `Renderer.readParts` gives.
  public var parts: [Part]
  /// Poses of the moving frames in the world.
  public var frames: [Pose]
  /// Light and colours.
  public var look: Look

  /// A scene; a part without a frame of its index is not allowed.
  public init(_ parts: [Part], frames: [Pose] = [], look: Look = Look()) {
    self.parts = parts
    self.frames = frames
    self.look = look
  }

  /// The pose of a part in the world.
  func pose(of part: Part) -> Pose {
    guard let frame = part.frame else { return part.pose }
    return frames[frame] * part.pose
  }
}
