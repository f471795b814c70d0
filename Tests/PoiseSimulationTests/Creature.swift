import Foundation
import PoiseCore

@testable import PoiseSimulation

/// A robot with every kind of joint, limits, dampers, springs and contacts, to be driven at random.
enum Creature {
  /// - Parameter isOnGround: false leaves out the plane, the planar cart and all resistance: a chain in free space.
  static func make(_ parameters: PhysicsParameters, isOnGround: Bool = true, solverSeed: UInt64 = 1) -> World {
    var world = World(parameters, solverSeed: solverSeed)
    func resistance(_ reach: Double, damping: Double = 0.5, stiffness: Double = 0) -> DegreeOfFreedom {
      isOnGround
        ? DegreeOfFreedom(reference: 0.1, limits: -reach...reach + 0.2, damping: damping, stiffness: stiffness)
        : .init()
    }
    let torso = body(&world, "torso", 6, [0.1, 0.15, 0.15], [0, 0, 0.62])
    let left = body(&world, "left leg", 2, [0.05, 0.05, 0.15], [0, 0.12, 0.3])
    let right = body(&world, "right leg", 2, [0.05, 0.05, 0.15], [0, -0.12, 0.3])
    let leftFoot = body(&world, "left foot", 0.8, [0.12, 0.05, 0.03], [0.03, 0.12, 0.1])
    let rightFoot = body(&world, "right foot", 0.8, [0.12, 0.05, 0.03], [0.03, -0.12, 0.1])
    let arm = body(&world, "arm", 1, [0.04, 0.04, 0.15], [0, 0.25, 0.65])
    let tail = body(&world, "tail", 1, [0.15, 0.04, 0.04], [-0.3, 0, 0.62])
    _ = world.addThreeHinge(
      child: left, parent: torso, anchor: [0, 0.12, 0.45], axes: ([1, 0, 0], [0, 1, 0], [0, 0, 1]),
      degrees: (resistance(0.5), resistance(1), resistance(0.5)))
    _ = world.addUniversal(
      child: right, parent: torso, anchor: [0, -0.12, 0.45], axes: ([0, 1, 0], [1, 0, 0]),
      degrees: (resistance(1), resistance(0.5, stiffness: 20)))
    _ = world.addHinge(
      child: leftFoot, parent: left, anchor: [0, 0.12, 0.13], axis: [0, 1, 0], degree: resistance(0.6))
    _ = world.addHinge(
      child: rightFoot, parent: right, anchor: [0, -0.12, 0.13], axis: [0, 1, 0], degree: resistance(0.6))
    _ = world.addBall(child: arm, parent: torso, anchor: [0, 0.2, 0.75], damping: isOnGround ? 0.3 : 0)
    _ = world.addSlide(
      child: tail, parent: torso, axis: [-1, 0, 0], degree: resistance(0.1, damping: 20, stiffness: 200))
    guard isOnGround else { return world }
    let cart = body(&world, "cart", 3, [0.1, 0.1, 0.05], [0.8, 0, 0.3])
    _ = world.addPlanar(
      child: cart, anchor: [0.8, 0, 0.3], axes: ([1, 0, 0], [0, 0, 1], [0, -1, 0]),
      degrees: (resistance(0.3), resistance(0.3, stiffness: 300), resistance(1)))
    let floor = world.addGeometry(.plane, to: nil)
    let geometries = [
      world.addGeometry(.box(halfExtents: [0.12, 0.05, 0.03]), to: leftFoot, friction: 0.8),
      world.addGeometry(.box(halfExtents: [0.12, 0.05, 0.03]), to: rightFoot, friction: 0.8),
      world.addGeometry(.box(halfExtents: [0.1, 0.15, 0.15]), to: torso),
      world.addGeometry(.capsule(radius: 0.05, halfLength: 0.1), to: left),
      world.addGeometry(.cylinder(radius: 0.05, halfLength: 0.15), to: right),
      world.addGeometry(.sphere(radius: 0.06), to: arm, at: Pose(position: [0, 0, -0.12])),
      world.addGeometry(.capsule(radius: 0.04, halfLength: 0.1), to: tail),
      world.addGeometry(.box(halfExtents: [0.1, 0.1, 0.05]), to: cart),
    ]
    for geometry in geometries { world.addCollision(between: geometry, and: floor) }
    world.addCollision(between: geometries[0], and: geometries[1])
    world.addCollision(between: geometries[3], and: geometries[4])
    world.addCollision(between: geometries[5], and: geometries[3])
    world.addCollision(between: geometries[2], and: geometries[7])
    return world
  }

  private static func body(
    _ world: inout World, _ name: String, _ mass: Double, _ half: Vector3, _ position: Vector3
  ) -> World.BodyIndex {
    let i =
      mass / 3
      * Vector3(
        half.y * half.y + half.z * half.z, half.x * half.x + half.z * half.z, half.x * half.x + half.y * half.y)
    return world.addBody(name: name, mass: mass, inertia: Matrix3(diagonal: i), at: Pose(position: position))
  }

  /// Steps under random efforts, held for 20 steps each.
  static func drive(_ world: inout World, steps: Int, random: inout RandomStream) {
    for step in 0..<steps {
      if step % 20 == 0 {
        for i in world.efforts.indices { world.efforts[i] = random.uniform(in: -15...15) }
      }
      world.step()
    }
  }
}

/// Runs `body` for every index on a thread of its own, `count` at a time, and returns what they return.
func onThreads<Result: Sendable>(
  _ count: Int, each indices: Range<Int>, _ body: @escaping @Sendable (Int) -> Result
) async -> [Result] {
  // Behind a lock, and not handed over by the continuation: the thread sanitizer sees no order in that.
  let results = Guarded<[Int: Result]>([:])
  await withTaskGroup { group in
    for worker in 0..<count {
      group.addTask {
        await withCheckedContinuation { continuation in
          let thread = Thread {
            for index in stride(from: indices.lowerBound + worker, to: indices.upperBound, by: count) {
              let result = body(index)
              results.withLock { $0[index] = result }
            }
            continuation.resume()
          }
          thread.start()
        }
      }
    }
  }
  return results.withLock { results in indices.compactMap { results[$0] } }
}
