import PoiseCore
import PoiseModels
import PoiseSimulation

extension RobotModel {
  /// What every model promises to those who build a world from it; a sentence for each promise that this one breaks.
  var brokenPromises: [String] {
    var broken: [String] = []
    func promise(_ holds: Bool, _ sentence: @autoclosure () -> String) { if !holds { broken.append(sentence()) } }
    func isUnit(_ q: Quaternion) -> Bool { abs(q.lengthSquared - 1) < 1e-9 }
    func isOrdered(_ range: ClosedRange<Double>?) -> Bool {
      range.map { $0.lowerBound.isFinite && $0.upperBound.isFinite && $0.lowerBound < $0.upperBound } ?? true
    }
    func allDifferent(_ names: [String]) -> Bool { Set(names).count == names.count && !names.contains("") }

    promise(!bodies.isEmpty, "has a body")
    promise(allDifferent(bodies.map(\.name)), "bodies have names of their own")
    promise(allDifferent(geometries.map(\.name)), "geometries have names of their own")
    promise(allDifferent(joints.map(\.name)), "joints have names of their own")
    promise(allDifferent(actuators.map(\.name)), "actuators have names of their own")
    promise(physics.timeStep > 0 && physics.timeStep <= 1 && physics.gravity.isFinite, "time step and gravity are sane")

    for (i, body) in bodies.enumerated() {
      promise(body.parent.map { $0 >= 0 && $0 < i } ?? true, "parents stand before children (\(body.name))")
      promise(body.pose.position.isFinite && isUnit(body.pose.orientation), "poses are rigid (\(body.name))")
      guard let inertia = body.inertia else { continue }
      let moments = inertia.tensor.eigenSystem().values
      promise(inertia.mass > 0 && inertia.mass.isFinite && inertia.centerOfMass.isFinite, "masses are positive")
      promise(inertia.tensor.isFinite && moments.x >= -1e-9 * moments.z, "inertias are not negative (\(body.name))")
      promise(moments.x + moments.y >= moments.z * (1 - 1e-5), "inertias are possible (\(body.name): \(moments))")
    }
    for geometry in geometries {
      let sizes: [Double] =
        switch geometry.shape {
        case .plane: []
        case .sphere(let r): [r]
        case .capsule(let r, let h), .cylinder(let r, let h): [r, h]
        case .box(let e): [e.x, e.y, e.z]
        }
      promise(sizes.allSatisfy { $0 > 0 && $0.isFinite }, "sizes are positive (\(geometry.name))")
      promise(geometry.pose.position.isFinite && isUnit(geometry.pose.orientation), "geometries stand somewhere")
      promise(geometry.body.map(bodies.indices.contains) ?? true, "geometries belong to bodies")
      promise(geometry.friction >= 0 && geometry.friction.isFinite, "friction is not negative")
    }
    for (i, joint) in joints.enumerated() {
      promise(bodies.indices.contains(joint.body), "joints belong to bodies")
      promise(i == 0 || joints[i - 1].body <= joint.body, "the joints of a body stand together")
      promise(joint.anchor.isFinite && abs(joint.axis.length - 1) < 1e-9, "axes have length 1 (\(joint.name))")
      promise(isOrdered(joint.range), "ranges are in order (\(joint.name))")
      promise(joint.kind == .hinge || joint.kind == .slide || joint.range == nil, "balls have no range")
      promise(joint.damping >= 0 && joint.stiffness >= 0 && joint.armature >= 0, "constants are not negative")
    }
    for actuator in actuators {
      promise(joints.indices.contains(actuator.joint), "actuators act on joints")
      promise(isOrdered(actuator.controlRange) && isOrdered(actuator.forceRange), "control ranges are in order")
      promise(actuator.gear.isFinite, "gears are finite")
    }
    for pair in excludedPairs {
      promise([pair.first, pair.second].allSatisfy { $0.map(bodies.indices.contains) ?? true }, "pairs are of bodies")
    }
    return broken
  }
}
