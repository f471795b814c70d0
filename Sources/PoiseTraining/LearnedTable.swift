import PoiseFinite
import PoiseNetworks

/// What a learner with a table has learned, as checkpoints hold it: a matrix of F64, [states, actions], NaN where a state does not offer an
/// action.
///
///     safetensors.numpy.load_file("runs/maze/checkpoints/best.safetensors")["table"]
struct LearnedTable {
  /// Q, or the logits of a policy, [choices].
  let preferences: [Double]
  private let problem: FiniteProblem

  init(_ problem: FiniteProblem, _ preferences: [Double]) {
    self.problem = problem
    self.preferences = preferences
  }

  /// `nil` where there is none that fits the problem.
  init?(_ problem: FiniteProblem, _ tensors: [String: Tensor]) {
    let actions = problem.actionNames.count
    guard let tensor = tensors["table"], tensor.shape == [problem.stateCount, actions], let matrix = tensor.doubles
    else { return nil }
    var preferences: [Double] = []
    preferences.reserveCapacity(problem.choiceCount)
    for state in 0..<problem.stateCount {
      for choice in problem.choices(of: state) {
        preferences.append(matrix[state * actions + Int(problem.choiceActions[choice])])
      }
    }
    self.init(problem, preferences)
  }

  /// The tensor `table`.
  var tensors: [String: Tensor] {
    let actions = problem.actionNames.count
    var matrix = [Double](repeating: .nan, count: problem.stateCount * actions)
    for state in 0..<problem.stateCount {
      for choice in problem.choices(of: state) {
        matrix[state * actions + Int(problem.choiceActions[choice])] = preferences[choice]
      }
    }
    return ["table": Tensor(matrix, shape: [problem.stateCount, actions])]
  }
}
