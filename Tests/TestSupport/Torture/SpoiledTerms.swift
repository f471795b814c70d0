public import PoiseCore
import PoiseEnvironments
public import PoiseTasks

/// Numbers that are never to reach a learner.
public let spoiledNumbers: [Double] = [.nan, .infinity, -.infinity, 1e30, -1e300]

/// An observation of 0.5 that is spoiled in one of 20 steps; which ones, the state alone decides.
public struct SpoiledObservation: ObservationTerm {
  public init() {}
  public static let termName = "spoiledObservation"
  public static let documentation = "For tests."
  public static let keys: [ConfigurationKey<Self>] = []

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    BoundObservation([Space.Element(name: "spoiled")]) { transition, output in
      output.append(spoiled(transition.after, salt: 1) ?? 0.5)
    }
  }
}

/// A reward of 0.5 that is spoiled in one of 20 steps.
public struct SpoiledReward: RewardTerm {
  public init() {}
  public static let termName = "spoiledReward"
  public static let documentation = "For tests."
  public static let keys: [ConfigurationKey<Self>] = []

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    BoundReward(reads: .after, bounds: 0...1) { transition in spoiled(transition.after, salt: 2) ?? 0.5 }
  }
}

private func spoiled(_ snapshot: borrowing RobotSnapshot, salt: UInt64) -> Double? {
  let seed = snapshot.jointPositions.reduce(salt) { $0 &* 31 &+ $1.bitPattern }
  var random = RandomStream(seed: seed, purpose: .testing, index: snapshot.step)
  return random.index(below: 20) == 0 ? spoiledNumbers[random.index(below: spoiledNumbers.count)] : nil
}
