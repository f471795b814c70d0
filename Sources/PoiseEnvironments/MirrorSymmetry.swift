public import PoiseCore

/// The reflections of observations and actions in a plane of symmetry of a task.
///
/// If mirrored transitions have the same probabilities and rewards, the optimal value function is symmetric, and so is
/// some optimal policy. Source: Zinkevich and Balch 2001, "Symmetry in Markov Decision Processes and its Implications
/// for Single Agent and Multiagent Learning". That policy may have to be stochastic: in a symmetric state, such as that
/// of a rod hanging at rest, a symmetric mean action favours no side. With noise and in unstable states this hardly
/// matters.
public struct MirrorSymmetry: Hashable, Sendable {
  /// The reflection of observations, [observations].
  public let observations: Reflection
  /// [actions]; of the choices where actions are discrete, [choices]
  public let actions: Reflection

  /// A symmetry with the given reflections of observations and actions.
  public init(observations: Reflection, actions: Reflection) {
    self.observations = observations
    self.actions = actions
  }
}
