public import PoiseEnvironments
import PoiseFinite

/// A learner with a table as an algorithm of the registry: it needs no more than a name, a title and a paper.
public protocol TabularAlgorithm: TabularLearner, Algorithm {}

extension TabularAlgorithm {
  /// The family of learners with tables.
  public static var family: LearnerFamily<Parameters> { .tabular { Self($0, problem: $1) } }
  /// Discrete actions.
  public static var actionKinds: [Space.Kind] { [.discrete] }

  /// The tables, and the greedy policy as a network.
  public static func memoryNeed(of parameters: Parameters, observations: Space, actions: Space) -> MemoryNeed {
    // Q, visits, and the greedy policy as a network.
    var need = MemoryNeed()
    let choices = Double(observations.count) * Double(actions.choices?.count ?? 1)
    need.add("learningRate", bytes: choices * 24)
    return need
  }
}
