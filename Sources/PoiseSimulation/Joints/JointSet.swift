import COde
import PoiseCore

/// All joints of a world, by kind, so that each kind is one tight loop per step.
struct JointSet {
  /// What a `World.JointIndex` names.
  enum Reference {
    case hinge(Int), slide(Int), universal(Int), threeHinge(Int), planar(Int), ball(Int), fixed
  }

  var references: [Reference] = []
  /// ODE's joint that carries the reaction, and our feedback memory, [joints]; `nil` until it is asked for.
  var handles: [dJointID] = []
  var feedbacks: [UnsafeMutablePointer<dJointFeedback>?] = []

  var hinges: [HingeJoint] = []
  var slides: [SlideJoint] = []
  var universals: [UniversalJoint] = []
  var threeHinges: [ThreeHingeJoint] = []
  var planars: [PlanarJoint] = []
  var balls: [BallJoint] = []

  mutating func add(_ reference: Reference, handle: dJointID) -> Int {
    references.append(reference)
    handles.append(handle)
    feedbacks.append(nil)
    return references.count - 1
  }

  /// Chooses each joint's rows for the next step and applies the efforts, [degrees of freedom].
  mutating func prepare(efforts τ: [Double], timeStep h: Double, contactGroup: dJointGroupID) {
    for i in hinges.indices { hinges[i].prepare(effort: τ[hinges[i].degree], timeStep: h) }
    for i in slides.indices { slides[i].prepare(effort: τ[slides[i].degree], timeStep: h) }
    for i in universals.indices {
      let d = universals[i].firstDegree
      universals[i].prepare(efforts: (τ[d], τ[d + 1]), timeStep: h)
    }
    for i in threeHinges.indices {
      let d = threeHinges[i].firstDegree
      threeHinges[i].prepare(efforts: (τ[d], τ[d + 1], τ[d + 2]), timeStep: h)
    }
    for i in planars.indices {
      let d = planars[i].firstDegree
      planars[i].prepare(efforts: (τ[d], τ[d + 1], τ[d + 2]), timeStep: h, limitContacts: contactGroup)
    }
  }

  /// Writes every coordinate and its rate, [degrees of freedom], computed from the bodies as they are now.
  func read(positions q: inout [Double], velocities v: inout [Double]) {
    for joint in hinges { (q[joint.degree], v[joint.degree]) = (joint.position, joint.rate) }
    for joint in slides { (q[joint.degree], v[joint.degree]) = (joint.position, joint.rate) }
    for joint in universals {
      let d = joint.firstDegree
      (q[d], q[d + 1]) = joint.positions
      (v[d], v[d + 1]) = joint.rates
    }
    for joint in threeHinges {
      let d = joint.firstDegree
      (q[d], q[d + 1], q[d + 2]) = joint.positions
      (v[d], v[d + 1], v[d + 2]) = joint.rates
    }
    for joint in planars {
      let d = joint.firstDegree
      (q[d], q[d + 1], q[d + 2]) = joint.positions
      (v[d], v[d + 1], v[d + 2]) = joint.rates
    }
  }

  func free() {
    for case let feedback? in feedbacks { feedback.deallocate() }
  }
}
