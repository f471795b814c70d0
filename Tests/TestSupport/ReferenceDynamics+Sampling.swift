public import PoiseCore
import PoiseModels

extension ReferenceDynamics {
  /// A random state: joints uniform in their ranges less `margin` at both ends, or in ±`spread` about the reference pose without
  /// a range; balls and free bodies turned by rotation vectors uniform in ±`spread`, free bodies' origins moved as far too.
  /// - Parameters:
  ///   - speed: every velocity is uniform in ±`speed` rad/s or m/s.
  ///   - margin: rad or m; a range of less than twice this gives its middle.
  public func randomState(
    using random: inout RandomStream, speed: Double, margin: Double = 0.05, spread: Double = 1
  ) -> GeneralizedState {
    precondition(spread > 0 && speed >= 0, "spread \(spread) must be positive, speed \(speed) not negative")
    let start = referenceState.positions
    let offsets = (0..<velocityCount).map { _ in random.uniform(in: -spread...spread) }
    var state = GeneralizedState(
      positions: positions(from: start, velocities: offsets, duration: 1),
      velocities: offsets.map { _ in random.uniform(in: -speed...speed) })
    for (index, joint) in model.joints.enumerated() {
      guard joint.kind == .hinge || joint.kind == .slide, let range = joint.range else { continue }
      let (low, high) = (range.lowerBound + margin, range.upperBound - margin)
      let share = (offsets[velocityRanges[index].lowerBound] / spread + 1) / 2
      state.positions[positionRanges[index].lowerBound] = low < high ? low + share * (high - low) : (low + high) / 2
    }
    return state
  }
}
