public import PoiseCore

/// Double Q-learning: one table chooses the best action, the other gives its value, which removes the maximisation
/// bias.
///
///     with probability 0.5:  Q₁(S,A) ← Q₁(S,A) + α [R + γ Q₂(S′, argmax_a Q₁(S′,a)) − Q₁(S,A)],  else with 1 and 2 exchanged
///
/// Source: van Hasselt 2010, "Double Q-learning", algorithm 1; Sutton and Barto 2018, section 6.7, eq. 6.10: actions
/// are ε-greedy in Q₁ + Q₂. Deviation: the argmax of equal actions is the first.
public struct DoubleQLearning: TabularLearner {
  public typealias Parameters = QLearning.Parameters

  public static let algorithmName = "double-q-learning"
  /// The hyperparameters.
  public let parameters: Parameters
  /// Q₁.
  public private(set) var first: ActionValueTable
  /// Q₂.
  public private(set) var second: ActionValueTable
  /// (Q₁ + Q₂) / 2, by which actions are chosen.
  private var mean: ActionValueTable
  public private(set) var environmentSteps = 0

  public init(_ parameters: Parameters, problem: FiniteProblem) {
    self.parameters = parameters
    first = ActionValueTable(problem, rate: parameters.learningRate, initialValue: parameters.initialValue)
    second = first
    mean = ActionValueTable(problem, initialValue: parameters.initialValue)
  }

  public var actionValues: [Double] { mean.values }

  public mutating func learn(_ actions: Int, in world: inout FiniteWorld, random: inout RandomStream) {
    let problem = world.problem
    let γ = problem.discount
    for _ in 0..<actions {
      let ε = parameters.exploration.epsilon(at: environmentSteps)
      let choice = mean.choose(world.state, problem, epsilon: ε, random: &random)
      let step = world.step(choice)
      if random.next() >> 63 == 0 {
        first.move(
          choice, towards: step.reward + γ * Self.value(of: step.nextState, chosenBy: first, in: second, problem))
      } else {
        second.move(
          choice, towards: step.reward + γ * Self.value(of: step.nextState, chosenBy: second, in: first, problem))
      }
      mean.values[choice] = (first[choice] + second[choice]) / 2
      environmentSteps += 1
      if step.isOver { world.reset() }
    }
  }

  private static func value(
    of state: Int, chosenBy chooser: ActionValueTable, in judge: ActionValueTable, _ problem: FiniteProblem
  ) -> Double {
    let range = problem.choices(of: state)
    guard var best = range.first else { return 0 }
    for choice in range where chooser[choice] > chooser[best] { best = choice }
    return judge[best]
  }
}
