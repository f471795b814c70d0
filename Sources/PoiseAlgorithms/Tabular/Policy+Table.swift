public import PoiseFinite
import PoiseNetworks

extension Policy {
  /// The greedy policy of a table, as a network without hidden layers on the one-hot observation of a finite problem: the weight of a state's
  /// greedy action is 1, all others are 0. So everything that takes a policy takes it, and no rounding decides between two actions.
  ///
  /// - Parameters:
  ///   - preferences: Q or logits, [choices]; of equal ones the first is taken.
  ///   - problem: the problem of the table.
  public init(greedyIn preferences: [Double], of problem: FiniteProblem) {
    let actions = problem.actionNames.count
    let network = MLP(inputs: problem.stateCount, hidden: [], outputs: actions, activation: .tanh)
    var parameters = AlignedVector<Float>(zeros: network.parameters.upperBound)
    let first = network.layers[0].weights.lowerBound
    for (state, choice) in problem.greedyChoices(choiceValues: preferences).enumerated() where choice >= 0 {
      parameters[first + state * actions + Int(problem.choiceActions[Int(choice)])] = 1
    }
    self.init(network: network, parameters: parameters, normalizer: nil, distribution: .categorical)
  }
}
