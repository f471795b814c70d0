internal import Dispatch
import PoiseAlgorithms
import PoiseCore
import PoiseFinite

/// Solvers of finite problems beside the memory's bandwidth, and Q-learning in updates a second.
///
/// The problems are the ones that Benchmarks/peers/measure/finite_peers.py makes for other solvers: states with 4
/// actions of 5 transitions each, to any states. Times of one thread are processor time, those of two are on the clock
/// and need an idle machine; the best of the rounds. A sweep's bytes are those that it must move: 12 of a transition,
/// 12 of a choice, 24 of a state, and the value of each next state once.
///
/// - Parameters:
///   - states: numbers of states, one for each problem.
///   - discount: the discount factor γ, in (0, 1).
///   - tolerance: the required bound of the error of V.
///   - rounds: how often each solver runs.
public func finiteBenchmark(
  states: [Int] = [100_000, 1_000_000], discount: Double = 0.99, tolerance: Double = 0.005, rounds: Int = 5
) throws -> BenchmarkReport {
  var report = BenchmarkReport(title: "finite", conditions: ["discount": "\(discount)", "bound of V": "\(tolerance)"])
  let one = WorkerPool(threadCount: 1)
  let two = WorkerPool(threadCount: 2)
  for count in states {
    let problem = benchmarkProblem(states: count, discount: discount)
    let bytes = Double(12 * problem.transitionCount + 12 * problem.choiceCount + 24 * count)
    let bandwidth = readBandwidth(bytes: Int(bytes), rounds: rounds)
    func best(
      _ work: () throws -> FiniteSolution
    ) rethrows -> (seconds: Double, onTheClock: Double, solution: FiniteSolution) {
      var solution = try work()
      var (seconds, onTheClock) = (Double.infinity, Double.infinity)
      for _ in 0..<rounds {
        let (start, startOnTheClock) = (threadSeconds(), uptimeSeconds())
        solution = try work()
        seconds = min(seconds, threadSeconds() - start)
        onTheClock = min(onTheClock, uptimeSeconds() - startOnTheClock)
      }
      return (seconds, onTheClock, solution)
    }
    let value = try best { try problem.valueIteration(tolerance: tolerance, pool: one) }
    let valueTwo = try best { try problem.valueIteration(tolerance: tolerance, pool: two) }
    let policy = try best { try problem.policyIteration(evaluation: .iterative, tolerance: tolerance, pool: one) }
    let modified = try best { try problem.modifiedPolicyIteration(tolerance: tolerance, pool: one) }
    let rate = bytes * Double(value.solution.sweeps) / value.seconds / 1e9
    report.rows += [
      .init("\(count) states: value iteration, \(value.solution.sweeps) sweeps", value.seconds, "s"),
      .init("\(count) states: bytes a sweep", bytes / 1e6, "MB"),
      .init("\(count) states: a sweep moves", rate, "GB/s", floor: ("reading in order", bandwidth)),
      .init(
        "\(count) states: a sweep", 1e3 * value.seconds / Double(value.solution.sweeps), "ms",
        floor: (
          "Σ p V of its transitions alone", 1e3 * expectationSeconds(problem, value.solution.values, rounds: rounds)
        ),
        isBetterBelow: true),
      .init(
        "\(count) states: value iteration, two threads", valueTwo.onTheClock, "s",
        floor: ("one thread, on the clock", value.onTheClock), isBetterBelow: true),
      .init("\(count) states: two threads give the same bits", value.solution == valueTwo.solution ? 1 : 0, ""),
      .init("\(count) states: policy iteration, \(policy.solution.sweeps) rounds", policy.seconds, "s"),
      .init("\(count) states: modified policy iteration, \(modified.solution.sweeps) sweeps", modified.seconds, "s"),
    ]
  }
  report.rows.append(
    .init("Q-learning on the maze", qLearningRate(rounds: rounds) / 1e6, "million updates/s", floor: ("the bar", 20)))
  return report
}

/// A problem without structure, the same as finite_peers.py makes: transition k leads into the k-mod-5th fifth of the states.
func benchmarkProblem(states: Int, discount: Double) -> FiniteProblem {
  let (actions, successors) = (4, 5)
  let choices = states * actions
  let fifth = UInt64(states / successors)
  var nextStates = [Int32](repeating: 0, count: choices * successors)
  var probabilities = [Double](repeating: 0, count: choices * successors)
  var rewards = probabilities
  for choice in 0..<choices {
    let reward = Double(mixed(UInt64(choice) | 1 << 62) >> 11) * 0x1p-53
    var total = 0.0
    for i in 0..<successors {
      let k = choice * successors + i
      let bits = mixed(UInt64(k))
      nextStates[k] = Int32(UInt64(i) * fifth + bits % fifth)
      probabilities[k] = Double((bits >> 40) + 1)
      rewards[k] = reward
      total += probabilities[k]
    }
    for k in choice * successors..<(choice + 1) * successors { probabilities[k] /= total }
  }
  return FiniteProblem(
    actionNames: (0..<actions).map { "\($0)" }, stateStarts: (0...states).map { Int32($0 * actions) },
    choiceActions: (0..<choices).map { Int32($0 % actions) },
    choiceStarts: (0...choices).map { Int32($0 * successors) },
    nextStates: nextStates, probabilities: probabilities, rewards: rewards, discount: discount,
    start: [.init(state: 0, probability: 1)])
}

/// Time on the clock, in seconds.
private func uptimeSeconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

/// Processor time of this thread that `work` takes, in seconds.
private func processorSeconds(_ work: () -> Void) -> Double {
  let start = threadSeconds()
  work()
  return threadSeconds() - start
}

/// SplitMix64's finalizer. Source: Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".
private func mixed(_ x: UInt64) -> UInt64 {
  var z = x &* 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// How fast one thread adds up so many bytes of numbers, in GB/s.
private func readBandwidth(bytes: Int, rounds: Int) -> Double {
  let numbers = [UInt64](repeating: 1, count: bytes / 8)
  var seconds = Double.infinity
  var sum: UInt64 = 0
  for _ in 0..<rounds + 1 {
    seconds = min(seconds, processorSeconds { for x in numbers { sum &+= x } })
  }
  return sum == 0 ? 0 : Double(bytes) / seconds / 1e9
}

/// The least that one thread needs to read each probability and the value of each next state, in the order of a sweep.
private func expectationSeconds(_ problem: FiniteProblem, _ values: [Double], rounds: Int) -> Double {
  let (following, probabilities) = (problem.nextStates, problem.probabilities)
  var seconds = Double.infinity
  var sum = 0.0
  for _ in 0..<rounds + 1 {
    seconds = min(
      seconds, processorSeconds { for k in following.indices { sum += probabilities[k] * values[Int(following[k])] } })
  }
  return sum == 0 ? 0 : seconds
}

/// Updates a second of Q-learning, one core: the world, the exploration and the table.
private func qLearningRate(rounds: Int) -> Double {
  var map = ProblemMap()
  map.cells = "S..#....\n.#.#.##.\n.#...#..\n.##H.#.H\n...#....\nH#...##.\n..H.#..G\n"
  map.discount = 0.95
  map.stepLimit = 200
  guard let problem = try? FiniteProblemForm.map(map).problem() else { return 0 }
  var parameters = QLearning.Parameters()
  parameters.exploration = .constant(0.1)
  var learner = QLearning(parameters, problem: problem)
  var world = FiniteWorld(problem, random: RandomStream(seed: 1, purpose: .environment))
  var random = RandomStream(seed: 1, purpose: .exploration)
  let updates = 5_000_000
  var seconds = Double.infinity
  for _ in 0..<rounds + 1 {
    seconds = min(seconds, processorSeconds { learner.learn(updates, in: &world, random: &random) })
  }
  return Double(updates) / seconds
}
