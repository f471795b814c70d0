import COde
import Foundation
import PoiseCore
import Testing

@testable import PoiseSimulation

@Suite("The test before the exact collision")
struct CollisionSetTests {
  static let shapes: [Shape] = [
    .sphere(radius: 0.3), .capsule(radius: 0.1, halfLength: 0.4), .cylinder(radius: 0.2, halfLength: 0.3),
    .box(halfExtents: [0.3, 0.1, 0.2]),
  ]

  @Test(
    "never hides a contact: the same contacts as ODE alone finds, at random poses, wherever the shapes were before",
    arguments: shapes, shapes + [.plane]
  )
  func hidesNothing(_ a: Shape, _ b: Shape) {
    var random = RandomStream(testing: 70)
    var touching = 0
    func pose() -> Pose { Pose(position: random.vector(within: 0.35), orientation: random.rotation()) }
    for _ in 0..<400 {
      var parameters = PhysicsParameters.weightless(.direct, timeStep: 1e-6)
      parameters.isContactEnabled = true
      var world = World(parameters)
      let first = world.addBody(name: "a", mass: 1, inertia: .identity, at: pose())
      let offset = Pose(position: random.vector(within: 0.2), orientation: random.rotation())
      let shapeA = world.addGeometry(a, to: first, at: offset)
      let shapeB: World.GeometryIndex
      if b == .plane {
        shapeB = world.addGeometry(b, to: nil, at: random.pose())
      } else {
        let isFixed = random.uniform() < 0.3
        let second = isFixed ? nil : world.addBody(name: "b", mass: 1, inertia: .identity, at: pose())
        shapeB = world.addGeometry(b, to: second, at: pose())
      }
      world.addCollision(between: shapeA, and: shapeB)
      let handles = world.collisions.pairs[0]
      var found = [dContactGeom](repeating: dContactGeom(), count: 4)
      if case .box = a, case .box = b { found += found }
      for move in 0..<5 {
        for body in world.bodyIndices where move > 0 {
          world.setState(of: body, pose: pose(), linearVelocity: .zero, angularVelocity: .zero)
        }
        let expected = dCollide(
          world.collisions.geometries[handles.first].handle, world.collisions.geometries[handles.second].handle,
          Int32(found.count), &found, Int32(MemoryLayout<dContactGeom>.stride))
        world.step()
        #expect(world.contactCount == Int(expected))
        for (contact, geom) in zip(world.contacts, found) {
          #expect(contact.position == Vector3(geom.pos.0, geom.pos.1, geom.pos.2))
        }
        if move == 0 && expected > 0 { touching += 1 }
      }
    }
    #expect(touching > 20 && touching < 380, "\(touching) of 400 touched, so the poses prove little")
  }

  @Test("encloses every shape in its capsule")
  func capsulesEnclose() {
    var random = RandomStream(testing: 71)
    for _ in 0..<2000 {
      let shape = Self.shapes[random.index(below: Self.shapes.count)]
      let capsule = shape.enclosingCapsule
      let point = surfacePoint(shape, &random)
      let along = capsule.halfAxis.lengthSquared == 0 ? 0 : point.dot(capsule.halfAxis) / capsule.halfAxis.lengthSquared
      let nearest = min(1, max(-1, along)) * capsule.halfAxis
      #expect((point - nearest).length <= capsule.radius + 1e-12, "\(shape) at \(point)")
    }
  }

  func surfacePoint(_ shape: Shape, _ random: inout RandomStream) -> Vector3 {
    let direction = Vector3(random.normal(), random.normal(), random.normal()).normalized
    let side: Double = random.uniform() < 0.5 ? -1 : 1
    let φ = random.uniform(in: 0...2 * .pi)
    switch shape {
    case .plane: return .zero
    case .sphere(let radius): return radius * direction
    case .capsule(let radius, let half): return [0, 0, side * half] + radius * direction
    case .cylinder(let radius, let half): return [radius * cos(φ), radius * sin(φ), side * half]
    case .box(let half):
      return half * Vector3(side, random.uniform() < 0.5 ? -1 : 1, random.uniform() < 0.5 ? -1 : 1)
    }
  }

  @Test("measures the distance of two segments as a search over both does")
  func segmentDistance() {
    var random = RandomStream(testing: 72)
    for trial in 0..<500 {
      let d = random.vector(within: 2)
      var a = random.vector()
      var b = random.vector()
      switch trial % 5 {
      case 1: b = 0.7 * a
      case 2: a = .zero
      case 3: b = .zero
      case 4: (a, b) = (.zero, .zero)
      default: break
      }
      // Convex in (s, t): alternate exact minimisation would do, but a grid with refinement needs no thought.
      var (s, t, width) = (0.0, 0.0, 1.0)
      var best = d.lengthSquared
      while width > 1e-7 {
        let (s0, t0) = (s, t)
        for i in -10...10 {
          for j in -10...10 {
            let (s1, t1) = (
              min(1, max(-1, s0 + width * Double(i) / 10)), min(1, max(-1, t0 + width * Double(j) / 10))
            )
            let distance = (d + t1 * b - s1 * a).lengthSquared
            if distance < best { (best, s, t) = (distance, s1, t1) }
          }
        }
        width *= 0.6
      }
      let measured = shortestWayBetweenSegments(d, a, b).lengthSquared
      #expect(abs(measured - best) < 1e-6, "d \(d), a \(a), b \(b): \(measured), search \(best)")
    }
  }

  @Test("lets shapes touch just inside their surfaces and not just outside", arguments: shapes, shapes + [.plane])
  func touchesAtTheSurface(_ a: Shape, _ b: Shape) {
    // Aligned along z: half heights add up to the distance at which they touch.
    func height(_ shape: Shape) -> Double {
      switch shape {
      case .plane: 0
      case .sphere(let radius): radius
      case .capsule(let radius, let half): radius + half
      case .cylinder(_, let half): half
      case .box(let half): half.z
      }
    }
    for gap in [-1e-4, 1e-4] {
      var world = World(.weightless(.direct))
      let below = world.addGeometry(b, to: nil)
      let body = world.addBody(
        name: "a", mass: 1, inertia: .identity, at: Pose(position: [0, 0, height(a) + height(b) + gap]))
      let above = world.addGeometry(a, to: body)
      world.addCollision(between: below, and: above)
      world.step()
      #expect((world.contactCount > 0) == (gap < 0), "gap \(gap)")
      for contact in world.contacts {
        #expect((contact.normal - [0, 0, 1]).length < 1e-3, "\(contact.normal)")
        #expect(contact.force.z >= 0)
        #expect(abs(contact.depth - 1e-4) < 2e-5, "\(contact.depth)")
      }
    }
  }
}
