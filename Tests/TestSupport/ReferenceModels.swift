public import PoiseCore
public import PoiseModels
import PoiseSimulation

/// Small robots built in code, for tests that need no file; geometry is left out.
public enum ReferenceModels {
  /// A uniform thin rod on a hinge at its end, about +y, hanging at angle 0; a positive angle swings the tip towards −x.
  public static func pendulum(mass: Double = 1, length: Double = 1, gravity: Double = 10) -> RobotModel {
    var model = RobotModel(named: "pendulum", gravity: [0, 0, -gravity])
    let rod = model.addBody("rod", inertia: .rod(mass: mass, length: length, center: [0, 0, -length / 2]))
    model.addJoint("hinge", .hinge, of: rod, axis: [0, 1, 0])
    return model
  }

  /// A cart on a slide along +x and a uniform thin pole on a hinge about +y, upright at angle 0, leaning towards +x when positive.
  /// `CartPoleEquations(cartMass:poleMass:poleLength:gravity:)` has the same coordinates.
  public static func cartPole(
    cartMass: Double = 1, poleMass: Double = 0.1, poleLength: Double = 1, gravity: Double = 9.81
  ) -> RobotModel {
    var model = RobotModel(named: "cart-pole", gravity: [0, 0, -gravity])
    let cart = model.addBody(
      "cart", inertia: .init(mass: cartMass, centerOfMass: .zero, tensor: 0.01 * Matrix3.identity))
    model.addJoint("slider", .slide, of: cart, axis: [1, 0, 0])
    let pole = model.addBody(
      "pole", parent: cart, inertia: .rod(mass: poleMass, length: poleLength, center: [0, 0, poleLength / 2]))
    model.addJoint("hinge", .hinge, of: pole, axis: [0, 1, 0])
    return model
  }

  /// One free body at the origin.
  public static func freeBody(_ inertia: RobotModel.Inertia, gravity: Vector3 = .zero) -> RobotModel {
    var model = RobotModel(named: "free body", gravity: gravity)
    model.addJoint("free", .free, of: model.addBody("body", inertia: inertia), axis: [0, 0, 1])
    return model
  }
}

extension RobotModel.Inertia {
  /// A uniform rod along z: m l²/12 about x and y, and a hundredth of that about z, so that ODE accepts it.
  public static func rod(mass: Double, length: Double, center: Vector3) -> Self {
    let across = mass * length * length / 12
    return Self(mass: mass, centerOfMass: center, tensor: Matrix3(diagonal: [across, across, 0.01 * across]))
  }
}

extension RobotModel {
  /// A model without anything in it.
  public init(named name: String, gravity: Vector3 = [0, 0, -9.81]) {
    self.init(
      name: name, files: [], physics: PhysicsParameters(), bodies: [], geometries: [], joints: [], actuators: [],
      excludedPairs: [], approximations: [])
    physics.gravity = gravity
  }

  /// Adds a body and returns its index; `nil` as parent is the world.
  public mutating func addBody(
    _ name: String, parent: Int? = nil, pose: Pose = .identity, inertia: Inertia?
  ) -> Int {
    bodies.append(Body(name: name, parent: parent, pose: pose, inertia: inertia, line: 0))
    return bodies.count - 1
  }

  /// Adds a joint without limits, springs, dampers or rotors.
  public mutating func addJoint(
    _ name: String, _ kind: Joint.Kind, of body: Int, anchor: Vector3 = .zero, axis: Vector3
  ) {
    joints.append(
      Joint(
        name: name, kind: kind, body: body, anchor: anchor, axis: axis.normalized, range: nil, damping: 0,
        stiffness: 0, springReference: 0, armature: 0, reference: 0, line: 0))
  }

  /// The same robot without dampers, springs on free joints, and rotors: energy and momentum then stay, but for gravity and springs.
  public var conservative: RobotModel {
    var model = self
    for index in joints.indices {
      model.joints[index].damping = 0
      model.joints[index].armature = 0
      if joints[index].kind == .free { model.joints[index].stiffness = 0 }
    }
    return model
  }
}
