import PoiseCore
import PoiseFinite
import TestSupport
import Testing

/// The problem as Python reads it: discount, states, then rows of state, choice, next state, p, r.
private func rows(of problem: FiniteProblem) -> String {
  var text = "\(problem.discount) \(problem.stateCount)\n"
  for state in 0..<problem.stateCount {
    for choice in problem.choices(of: state) {
      for k in problem.transitions(of: choice) {
        text += "\(state) \(choice) \(problem.nextStates[k]) \(problem.probabilities[k]) \(problem.rewards[k])\n"
      }
    }
  }
  return text
}

/// min Σ v with v ≥ r + γ P v for all choices: V* (d'Epenoux 1963). With γ = 1 it is the least such v, the best of what ends.
private let linearProgram = """
  import sys
  import numpy as np
  from scipy.optimize import linprog
  from scipy.sparse import coo_matrix
  lines = sys.argv[1].split('\\n')
  discount, states = lines[0].split()
  discount, states = float(discount), int(states)
  data = np.array([line.split() for line in lines[1:] if line], dtype=float)
  state, choice, following = (data[:, i].astype(int) for i in range(3))
  p, r = data[:, 3], data[:, 4]
  choices = choice.max() + 1
  rewards = np.bincount(choice, p * r, choices)
  own = np.zeros(choices, int)
  own[choice] = state
  live = np.zeros(states, bool)
  live[own] = True
  a = coo_matrix((np.concatenate([discount * p, -np.ones(choices)]),
    (np.concatenate([choice, np.arange(choices)]), np.concatenate([following, own]))), (choices, states)).tocsr()
  bounds = [(None, None) if live[s] else (0, 0) for s in range(states)]
  result = linprog(np.ones(states), A_ub=a, b_ub=-rewards, bounds=bounds, method='highs-ds',
    options=dict(dual_feasibility_tolerance=1e-10, primal_feasibility_tolerance=1e-10))
  assert result.status == 0, result.message
  print(' '.join(repr(float(v)) for v in result.x))
  """

@Suite("A second solver: scipy's linear program", .enabled(if: Python.has("numpy", "scipy.optimize")))
struct PythonTests {
  @Test(
    "has the same V* for every problem that ships",
    arguments: [
      "two-choices", "grid-world", "treasure", "maze", "frozen-lake", "frozen-lake-8x8", "cliff-walking", "taxi",
    ])
  func linearProgramAgrees(_ name: String) throws {
    let problem = try shipped(name)
    let ours = try problem.policyIteration().values
    let theirs = try Python.run(linearProgram, [rows(of: problem)]).split(whereSeparator: \.isWhitespace).compactMap {
      Double($0)
    }
    try #require(theirs.count == ours.count)
    for (state, (a, b)) in zip(ours, theirs).enumerated() {
      #expect(abs(a - b) < 1e-7 * max(1, abs(a)), "\(problem.stateName(state)): \(a), scipy \(b)")
    }
  }

  @Test(
    "Gymnasium's own tables are our problems: FrozenLake, CliffWalking, Taxi", .enabled(if: Python.has("gymnasium")))
  func gymnasium() throws {
    // What the tables of Gymnasium are worth, by value iteration in NumPy over their `P`.
    let script = """
      import warnings; warnings.filterwarnings('ignore')
      import gymnasium, numpy as np
      def value(name, **options):
          e = gymnasium.make(name, **options).unwrapped
          start, P = np.asarray(e.initial_state_distrib), e.P
          v = np.zeros(len(P))
          for _ in range(3000):
              v = np.array([max(sum(p * (r + (0 if done else v[s2])) for p, s2, r, done in P[s][a]) for a in P[s]) for s in P])
          return float(start @ v)
      names = gymnasium.registry
      taxi = max(n for n in names if n.startswith('Taxi-v'))
      cliff = max(n for n in names if n.startswith('CliffWalking-v'))
      print(value('FrozenLake-v1'), value(cliff), value(taxi))
      """
    let theirs = try Python.run(script).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    try #require(theirs.count == 3)
    let lake = try shipped("frozen-lake", ("mdp.map.discount", "1"))
    let ours = try [lake, shipped("cliff-walking"), shipped("taxi")].map {
      $0.startValue(of: try $0.policyIteration().values)
    }
    for (a, b) in zip(ours, theirs) { #expect(abs(a - b) < 1e-6, "\(ours), Gymnasium \(theirs)") }
  }
}
