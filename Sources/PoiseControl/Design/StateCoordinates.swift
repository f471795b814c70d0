import Foundation
import PoiseCore
public import PoiseModels

/// The state of a robot as one column of numbers about a pose: as many positions as it has degrees of freedom, then their rates.
///
/// A free joint has three coordinates of place (m, world axes) and three of a rotation vector (rad, world axes): R = exp(δ) R₀. A ball has
/// a rotation vector in the axes of its body: R = R₀ exp(δ). Hinges (rad) and slides (m) have one each. Rates are velocities and angular
/// velocities in the same axes.
public struct StateCoordinates: Sendable, Hashable {
  /// Names of the coordinates, positions first: `slider`, `hinge`, `slider_velocity`, `hinge_velocity`; `root_x`, `root_turn_x` of a free
  /// joint.
  public let names: [String]
  /// SI symbols, [coordinates].
  public let units: [String]
  /// Of hinges without limits, whose angle counts no turns, [scalar joints].
  private let isCircular: [Bool]
  private let freeCount, ballCount: Int

  /// The coordinates of a robot.
  public init(_ model: RobotModel) {
    let free = model.joints.filter { $0.kind == .free }
    let balls = model.joints.filter { $0.kind == .ball }
    let scalars = model.scalarJoints.map { model.joints[$0] }
    let axes = ["x", "y", "z"]
    var positions: [(name: String, unit: String)] = []
    for joint in free {
      for axis in axes { positions.append(("\(joint.name)_\(axis)", "m")) }
      for axis in axes { positions.append(("\(joint.name)_turn_\(axis)", "rad")) }
    }
    for joint in balls {
      for axis in axes { positions.append(("\(joint.name)_turn_\(axis)", "rad")) }
    }
    for joint in scalars { positions.append((joint.name, joint.kind == .hinge ? "rad" : "m")) }
    names = positions.map(\.name) + positions.map { "\($0.name)_velocity" }
    units = positions.map(\.unit) + positions.map { "\($0.unit)/s" }
    isCircular = scalars.map { $0.kind == .hinge && $0.range == nil }
    (freeCount, ballCount) = (free.count, balls.count)
  }

  /// Number of coordinates, rates included.
  public var count: Int { names.count }
  /// Number of positions, and of rates.
  public var degreeCount: Int { count / 2 }
  /// The position of a scalar joint, by its number among the scalar joints.
  public func position(ofScalar scalar: Int) -> Int { 6 * freeCount + 3 * ballCount + scalar }

  /// How far a state is from a reference, [coordinates].
  public func deviation(_ state: JointConfiguration, from reference: JointConfiguration) -> [Double] {
    var q: [Double] = []
    var v: [Double] = []
    q.reserveCapacity(count)
    v.reserveCapacity(degreeCount)
    func append(_ vector: Vector3, to list: inout [Double]) { for i in 0..<3 { list.append(vector[i]) } }
    for i in 0..<freeCount {
      let (pose, old) = (state.freePoses[i], reference.freePoses[i])
      append(pose.position - old.position, to: &q)
      append(rotationVector(pose.orientation * old.orientation.conjugate), to: &q)
      append(state.freeVelocities[i].linear - reference.freeVelocities[i].linear, to: &v)
      append(state.freeVelocities[i].angular - reference.freeVelocities[i].angular, to: &v)
    }
    for i in 0..<ballCount {
      append(rotationVector(reference.ballOrientations[i].conjugate * state.ballOrientations[i]), to: &q)
      append(state.ballVelocities[i] - reference.ballVelocities[i], to: &v)
    }
    for i in isCircular.indices {
      let difference = state.positions[i] - reference.positions[i]
      q.append(isCircular[i] ? remainder(difference, 2 * .pi) : difference)
      v.append(state.velocities[i] - reference.velocities[i])
    }
    return q + v
  }

  /// The state that is `deviation` away from a reference; the inverse of `deviation`.
  public func state(_ deviation: [Double], from reference: JointConfiguration) -> JointConfiguration {
    precondition(deviation.count == count, "\(deviation.count) of \(count) coordinates")
    var state = reference
    var next = 0
    func take() -> (position: Vector3, rate: Vector3) {
      defer { next += 3 }
      return (
        Vector3(deviation[next], deviation[next + 1], deviation[next + 2]),
        Vector3(
          deviation[degreeCount + next], deviation[degreeCount + next + 1], deviation[degreeCount + next + 2])
      )
    }
    for i in 0..<freeCount {
      let (place, turn) = (take(), take())
      state.freePoses[i].position += place.position
      state.freePoses[i].orientation = rotation(turn.position) * reference.freePoses[i].orientation
      state.freeVelocities[i].linear += place.rate
      state.freeVelocities[i].angular += turn.rate
    }
    for i in 0..<ballCount {
      let turn = take()
      state.ballOrientations[i] = reference.ballOrientations[i] * rotation(turn.position)
      state.ballVelocities[i] += turn.rate
    }
    for i in isCircular.indices {
      state.positions[i] += deviation[next + i]
      state.velocities[i] += deviation[degreeCount + next + i]
    }
    return state
  }
}

/// The rotation about a vector by its length, rad.
private func rotation(_ vector: Vector3) -> Quaternion {
  let angle = vector.length
  return angle > 0 ? Quaternion(angle: angle, axis: vector / angle) : .identity
}

/// The vector about which, and by whose length, a quaternion rotates, rad.
private func rotationVector(_ q: Quaternion) -> Vector3 {
  let (w, v) = q.w < 0 ? (-q.w, -q.vector) : (q.w, q.vector)
  let sine = v.length
  return sine > 0 ? 2 * atan2(sine, w) / sine * v : .zero
}
