public import PoiseCore

/// Why a finite problem has no solution, or none was found.
public enum FiniteProblemError: PoiseError, Equatable {
  /// γ is 1, and no policy terminates from this state; or, with `isPolicy`, the given policy does not.
  case neverEnds(state: String, isPolicy: Bool)
  /// γ is 1, and a cycle through this state has a positive reward, so that values are infinite.
  case earnsForever(state: String)
  /// The tolerance was not reached; `bound` is the proven error so far.
  case notConverged(sweeps: Int, bound: Double, tolerance: Double)
  /// The factors of the exact solution do not fit into memory.
  case doesNotFit(states: Int)

  public var exitStatus: ExitStatus { .badInput }

  public var description: String {
    switch self {
    case .neverEnds(let state, let isPolicy):
      "discount: found 1 with the state '\(state)', from which \(isPolicy ? "the policy never ends" : "no terminal state can be reached"); allowed a discount below 1, or a terminal state that can be reached from every state. Set a discount, or make a state terminal."
    case .earnsForever(let state):
      "discount: found 1 with a cycle through the state '\(state)' whose reward is positive; allowed a discount below 1, or cycles without a positive reward. Set a discount."
    case .notConverged(let sweeps, let bound, let tolerance):
      "tolerance: found a bound of \(bound) after \(sweeps) sweeps; allowed \(tolerance). Allow more sweeps, or a larger tolerance."
    case .doesNotFit(let states):
      "exact: found factors of \(states) states that are too large; allowed factors that fit into memory. Evaluate iteratively: its error bound is proven, too."
    }
  }
}
