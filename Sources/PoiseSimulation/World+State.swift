import COdeSupport
public import PoiseCore

/// The complete state of a world beside its construction, exact to the bit.
public struct WorldState: Hashable, Sendable, Codable {
  /// Position, quaternion (w, x, y, z), linear and angular velocity: [bodies × 13].
  public var bodies: [Double] = []
  /// Torque or force along each coordinate, N·m or N, [degrees of freedom].
  public var efforts: [Double] = []
  /// The servos, in the order of `World.servos`.
  public var servos: [CoordinateServo] = []
  /// Whole turns of the angles, [degrees of freedom]; empty where all are 0.
  public var turns: [Int] = []
  /// External force, its point, and torque, [bodies × 9]; empty without external forces.
  public var externalForces: [Double] = []
  /// Gravity, m/s², world frame.
  public var gravity = Vector3.zero
  /// Factor on every pair's friction.
  public var frictionScale = 1.0
  /// Factor on mass and inertia, [bodies]; empty where all are 1.
  public var massScales: [Double] = []
  /// Physics steps since the world was made.
  public var physicsSteps = 0
  /// State of the iterative solver's random numbers.
  public var solverState: UInt64 = 0
  /// See `World.repeatedSteps`; `nil` for none, so that states of versions without it can be read.
  public var repeatedSteps: Int?

  /// An empty state; `World.save(into:)` fills it.
  public init() {}

  /// Reads a state; older files omit some fields.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    bodies = try values.decode([Double].self, forKey: .bodies)
    efforts = try values.decode([Double].self, forKey: .efforts)
    // Older files omit servos and turns.
    servos = try values.decodeIfPresent([CoordinateServo].self, forKey: .servos) ?? []
    turns = try values.decodeIfPresent([Int].self, forKey: .turns) ?? []
    externalForces = try values.decode([Double].self, forKey: .externalForces)
    gravity = try values.decode(Vector3.self, forKey: .gravity)
    frictionScale = try values.decode(Double.self, forKey: .frictionScale)
    massScales = try values.decode([Double].self, forKey: .massScales)
    physicsSteps = try values.decode(Int.self, forKey: .physicsSteps)
    solverState = try values.decode(UInt64.self, forKey: .solverState)
    repeatedSteps = try values.decodeIfPresent(Int.self, forKey: .repeatedSteps)
  }
}

extension World {
  private static let valuesPerBody = 13

  /// Copies the state into `state`, whose memory is reused from call to call.
  public func save(into state: inout WorldState) {
    state.bodies.removeAll(keepingCapacity: true)
    for body in bodies {
      let frame = body.frame
      let (p, q, v, ω) = (frame.position, frame.quaternion, frame.linearVelocity, frame.angularVelocity)
      for value in [p.x, p.y, p.z, q.w, q.x, q.y, q.z, v.x, v.y, v.z, ω.x, ω.y, ω.z] { state.bodies.append(value) }
    }
    state.efforts.removeAll(keepingCapacity: true)
    state.efforts.append(contentsOf: efforts)
    state.servos.removeAll(keepingCapacity: true)
    state.servos.append(contentsOf: servos)
    state.turns.removeAll(keepingCapacity: true)
    if joints.hasTurns { state.turns = joints.turns(degreeCount: degreeCount) }
    state.externalForces.removeAll(keepingCapacity: true)
    if hasExternalForces {
      for push in external {
        for v in [push.force, push.point, push.torque] { for i in 0..<3 { state.externalForces.append(v[i]) } }
      }
    }
    state.gravity = gravity
    state.frictionScale = frictionScale
    state.massScales.removeAll(keepingCapacity: true)
    if bodies.contains(where: { $0.massScale != 1 }) {
      for body in bodies { state.massScales.append(body.massScale) }
    }
    state.physicsSteps = physicsSteps
    state.solverState = solverState
    state.repeatedSteps = repeatedSteps == 0 ? nil : repeatedSteps
  }

  /// Copies the state into a new value.
  public func saved() -> WorldState {
    var state = WorldState()
    save(into: &state)
    return state
  }

  /// Whether a state, for example from a file, is a possible state of this world: the same numbers of bodies and
  /// coordinates, all numbers finite, quaternions of length 1, masses positive, a possible number of steps.
  public func accepts(_ state: WorldState) -> Bool {
    func isCalm(_ values: [Double]) -> Bool { values.allSatisfy { abs($0) <= 1e12 } }
    guard
      state.bodies.count == bodies.count * Self.valuesPerBody, state.efforts.count == efforts.count,
      state.servos.count == servos.count || state.servos.isEmpty,
      state.servos.allSatisfy({ $0.isPossible }),
      state.turns.isEmpty || state.turns.count == efforts.count, state.turns.allSatisfy({ abs($0) < 1_000_000_000 }),
      state.externalForces.isEmpty || state.externalForces.count == bodies.count * 9,
      state.massScales.isEmpty || state.massScales.count == bodies.count,
      isCalm(state.bodies), isCalm(state.efforts), isCalm(state.externalForces), state.physicsSteps.isPossibleCount,
      (state.repeatedSteps ?? 0).isPossibleCount,
      state.massScales.allSatisfy({ $0 > 0 && $0 <= 1e6 }), state.gravity.isFinite,
      (0...1e6).contains(state.frictionScale)
    else { return false }
    return stride(from: 0, to: state.bodies.count, by: Self.valuesPerBody).allSatisfy { start in
      abs(state.bodies[start + 3..<start + 7].reduce(0) { $0 + $1 * $1 } - 1) < 1e-6
    }
  }

  /// Restores a state of this world, or of one built in the same way; what follows is equal to the bit.
  ///
  /// A force added by `addForce` since the last step is removed.
  ///
  /// - Parameter state: a state that this world `accepts`. The world must have no `breakdown`; both are checked and trap.
  public mutating func restore(_ state: WorldState) {
    precondition(breakdown == nil, "ODE has failed in this world: \(breakdown ?? "")")
    precondition(
      state.bodies.count == bodies.count * Self.valuesPerBody && state.efforts.count == efforts.count,
      "the state is that of \(state.bodies.count / Self.valuesPerBody) bodies, this world has \(bodies.count)")
    standstill = nil
    state.bodies.withUnsafeBufferPointer { values in
      guard var value = values.baseAddress else { return }
      for body in bodies {
        poise_ode_body_set_state(body.frame.handle, value, value + 3, value + 7, value + 10)
        value += Self.valuesPerBody
      }
    }
    for i in efforts.indices { efforts[i] = state.efforts[i] }
    for i in servos.indices { servos[i] = state.servos.isEmpty ? CoordinateServo() : state.servos[i] }
    joints.setTurns(state.turns)
    clearExternalForces()
    if !state.externalForces.isEmpty {
      func vector(_ start: Int) -> Vector3 {
        Vector3(state.externalForces[start], state.externalForces[start + 1], state.externalForces[start + 2])
      }
      for i in external.indices {
        external[i] = ExternalForce(force: vector(9 * i), point: vector(9 * i + 3), torque: vector(9 * i + 6))
      }
      hasExternalForces = true
    }
    if gravity != state.gravity { gravity = state.gravity }
    frictionScale = state.frictionScale
    for i in bodies.indices {
      let scale = state.massScales.isEmpty ? 1 : state.massScales[i]
      if bodies[i].massScale != scale { setMassScale(of: BodyIndex(value: i), to: scale) }
    }
    collisions.clearContacts()
    physicsSteps = state.physicsSteps
    solverState = state.solverState
    repeatedSteps = state.repeatedSteps ?? 0
  }

  /// Sets the state of the iterative solver's random numbers, as at the beginning of an episode.
  public mutating func seedSolver(_ seed: UInt64) { solverState = seed }

  /// The FNV-1a hash of all bits of the bodies' poses and velocities; different states have different hashes almost
  /// certainly.
  public var stateHash: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in saved().bodies {
      for shift in stride(from: 0, to: 64, by: 8) {
        hash = (hash ^ (value.bitPattern >> UInt64(shift) & 0xFF)) &* 0x100_0000_01B3
      }
    }
    return hash
  }
}
