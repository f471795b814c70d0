import PoiseCore
import PoiseModels
import PoiseSimulation

/// Which parts of a robot's state the terms of a task need. Nothing else is read from the simulation.
public struct SnapshotPlan: Sendable {
  /// A body of the model whose motion is tracked.
  public struct TrackedBody: Sendable, Hashable {
    /// Index in the model.
    public var body: Int
    /// Whether its tilt is needed.
    public var needsTilt = false
    /// conj(R₀) of its orientation R₀ in the reference pose.
    var unturn: Quaternion
    /// Whether R₀ is not the identity.
    var isTurned: Bool
  }

  /// Whether positions and velocities of hinges and slides are read.
  public internal(set) var needsJoints = false
  /// Whether ball joints are read, too; only a recorder needs them, no term does.
  public internal(set) var needsBallJoints = false
  /// Whether torques and forces of the actuators are read.
  public internal(set) var needsEfforts = false
  /// The bodies whose motion is read, in the order of `RobotSnapshot.bodies`.
  public internal(set) var bodies: [TrackedBody] = []
  /// Indices in the model of the bodies whose contact forces are read, in the order of `RobotSnapshot.contactForces`.
  public internal(set) var contactBodies: [Int] = []
  /// For each shape of the model, its index in `contactForces`; −1 for none. Empty without contact bodies.
  var contactSlots: [Int] = []

  init() {}

  /// Index of a body of the model in `RobotSnapshot.bodies`; `nil` where it is not tracked.
  public func slot(ofBody body: Int) -> Int? { bodies.firstIndex { $0.body == body } }

  mutating func track(body: Int, of model: RobotModel, needsTilt: Bool) -> Int {
    if let slot = slot(ofBody: body) {
      if needsTilt { bodies[slot].needsTilt = true }
      return slot
    }
    let reference = model.referencePose(of: body).orientation
    bodies.append(
      TrackedBody(
        body: body, needsTilt: needsTilt, unturn: reference.conjugate, isTurned: reference != .identity))
    return bodies.count - 1
  }

  /// Contacts count for a body if they touch any shape of its link, that is, of all that is welded to it.
  mutating func trackContacts(ofBody body: Int, of model: RobotModel, linkage: Linkage) -> Int {
    if let slot = contactBodies.firstIndex(of: body) { return slot }
    if contactSlots.isEmpty { contactSlots = Array(repeating: -1, count: model.geometries.count) }
    contactBodies.append(body)
    let link = linkage.placements[body].link
    for (index, geometry) in model.geometries.enumerated() {
      guard let other = geometry.body, linkage.placements[other].link == link else { continue }
      contactSlots[index] = contactBodies.count - 1
    }
    return contactBodies.count - 1
  }
}
