public import PoiseCore

/// Why a finite problem has no solution, or none was found.
public enum FiniteProblemError: PoiseError, Equatable {
  /// Without a discount, and from this state no policy ends; with `isPolicy`, the policy in question does not.
  case neverEnds(state: String, isPolicy: Bool)
  /// Without a discount, and a circle of states through this one earns for ever.
  case earnsForever(state: String)
  /// The bound was not reached; it is what was reached.
  case notConverged(sweeps: Int, bound: Double, tolerance: Double)
  /// The factors of the exact solution are too large for memory or time.
  case doesNotFit(states: Int)

  public var exitStatus: ExitStatus { .badInput }

  public var description: String {
    switch self {
    case .neverEnds(let state, let isPolicy):
      "discount: found 1 with the state '\(state)', from which \(isPolicy ? "the policy never ends" : "no terminal state can be reached"); allowed a discount below 1, or a way to a terminal state from everywhere. Set a discount, or make a state terminal."
    case .earnsForever(let state):
      "discount: found 1 with a circle through the state '\(state)' that earns more than 0 each time round; allowed a discount below 1, or circles that cost. Set a discount."
    case .notConverged(let sweeps, let bound, let tolerance):
      "tolerance: found a bound of \(bound) after \(sweeps) sweeps; allowed \(tolerance). Allow more sweeps, or a larger tolerance."
    case .doesNotFit(let states):
      "exact: found factors of \(states) states that are too large; allowed what fits into memory. Evaluate iteratively: the bound is proven too."
    }
  }
}
