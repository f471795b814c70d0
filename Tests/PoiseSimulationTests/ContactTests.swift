import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("Contacts")
struct ContactTests {
  static let friction = 0.5
  static let yaws = [0.0, 30, 45, 90, 200]

  /// A box, or another shape, on a plane that falls towards `yaw`; the box's own axes are those of the world, tilted.
  struct Slope: ~Copyable {
    var world: World
    let body: World.BodyIndex
    let downhill: Vector3
    let normal: Vector3

    init(
      _ shape: Shape, mass: Double, height: Double, tilt: Double, yaw: Double, parameters: PhysicsParameters,
      friction: Double = ContactTests.friction, turn: Quaternion = .identity
    ) {
      world = World(parameters)
      let leaning =
        Quaternion(angle: yaw, axis: [0, 0, 1]) * Quaternion(angle: tilt, axis: [0, 1, 0])
        * Quaternion(angle: -yaw, axis: [0, 0, 1])
      normal = leaning.rotate([0, 0, 1])
      downhill = leaning.rotate([cos(yaw), sin(yaw), 0])
      let plane = world.addGeometry(.plane, to: nil, at: Pose(orientation: leaning), friction: friction)
      let i = 0.4 * mass * height * height
      body = world.addBody(
        name: "box", mass: mass, inertia: Matrix3(diagonal: [i, i, i]),
        at: Pose(position: height * normal, orientation: leaning * turn))
      let geometry = world.addGeometry(shape, to: body, friction: friction)
      world.addCollision(between: geometry, and: plane)
    }

    var speed: Double { world.linearVelocity(of: body).dot(downhill) }
    var way: Double { world.position(of: body).dot(downhill) }
  }

  static let box = Shape.box(halfExtents: [0.1, 0.1, 0.05])
  static let limit = atan(friction)

  @Test("hold a box 2° below the friction angle, whichever way the slope falls", arguments: yaws, bothSolvers)
  func boxSticks(_ yaw: Double, solver: PhysicsParameters.Solver) {
    for (mass, h) in [(1.0, 0.001), (10, 0.002)] {
      var slope = Slope(
        Self.box, mass: mass, height: 0.05, tilt: Self.limit - 2 * degree, yaw: yaw * degree,
        parameters: .earth(solver, timeStep: h))
      for _ in 0..<Int(0.2 / h) { slope.world.step() }
      let start = slope.way
      for _ in 0..<Int(2 / h) { slope.world.step() }
      Measured.note("creep of a stuck box \(yaw)° \(solver) \(mass) kg, mm in 2 s", (slope.way - start) * 1000)
      #expect(abs(slope.way - start) < 1e-3)
    }
  }

  @Test(
    "let a box slide 2° above the friction angle at g (sin θ − μ cos θ), whichever way the slope falls",
    arguments: yaws, bothSolvers)
  func boxSlides(_ yaw: Double, solver: PhysicsParameters.Solver) {
    let tilt = Self.limit + 2 * degree
    let expected = 9.81 * (sin(tilt) - Self.friction * cos(tilt))
    for (mass, h) in [(1.0, 0.001), (10, 0.002)] {
      var slope = Slope(
        Self.box, mass: mass, height: 0.05, tilt: tilt, yaw: yaw * degree, parameters: .earth(solver, timeStep: h))
      for _ in 0..<Int(0.5 / h) { slope.world.step() }
      let start = slope.speed
      for _ in 0..<Int(1 / h) { slope.world.step() }
      let acceleration = slope.speed - start
      Measured.note("sliding box \(yaw)° \(solver) \(mass) kg, acceleration / expected", acceleration / expected)
      #expect(abs(acceleration / expected - 1) < 0.05, "\(acceleration) m/s², expected \(expected)")
      // Straight downhill.
      let sideways = slope.world.linearVelocity(of: slope.body) - slope.speed * slope.downhill
      #expect(sideways.length < 0.02 * slope.speed)
    }
  }

  @Test(
    "hold a box on level ground against a push of less than μ m g, whichever way it is pushed", arguments: yaws,
    bothSolvers)
  func pushedBox(_ yaw: Double, solver: PhysicsParameters.Solver) {
    for (share, slides) in [(0.93, false), (1.07, true)] {
      var slope = Slope(Self.box, mass: 2, height: 0.05, tilt: 0, yaw: 0, parameters: .earth(solver))
      for _ in 0..<200 { slope.world.step() }
      let force = share * Self.friction * 2 * 9.81
      slope.world.setExternalForce(
        on: slope.body, force: [force * cos(yaw * degree), force * sin(yaw * degree), 0], at: [0, 0, -0.04])
      for _ in 0..<1000 { slope.world.step() }
      let speed = slope.world.linearVelocity(of: slope.body).length
      let expected = slides ? (share - 1) * Self.friction * 9.81 : 0
      Measured.note("pushed box \(yaw)° \(solver) \(share), speed \(expected)", speed)
      #expect(abs(speed - expected) < 0.02, "\(speed) m/s, expected \(expected), push \(share)")
    }
  }

  @Test("let a box thrown across a slope curve downhill as Coulomb says", arguments: yaws, bothSolvers)
  func thrownAcross(_ yaw: Double, solver: PhysicsParameters.Solver) {
    let tilt = 20 * degree
    var slope = Slope(
      Self.box, mass: 1, height: 0.051, tilt: tilt, yaw: yaw * degree, parameters: .earth(solver))
    let across = slope.normal.cross(slope.downhill)
    slope.world.setState(
      of: slope.body, pose: slope.world.pose(of: slope.body), linearVelocity: 2 * across, angularVelocity: .zero)
    // v̇ = g sin θ e − μ g cos θ v/|v|, downhill and across, by small steps; 0.4 s leave the box moving.
    var (down, side) = (0.0, 2.0)
    let dt = 1e-5
    for _ in 0..<40_000 {
      let speed = (down * down + side * side).squareRoot()
      let braking = Self.friction * 9.81 * cos(tilt) / speed
      (down, side) = (down + dt * (9.81 * sin(tilt) - braking * down), side - dt * braking * side)
    }
    for _ in 0..<400 { slope.world.step() }
    let measured = slope.world.linearVelocity(of: slope.body)
    let error = max(abs(measured.dot(slope.downhill) - down), abs(measured.dot(across) - side))
    Measured.note("box thrown across a slope \(yaw)° \(solver), m/s of \(down), \(side)", error)
    #expect(error < 0.005)
  }

  @Test("let a ball roll down a slope at 5/7 g sin θ, whichever way it falls", arguments: yaws, bothSolvers)
  func rollingBall(_ yaw: Double, solver: PhysicsParameters.Solver) {
    let tilt = 10 * degree
    var slope = Slope(
      .sphere(radius: 0.1), mass: 2, height: 0.101, tilt: tilt, yaw: yaw * degree, parameters: .earth(solver))
    for _ in 0..<200 { slope.world.step() }
    let start = slope.speed
    for _ in 0..<1000 { slope.world.step() }
    let acceleration = slope.speed - start
    let expected = 5.0 / 7 * 9.81 * sin(tilt)
    Measured.note("rolling ball \(yaw)° \(solver), acceleration / expected", acceleration / expected)
    #expect(abs(acceleration / expected - 1) < 0.02, "\(acceleration)")
  }

  @Test("scale all friction", arguments: bothSolvers)
  func frictionScale(_ solver: PhysicsParameters.Solver) {
    for (scale, slides) in [(0.0, true), (0.8, true), (1.2, false)] {
      var slope = Slope(
        Self.box, mass: 1, height: 0.05, tilt: Self.limit, yaw: 0, parameters: .earth(solver))
      slope.world.frictionScale = scale
      for _ in 0..<1000 { slope.world.step() }
      let acceleration = 9.81 * (sin(Self.limit) - scale * Self.friction * cos(Self.limit))
      let expected = slides ? acceleration : 0
      #expect(abs(slope.speed - expected) < 0.05 * acceleration.magnitude + 1e-3, "scale \(scale): \(slope.speed) m/s")
    }
  }

  // MARK: Rest

  struct Resting: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shape: Shape
    let height: Double
    let turn: Quaternion
    let contacts: Int

    static let lying = Quaternion(angle: .pi / 2, axis: [1, 0, 0])
    static let all = [
      Resting(testDescription: "box", shape: box, height: 0.05, turn: .identity, contacts: 4),
      Resting(testDescription: "sphere", shape: .sphere(radius: 0.1), height: 0.1, turn: .identity, contacts: 1),
      Resting(
        testDescription: "lying capsule", shape: .capsule(radius: 0.05, halfLength: 0.1), height: 0.05, turn: lying,
        contacts: 2),
      Resting(
        testDescription: "upright cylinder", shape: .cylinder(radius: 0.1, halfLength: 0.05), height: 0.05,
        turn: .identity, contacts: 4),
      Resting(
        testDescription: "lying cylinder", shape: .cylinder(radius: 0.05, halfLength: 0.1), height: 0.05, turn: lying,
        contacts: 2),
    ]
  }

  @Test(
    "carry the weight of what rests on a plane, no deeper than layer and stiffness say", arguments: Resting.all,
    bothSolvers)
  func restingOnPlane(_ resting: Resting, solver: PhysicsParameters.Solver) {
    for mass in [0.5, 20] {
      let parameters = PhysicsParameters.earth(solver, timeStep: 0.002)
      var slope = Slope(
        resting.shape, mass: mass, height: resting.height + 0.01, tilt: 0, yaw: 0, parameters: parameters,
        turn: resting.turn)
      for _ in 0..<2000 { slope.world.step() }
      let contacts = slope.world.contacts
      #expect(contacts.count == resting.contacts)
      let total = contacts.reduce(Vector3.zero) { $0 + $1.force }
      let weight = 9.81 * mass
      #expect((total - [0, 0, weight]).length < 0.01 * weight, "\(total) N for \(weight) N")
      // Bodies without joints have a tenth of the layer, and what is heavier than 17 kg makes its contacts stiffer.
      let layer = parameters.contactSurfaceLayer / 10
      let stiffness = parameters.contactStiffness * (1 + max(0, mass - 17) / 5.1)
      let compression = weight / stiffness / Double(contacts.count)
      for contact in contacts {
        #expect((contact.normal - [0, 0, 1]).length < 1e-6)
        #expect(contact.force.z > 0)
        #expect(contact.depth < layer + 1.05 * compression + 1e-6)
        #expect(contact.depth > layer + 0.9 * compression - 1e-6, "\(contact.depth)")
        #expect(slope.world.body(of: contact.first) == slope.body)
        #expect(slope.world.body(of: contact.second) == nil)
      }
      #expect(slope.world.linearVelocity(of: slope.body).length < 1e-4)
    }
  }

  @Test("carry the weight of what rests on a box", arguments: Resting.all, bothSolvers)
  func restingOnBox(_ resting: Resting, solver: PhysicsParameters.Solver) {
    let mass = 2.0
    var world = World(.earth(solver, timeStep: 0.002))
    let table = world.addGeometry(.box(halfExtents: [0.5, 0.5, 0.1]), to: nil, at: Pose(position: [0, 0, -0.1]))
    let body = world.addBody(
      name: "guest", mass: mass, inertia: Matrix3(diagonal: [0.01, 0.01, 0.01]),
      at: Pose(position: [0, 0, resting.height], orientation: resting.turn))
    let geometry = world.addGeometry(resting.shape, to: body)
    world.addCollision(between: table, and: geometry)
    for _ in 0..<1000 { world.step() }
    var total = Vector3.zero
    for _ in 0..<500 {
      world.step()
      total += world.contacts.reduce(Vector3.zero) { $0 + $1.force } / 500
    }
    #expect((total - [0, 0, 9.81 * mass]).length < 0.01 * 9.81 * mass, "\(total)")
    #expect(abs(world.position(of: body).z - resting.height) < 2e-3, "\(world.position(of: body))")
    for contact in world.contacts { #expect((contact.normal - [0, 0, 1]).length < 1e-3) }
  }

  @Test("push two bodies apart with equal and opposite forces", arguments: bothSolvers)
  func actionIsReaction(_ solver: PhysicsParameters.Solver) {
    var world = World(.weightless(solver, timeStep: 0.001))
    let (left, right) = (-0.0999, 0.0999)
    let bodies = [left, right].map { x in
      world.addBody(name: "ball", mass: x < 0 ? 1 : 4, inertia: .identity, at: Pose(position: [x, 0, 0]))
    }
    let shapes = bodies.map { world.addGeometry(.sphere(radius: 0.1), to: $0) }
    world.addCollision(between: shapes[0], and: shapes[1])
    world.setState(of: bodies[0], pose: world.pose(of: bodies[0]), linearVelocity: [2, 0, 0], angularVelocity: .zero)
    world.step()
    #expect(world.contactCount == 1)
    let contact = world.contact(0)
    // From the second into the first, which is on the left.
    #expect((contact.normal - [-1, 0, 0]).length < 1e-12)
    #expect(contact.first == shapes[0] && contact.second == shapes[1])
    #expect((contact.force * 0.001 - 1 * (world.linearVelocity(of: bodies[0]) - [2, 0, 0])).length < 1e-9)
    #expect((world.linearMomentum - [2, 0, 0]).length < 1e-12)
    // Without bounce both soon go on together; how soon, the contacts' damping says.
    for _ in 0..<20 { world.step() }
    let closing = world.linearVelocity(of: bodies[0]).x - world.linearVelocity(of: bodies[1]).x
    #expect(closing < 0.02, "\(closing) m/s")
  }

  // MARK: Pairs

  @Test("exist for listed pairs only, and come in the order of the list")
  func onlyListedPairs() {
    var world = World(.earth(.direct))
    let floor = world.addGeometry(.plane, to: nil)
    let geometries = (0..<3).map { i in
      let body = world.addBody(
        name: "\(i)", mass: 1, inertia: 0.01 * Matrix3.identity, at: Pose(position: [Double(i), 0, 0.099]))
      return world.addGeometry(.sphere(radius: 0.1), to: body)
    }
    world.addCollision(between: geometries[2], and: floor)
    world.addCollision(between: floor, and: geometries[0])
    for _ in 0..<500 {
      world.step()
      #expect(world.contacts.map(\.first) == [geometries[2], geometries[0]])
    }
    // The one without a pair fell through.
    #expect(world.position(of: world.bodyIndices[1]).z < -1)
    #expect(world.collisionPairCount == 2 && world.geometryCount == 4)
  }

  @Test("take the larger friction of the two")
  func largerFriction() {
    for (own, plane) in [(0.0, 0.5), (0.5, 0.0)] {
      var world = World(.earth(.direct))
      let body = world.addBody(
        name: "box", mass: 1, inertia: 0.01 * Matrix3.identity, at: Pose(position: [0, 0, 0.05]))
      let floor = world.addGeometry(.plane, to: nil, friction: plane)
      let box = world.addGeometry(Self.box, to: body, friction: own)
      world.addCollision(between: box, and: floor)
      world.setState(of: body, pose: world.pose(of: body), linearVelocity: [2, 0, 0], angularVelocity: .zero)
      for _ in 0..<200 { world.step() }
      #expect(abs(world.linearVelocity(of: body).x - (2 - 0.5 * 9.81 * 0.2)) < 0.02)
    }
  }

  @Test("turn with the scene: a thrown, tumbling box comes to rest alike at any heading", arguments: bothSolvers)
  func headingDoesNotMatter(_ solver: PhysicsParameters.Solver) {
    func throwBox(heading: Double) -> (distance: Double, height: Double, tilt: Double) {
      let turn = Pose(orientation: Quaternion(angle: heading, axis: [0, 0, 1]))
      var world = World(.earth(solver))
      let floor = world.addGeometry(.plane, to: nil)
      let body = world.addBody(
        name: "box", mass: 1, inertia: Matrix3(diagonal: [0.005, 0.005, 0.006]),
        at: turn * Pose(position: [0, 0, 0.05]))
      world.addCollision(between: world.addGeometry(Self.box, to: body, friction: 0.5), and: floor)
      world.setState(
        of: body, pose: world.pose(of: body), linearVelocity: turn.orientation.rotate([2, 0.7, 0]),
        angularVelocity: .zero)
      for _ in 0..<2000 { world.step() }
      let up = world.rotate([0, 0, 1], from: body)
      return (world.position(of: body).length, world.position(of: body).z, up.z)
    }
    let straight = throwBox(heading: 0)
    for heading in [30.0, 45, 90] {
      let turned = throwBox(heading: heading * degree)
      #expect(
        abs(turned.distance - straight.distance) < 0.02 * straight.distance, "\(turned) at \(heading)°, \(straight)")
      #expect(abs(turned.height - straight.height) < 1e-4)
      #expect(abs(turned.tilt - straight.tilt) < 1e-3)
    }
  }
}
