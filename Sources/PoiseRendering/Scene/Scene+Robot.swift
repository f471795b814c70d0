public import PoiseModels
import PoiseCore
public import PoiseSimulation

extension Scene {
  /// A robot with the shapes of its model, in the reference pose. Frame i is body i of the model.
  public init(_ model: RobotModel, look: Look = Look()) {
    self.init(
      model.geometries.map { Part(Solid($0.shape), at: $0.pose, frame: $0.body, color: $0.color) },
      frames: model.bodies.indices.map { model.referencePose(of: $0) }, look: look)
  }

  /// Takes over the present poses of a robot of the scene's model.
  public mutating func place(_ robot: Robot) {
    for body in frames.indices { frames[body] = robot.pose(ofBody: body) }
  }
}

extension Solid {
  /// The shape of a model.
  public init(_ shape: Shape) {
    self =
      switch shape {
      case .plane: .plane
      case .sphere(let radius): .sphere(radius: radius)
      case .capsule(let radius, let halfLength): .capsule(radius: radius, halfLength: halfLength)
      case .cylinder(let radius, let halfLength): .cylinder(radius: radius, halfLength: halfLength)
      case .box(let half): .box(halfExtents: half)
      }
  }
}
