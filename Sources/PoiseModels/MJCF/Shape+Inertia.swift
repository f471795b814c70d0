import PoiseCore
import PoiseSimulation

extension Shape {
  /// Volume, m³; 0 for a plane.
  var volume: Double {
    switch self {
    case .plane: 0
    case .sphere(let r): 4 * .pi * r * r * r / 3
    case .capsule(let r, let h): .pi * (r * r * 2 * h + 4 * r * r * r / 3)
    case .cylinder(let r, let h): .pi * r * r * 2 * h
    case .box(let e): 8 * e.x * e.y * e.z
    }
  }

  /// Principal moments of the solid shape about its centre, along its own axes, kg·m².
  ///
  /// - Parameter mass: kg, spread evenly over the volume.
  func principalInertia(mass: Double) -> Vector3 {
    switch self {
    case .plane: return .zero
    case .sphere(let r):
      let moment = 2 * mass * r * r / 5
      return [moment, moment, moment]
    case .capsule(let r, let halfLength):
      let length = 2 * halfLength
      // Share of the two half spheres, by volume.
      let ends = mass * 4 * r / (4 * r + 3 * length)
      let middle = mass - ends
      // A half sphere's centre of mass lies 3r/8 from its flat face.
      let ball = 2 * ends * r * r / 5
      let across = middle * (3 * r * r + length * length) / 12 + ball + ends * length * (3 * r + 2 * length) / 8
      return [across, across, middle * r * r / 2 + ball]
    case .cylinder(let r, let halfLength):
      let across = mass * (3 * r * r + 4 * halfLength * halfLength) / 12
      return [across, across, mass * r * r / 2]
    case .box(let e):
      return mass / 3 * ([e.y * e.y + e.z * e.z, e.x * e.x + e.z * e.z, e.x * e.x + e.y * e.y] as Vector3)
    }
  }
}

extension RobotModel.Inertia {
  /// The inertia of several parts together, all given in one frame.
  init(combining parts: [Self]) {
    let mass = parts.reduce(0) { $0 + $1.mass }
    let center = parts.reduce(Vector3.zero) { $0 + $1.mass * $1.centerOfMass } / mass
    let tensor = parts.reduce(Matrix3.zero) { $0 + $1.tensor + $1.steinerTerm(about: center) }
    self.init(mass: mass, centerOfMass: center, tensor: tensor)
  }

  /// The term of the parallel-axis theorem for a shift from the centre of mass to `point`: m (d² 1 − d dᵀ).
  private func steinerTerm(about point: Vector3) -> Matrix3 {
    let d = centerOfMass - point
    return mass * (d.lengthSquared * .identity - Matrix3(outer: d, d))
  }

  /// The same inertia in another frame, in which this one's frame has the pose `pose`.
  func seen(from pose: Pose) -> Self {
    Self(
      mass: mass, centerOfMass: pose.apply(to: centerOfMass), tensor: tensor.rotated(by: pose.orientation))
  }
}
