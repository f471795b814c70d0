public import PoiseCore

/// How observations and actions of a task change in a mirror that leaves the task the same.
///
/// Where the mirror image of whatever happens could happen as well and would be rewarded alike, the optimal value function is its own
/// mirror image, and so is some optimal policy. Source: Zinkevich and Balch 2001, "Symmetry in Markov Decision Processes and its
/// Implications for Single Agent and Multiagent Learning". That policy may have to be stochastic: in a state that is its own image, as of a
/// rod that hangs at rest, a symmetric mean action favours no side. Noise and unstable states make this matter little.
public struct MirrorSymmetry: Hashable, Sendable {
  /// [observations]
  public let observations: Reflection
  /// [actions]; of the choices where actions are discrete, [choices]
  public let actions: Reflection

  /// A symmetry with the given reflections of observations and actions.
  public init(observations: Reflection, actions: Reflection) {
    self.observations = observations
    self.actions = actions
  }
}
