/// All learners with a table of action values, in the order in which textbooks introduce them.
public let tabularLearners: [any TabularLearner.Type] = [
  MonteCarloControl.self, SARSA.self, ExpectedSARSA.self, QLearning.self, DoubleQLearning.self, QLambda.self,
  DynaQ.self,
]
