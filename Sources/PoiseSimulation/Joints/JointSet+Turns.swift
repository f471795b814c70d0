import PoiseCore

/// Counting the turns of angles that no limit keeps within one.
extension JointSet {
  mutating func countAngle(_ joint: JointReference, _ index: Int, degree: Int) {
    // The middle one of three hinges keeps within a quarter turn by its geometry.
    if case .threeHinge = joint, index == 1 { return }
    var counted = CountedAngle(joint: joint, index: index, degree: degree)
    counted.last = angle(counted).value
    countedAngles.append(counted)
  }

  /// Follows the angles over a step of `h` seconds that has just been taken.
  ///
  /// A pose determines an angle up to whole turns; the turn follows from the angle before the step and its rate.
  mutating func countTurns(after h: Double) {
    for i in countedAngles.indices {
      let angle = angle(countedAngles[i])
      let middle = angle.reference + angle.wholeTurns
      let turned = h * rate(countedAngles[i])
      // Most angles are far from where a new turn begins; they need no arc tangent.
      if countedAngles[i].last == middle, angle.isNearReference, abs(turned) < 1 { continue }
      follow(i, angle, near: countedAngles[i].last + turned)
    }
  }

  mutating func countTurns(near positions: [Double]) {
    for i in countedAngles.indices { follow(i, angle(countedAngles[i]), near: positions[countedAngles[i].degree]) }
  }

  /// Whether any counted coordinate is not in turn 0.
  var hasTurns: Bool { countedAngles.contains { angle($0).wholeTurns != 0 } }

  /// Whole turns of each coordinate, [degrees of freedom]; 0 where none are counted.
  func turns(degreeCount: Int) -> [Int] {
    var turns = [Int](repeating: 0, count: degreeCount)
    for counted in countedAngles {
      turns[counted.degree] = Int(clamping: (angle(counted).wholeTurns / (2 * .pi)).rounded())
    }
    return turns
  }

  /// - Parameter turns: [degrees of freedom], or none.
  mutating func setTurns(_ turns: [Int]) {
    for i in countedAngles.indices {
      set(wholeTurns: turns.isEmpty ? 0 : 2 * .pi * Double(turns[countedAngles[i].degree]), of: countedAngles[i])
      let angle = angle(countedAngles[i])
      countedAngles[i].last = angle.isNearReference ? angle.reference + angle.wholeTurns : angle.value
    }
  }

  private mutating func follow(_ i: Int, _ angle: JointAngle, near expected: Double) {
    let turns = ((expected - angle.value) / (2 * .pi)).rounded()
    // A state that is not finite is a fault that `firstFault` reports.
    guard turns.isFinite, abs(turns) < 1e12 else { return }
    let wholeTurns = angle.wholeTurns + 2 * .pi * turns
    if turns != 0 { set(wholeTurns: wholeTurns, of: countedAngles[i]) }
    countedAngles[i].last =
      angle.isNearReference ? angle.reference + wholeTurns : angle.value + 2 * .pi * turns
  }

  private func angle(_ counted: CountedAngle) -> JointAngle {
    switch counted.joint {
    case .hinge(let i): hinges[i].angle
    case .universal(let i): counted.index == 0 ? universals[i].angles.0 : universals[i].angles.1
    case .threeHinge(let i): counted.index == 0 ? threeHinges[i].angles.0 : threeHinges[i].angles.2
    case .planar(let i): planars[i].angle
    case .slide, .ball, .fixed: preconditionFailure("a joint without angles")
    }
  }

  /// rad/s
  private func rate(_ counted: CountedAngle) -> Double {
    switch counted.joint {
    case .hinge(let i): hinges[i].rate
    case .universal(let i): counted.index == 0 ? universals[i].rates.0 : universals[i].rates.1
    case .threeHinge(let i): counted.index == 0 ? threeHinges[i].rates.0 : threeHinges[i].rates.2
    case .planar(let i): planars[i].rates.2
    case .slide, .ball, .fixed: preconditionFailure("a joint without angles")
    }
  }

  private mutating func set(wholeTurns: Double, of counted: CountedAngle) {
    switch counted.joint {
    case .hinge(let i): hinges[i].wholeTurns = wholeTurns
    case .universal(let i):
      if counted.index == 0 { universals[i].wholeTurns.0 = wholeTurns } else { universals[i].wholeTurns.1 = wholeTurns }
    case .threeHinge(let i):
      if counted.index == 0 {
        threeHinges[i].wholeTurns.0 = wholeTurns
      } else {
        threeHinges[i].wholeTurns.1 = wholeTurns
      }
    case .planar(let i): planars[i].wholeTurns = wholeTurns
    case .slide, .ball, .fixed: preconditionFailure("a joint without angles")
    }
  }
}
