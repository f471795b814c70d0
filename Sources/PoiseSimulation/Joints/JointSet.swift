import COde
import PoiseCore

/// All joints of a world, by kind, so that each kind is one tight loop per step.
struct JointSet {
  var references: [JointReference] = []
  /// ODE's joint that carries the reaction, and our feedback memory, [joints]; `nil` until `recordReaction`.
  var handles: [dJointID] = []
  var feedbacks: [UnsafeMutablePointer<dJointFeedback>?] = []

  var hinges: [HingeJoint] = []
  var slides: [SlideJoint] = []
  var universals: [UniversalJoint] = []
  var threeHinges: [ThreeHingeJoint] = []
  var planars: [PlanarJoint] = []
  var balls: [BallJoint] = []
  var frees: [FreeJoint] = []

  /// The drives of single coordinates, with rows of their own.
  var drives: [CoordinateDrive] = []
  /// Sum of effort and drives for each coordinate, [degrees of freedom]; empty without drives.
  private var pushes: [Double] = []
  /// The angles whose turns are counted.
  var countedAngles: [CountedAngle] = []

  mutating func add(_ reference: JointReference, handle: dJointID) -> Int {
    references.append(reference)
    handles.append(handle)
    feedbacks.append(nil)
    return references.count - 1
  }

  /// Chooses each joint's rows for the next step and applies the efforts, [degrees of freedom].
  mutating func prepare(
    efforts τ: [Double], servos: [CoordinateServo], timeStep h: Double, contactGroup: dJointGroupID
  ) {
    guard !drives.isEmpty else { return prepareJoints(efforts: τ, pushes: τ, timeStep: h, contactGroup: contactGroup) }
    var pushes: [Double] = []
    swap(&pushes, &self.pushes)
    pushes.removeAll(keepingCapacity: true)
    pushes.append(contentsOf: τ)
    for i in drives.indices {
      pushes[drives[i].degree] += drives[i].prepare(
        motion(drives[i].joint, drives[i].index), servos: servos.span, timeStep: h, group: contactGroup)
    }
    prepareJoints(efforts: τ, pushes: pushes, timeStep: h, contactGroup: contactGroup)
    swap(&pushes, &self.pushes)
  }

  private mutating func prepareJoints(
    efforts τ: [Double], pushes: [Double], timeStep h: Double, contactGroup: dJointGroupID
  ) {
    let (τ, σ) = (τ.span, pushes.span)
    // Spans: changing an element of an array in place checks the array's reference count each time.
    var hinges = hinges.mutableSpan
    for i in hinges.indices { hinges[i].prepare(effort: τ[hinges[i].degree], push: σ[hinges[i].degree], timeStep: h) }
    var slides = slides.mutableSpan
    for i in slides.indices { slides[i].prepare(effort: τ[slides[i].degree], push: σ[slides[i].degree], timeStep: h) }
    var universals = universals.mutableSpan
    for i in universals.indices {
      let d = universals[i].firstDegree
      universals[i].prepare(efforts: (τ[d], τ[d + 1]), pushes: (σ[d], σ[d + 1]), timeStep: h)
    }
    var threeHinges = threeHinges.mutableSpan
    for i in threeHinges.indices {
      let d = threeHinges[i].firstDegree
      threeHinges[i].prepare(
        efforts: (τ[d], τ[d + 1], τ[d + 2]), pushes: (σ[d], σ[d + 1], σ[d + 2]), timeStep: h)
    }
    var planars = planars.mutableSpan
    for i in planars.indices {
      let d = planars[i].firstDegree
      planars[i].prepare(
        efforts: (τ[d], τ[d + 1], τ[d + 2]), pushes: (σ[d], σ[d + 1], σ[d + 2]), timeStep: h, rows: contactGroup)
    }
    for ball in balls { ball.prepare(timeStep: h) }
    for free in frees { free.prepare(timeStep: h, rows: contactGroup) }
  }

  /// The present motion of one coordinate of a joint.
  private func motion(_ joint: JointReference, _ index: Int) -> CoordinateMotion {
    switch joint {
    case .hinge(let i): hinges[i].motion
    case .slide(let i): slides[i].motion
    case .universal(let i): universals[i].motion(index)
    case .threeHinge(let i): threeHinges[i].motion(index)
    case .planar(let i): planars[i].motion(index)
    case .ball, .fixed: preconditionFailure("a ball has no coordinates")
    }
  }

  /// Writes every coordinate and its rate, [degrees of freedom], computed from the bodies as they are now.
  func read(positions q: inout [Double], velocities v: inout [Double]) {
    // By index: a joint is hundreds of bytes, and a loop over the elements copies each.
    for i in hinges.indices { (q[hinges[i].degree], v[hinges[i].degree]) = (hinges[i].position, hinges[i].rate) }
    for i in slides.indices { (q[slides[i].degree], v[slides[i].degree]) = (slides[i].position, slides[i].rate) }
    for i in universals.indices {
      let d = universals[i].firstDegree
      (q[d], q[d + 1]) = universals[i].positions
      (v[d], v[d + 1]) = universals[i].rates
    }
    for i in threeHinges.indices {
      let d = threeHinges[i].firstDegree
      (q[d], q[d + 1], q[d + 2]) = threeHinges[i].positions
      (v[d], v[d + 1], v[d + 2]) = threeHinges[i].rates
    }
    for i in planars.indices {
      let d = planars[i].firstDegree
      (q[d], q[d + 1], q[d + 2]) = planars[i].positions
      (v[d], v[d + 1], v[d + 2]) = planars[i].rates
    }
  }

  func free() {
    for case let feedback? in feedbacks { feedback.deallocate() }
  }
}
