import COde
import COdeSupport
public import PoiseCore

/// A world of rigid bodies, joints and contacts; owns every ODE object made through it.
///
/// Bodies are created in some pose, joined there, and stepped; poses, velocities and forces are in the world's frame
/// (z up), in SI units. A body's position is that of its origin, which is its centre of mass (but see `addBody`). Worlds are
/// independent of one another: each has its own threading object and random state. Any thread may use a world, one at a time.
///
/// Efforts (torques and forces of joints) and external forces act until they are changed: ODE clears them after every
/// step, the world applies them again.
public struct World: ~Copyable {
  /// Identifies a body of this world.
  public struct BodyIndex: Hashable, Sendable {
    /// Position in the order in which the bodies were added, from 0.
    public let value: Int
  }

  /// How the world is integrated.
  public let parameters: PhysicsParameters
  /// Physics steps since the world was made or restored.
  public internal(set) var physicsSteps = 0

  let handle: dWorldID
  private let threading: dThreadingImplementationID
  let contactGroup: dJointGroupID
  let worldFrame: BodyFrame
  private let worldMemory: UnsafeMutablePointer<dReal>

  var bodies: [BodyRecord] = []
  /// Names of the bodies, [bodies]; separate, so that a copy of a body needs no reference counting.
  var bodyNames: [String] = []
  var joints = JointSet()
  /// Torque or force along each joint coordinate, N·m or N, [degrees of freedom].
  public var efforts: [Double] = []
  /// All servos, coordinate after coordinate, see `servos(of:)`. Each exerts nothing until it is set, and acts until it
  /// is set again.
  public var servos: [CoordinateServo] = []
  var servosOfDegree: [Range<Int>] = []
  var external: [ExternalForce] = []
  var hasExternalForces = false
  var collisions = CollisionSet()
  private let contactSurface: ContactSurface
  /// Gravity, m/s², world frame; at first that of the parameters.
  public var gravity: Vector3 {
    didSet { dWorldSetGravity(handle, gravity.x, gravity.y, gravity.z) }
  }
  /// Factor on the friction coefficient of every pair.
  public var frictionScale = 1.0
  /// State of the random order of constraints in QuickStep.
  var solverState: UInt64

  /// The message of an assertion of ODE that failed in the middle of a step; `nil` if none has. The world then never
  /// moves again, `firstFault` reports it, and a new world must be made. Its memory in ODE, about 100 kB, is leaked.
  public private(set) var breakdown: String?
  /// Why the world does not move until a state is restored; `nil` while it moves. Reasons are a velocity that is not
  /// finite or beyond `PhysicsEngine.runawaySpeed`, and a force that is not finite.
  var standstill: Fault?

  /// Bodies whose centre of mass is not their origin, [indices into `bodies`].
  var pinnedBodies: [Int] = []
  /// Bodies that no joint holds and whose spin changes its axis by itself, [indices into `bodies`].
  private(set) var spinningBodies: [Int] = []
  /// The numbers of things at the last `arrange`; after a change the next step calls it again.
  private var arrangement = Arrangement()
  private struct Arrangement: Equatable {
    var bodies = -1
    var joints = -1
    var pairs = -1
  }

  /// Steps since the world was made or restored for which ODE's direct solver failed and that were repeated (see `step`).
  public internal(set) var repeatedSteps = 0
  /// State and forces of the bodies before a step, in case it must be repeated, [bodies × 19].
  private var stepStart: [Double] = []

  struct ExternalForce {
    var force = Vector3.zero
    /// Where it acts, in the body's frame from its origin.
    var point = Vector3.zero
    var torque = Vector3.zero
  }

  /// Makes an empty world.
  ///
  /// - Parameters:
  ///   - parameters: values in the ranges that `PhysicsParameters` states; they are not checked here.
  ///   - solverSeed: first state of the iterative solver's random numbers.
  public init(_ parameters: PhysicsParameters, solverSeed: UInt64 = 0) {
    PhysicsEngine.prepareThread()
    if case .iterative = parameters.solver {
      precondition(
        PhysicsEngine.isIterativeSolverRepeatable,
        "this build bypasses Poise's dRandInt, so QuickStep would not repeat; link libode dynamically")
    }
    self.parameters = parameters
    gravity = parameters.gravity
    handle = dWorldCreate()
    threading = dThreadingAllocateSelfThreadedImplementation()
    dWorldSetStepThreadingImplementation(handle, dThreadingImplementationGetFunctions(threading), threading)
    dWorldSetGravity(handle, parameters.gravity.x, parameters.gravity.y, parameters.gravity.z)
    dWorldSetERP(handle, parameters.errorReduction)
    dWorldSetCFM(handle, parameters.constraintForceMixing)
    dWorldSetContactMaxCorrectingVel(handle, parameters.contactCorrectingVelocity)
    dWorldSetContactSurfaceLayer(handle, parameters.contactSurfaceLayer)
    // ODE must not put a resting robot to sleep.
    dWorldSetAutoDisableFlag(handle, 0)
    if case .iterative(let iterations) = parameters.solver {
      dWorldSetQuickStepNumIterations(handle, Int32(iterations))
    }
    contactGroup = dJointGroupCreate(0)
    worldMemory = .allocate(capacity: BodyFrame.worldMemory.count)
    worldMemory.initialize(from: BodyFrame.worldMemory, count: BodyFrame.worldMemory.count)
    worldFrame = BodyFrame(worldIn: worldMemory)
    contactSurface = ContactSurface(parameters)
    solverState = solverSeed
  }

  deinit {
    collisions.free()
    joints.free()
    worldMemory.deallocate()
    guard breakdown == nil else { return }
    dJointGroupDestroy(contactGroup)
    for geometry in collisions.geometries { dGeomDestroy(geometry.handle) }
    dWorldDestroy(handle)
    dThreadingFreeImplementation(threading)
  }

  // MARK: Stepping

  /// Simulated time, s: physics steps times the physics step.
  public var time: Double { Double(physicsSteps) * parameters.timeStep }

  /// Advances the world by one physics step; does nothing after a fault that stopped the world.
  ///
  /// ODE's direct solver stops at a tie of two constraints ("LCP internal error, s <= 0") and leaves out the forces of
  /// all later constraints, so resting bodies would fall. Such a step is undone and repeated with the contacts' target
  /// velocities some nm/s apart, which breaks ties (Charnes 1952, "Optimality and Degeneracy in Linear Programming"),
  /// and if necessary with the iterative solver; `repeatedSteps` counts it. If that fails, too, it is a fault.
  public mutating func step() {
    guard standstill == nil else { return }
    arrangeIfNeeded()
    switch parameters.solver {
    case .iterative: guard attempt(.iterative, unevenness: 0) == .done else { return }
    case .direct:
      saveStepStart()
      var outcome = attempt(.direct, unevenness: 0)
      if outcome == .unsolved {
        repeatedSteps += 1
        for remedy in Self.remedies where outcome == .unsolved {
          guard remedy.method == .direct || PhysicsEngine.isIterativeSolverRepeatable else { continue }
          returnToStepStart()
          outcome = attempt(remedy.method, unevenness: remedy.unevenness)
        }
      }
      if outcome == .unsolved {
        standstill = Fault(place: "physics engine", reason: "no solver found the forces of step \(physicsSteps + 1)")
      }
      guard outcome == .done else { return }
    }
    physicsSteps += 1
    joints.countTurns(after: parameters.timeStep)
    for body in bodies {
      let sum = body.frame.linearVelocity.lengthSquared + body.frame.angularVelocity.lengthSquared
      // A comparison with NaN is false.
      if !(sum <= PhysicsEngine.runawaySpeed * PhysicsEngine.runawaySpeed) {
        standstill = Fault(place: "world", reason: "a velocity is beyond \(PhysicsEngine.runawaySpeed) m/s or rad/s")
      }
    }
  }

  private enum Method { case direct, iterative }
  /// `unsolved`: ODE left constraints out.
  private enum Outcome { case done, unsolved, brokenDown }

  /// What is tried in turn where the direct solver fails.
  private static let remedies: [(method: Method, unevenness: Double)] = [
    (.direct, ContactSurface.tieBreaker), (.direct, 1000 * ContactSurface.tieBreaker), (.iterative, 0),
  ]
  /// Iterations of the iterative solver where it replaces the direct one.
  private static let iterationsInPlaceOfDirect = 200

  /// - Parameter unevenness: m/s, how far the target velocities of the contacts are apart.
  private mutating func attempt(_ method: Method, unevenness: Double) -> Outcome {
    let h = parameters.timeStep
    joints.prepare(efforts: efforts, servos: servos, timeStep: h, contactGroup: contactGroup)
    for index in pinnedBodies { applyWeight(to: bodies[index]) }
    if hasExternalForces { applyExternalForces() }
    if !spinningBodies.isEmpty { turnFreeBodies() }
    guard
      collisions.collide(
        world: handle, group: contactGroup, surface: contactSurface, frictionScale: frictionScale,
        gravity: gravity, unevenness: unevenness)
    else {
      breakDown()
      return .brokenDown
    }
    let result =
      switch method {
      case .direct: poise_ode_step(handle, h, nil)
      case .iterative: poise_ode_step(handle, h, &solverState)
      }
    guard result != POISE_ODE_BROKEN else {
      breakDown()
      return .brokenDown
    }
    dJointGroupEmpty(contactGroup)
    return result == POISE_ODE_UNSOLVED ? .unsolved : .done
  }

  private static let valuesPerStart = 19

  private mutating func saveStepStart() {
    let count = bodies.count * Self.valuesPerStart
    if stepStart.count != count { stepStart = Array(repeating: 0, count: count) }
    stepStart.withUnsafeMutableBufferPointer { values in
      guard var value = values.baseAddress else { return }
      for body in bodies {
        poise_ode_body_get_start(body.frame.handle, value)
        value += Self.valuesPerStart
      }
    }
  }

  private func returnToStepStart() {
    stepStart.withUnsafeBufferPointer { values in
      guard var value = values.baseAddress else { return }
      for body in bodies {
        poise_ode_body_set_start(body.frame.handle, value)
        value += Self.valuesPerStart
      }
    }
  }

  /// Finds the trees of bodies, the loads of their contacts, and the bodies that spin freely.
  mutating func arrange() {
    let trees = BodyTrees(bodies, joints: joints.handles)
    collisions.arrange(trees, bodies: bodies, surfaceLayer: parameters.contactSurfaceLayer)
    let isFree = Set(trees.freeBodies)
    for (index, body) in bodies.enumerated() {
      dBodySetGyroscopicMode(body.frame.handle, isFree.contains(index) ? 0 : 1)
      dBodySetFiniteRotationMode(body.frame.handle, isFree.contains(index) || body.centerOfMass != .zero ? 1 : 0)
    }
    spinningBodies = trees.freeBodies.filter { index in
      let i = bodies[index].nominalInertia
      return i != Matrix3(diagonal: Vector3(repeating: i[0, 0]))
    }
    arrangement = Arrangement(bodies: bodies.count, joints: joints.handles.count, pairs: collisions.pairs.count)
    if case .direct = parameters.solver {
      dWorldSetQuickStepNumIterations(handle, Int32(Self.iterationsInPlaceOfDirect))
    }
  }

  private mutating func arrangeIfNeeded() {
    let present = Arrangement(bodies: bodies.count, joints: joints.handles.count, pairs: collisions.pairs.count)
    if arrangement != present { arrange() }
  }

  /// To be called after a change of a body's mass, which `arrangeIfNeeded` does not notice.
  mutating func arrangeBeforeNextStep() { arrangement = Arrangement() }

  private mutating func breakDown() {
    let words = String(cString: poise_ode_last_words())
    breakdown = words
    standstill = Fault(place: "physics engine", reason: words)
    collisions.clearContacts()
  }

  private func applyWeight(to body: BodyRecord) {
    body.frame.addForce(body.mass * gravity, at: body.frame.position + body.frame.rotate(body.centerOfMass))
  }

  private func applyExternalForces() {
    for (body, push) in zip(bodies, external) {
      if push.force != .zero {
        body.frame.addForce(push.force, at: body.frame.position + body.frame.rotate(push.point))
      }
      if push.torque != .zero { body.frame.addTorque(push.torque) }
    }
  }
}
