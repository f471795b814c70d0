/// Every learner of action values with a table, in the order in which a lecture teaches them.
public let tabularLearners: [any TabularLearner.Type] = [
  MonteCarloControl.self, SARSA.self, ExpectedSARSA.self, QLearning.self, DoubleQLearning.self, QLambda.self,
  DynaQ.self,
]
