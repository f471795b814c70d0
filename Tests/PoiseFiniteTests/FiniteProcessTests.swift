import PoiseCore
import PoiseEnvironments
import PoiseFinite
import Testing

@Suite("A finite problem as an environment")
struct FiniteProcessTests {
  private func task(_ name: String) throws -> DecisionTask<FiniteProcess> {
    let problem = try shipped(name)
    return DecisionTask(FiniteProcess(problem), name: name, stepLimit: problem.stepLimit ?? 100)
  }

  @Test("observations are one-hot, actions the problem's, and transitions are as frequent as the problem says")
  func transitions() throws {
    let task = try task("frozen-lake")
    #expect(task.observationSpace.count == 16 && task.observationSpace.names[1] == "is_r1c2")
    #expect(task.actionSpace.choices == ["up", "right", "down", "left"])
    let environment = try task.makeEnvironment(seed: 3, purpose: .environment, index: 0, detail: .lean)
    var observation = [Float](repeating: 0, count: 16)
    var counts = [Int](repeating: 0, count: 16)
    for _ in 0..<30_000 {
      var span = observation.mutableSpan
      environment.reset(into: &span)
      #expect(span[0] == 1)
      let right: [Float] = [1]
      _ = environment.step(right.span, into: &span)
      let hot = observation.indices.filter { observation[$0] != 0 }
      #expect(hot.count == 1 && observation[hot[0]] == 1)
      counts[hot[0]] += 1
    }
    // Right slips up, against the border, and down; five standard deviations are 410.
    for state in [0, 1, 4] { #expect(abs(counts[state] - 10_000) < 410, "\(counts)") }
  }

  @Test("an episode of the best actions earns V*, ends where the problem ends, and is cut at its limit")
  func episodes() throws {
    let task = try task("treasure")
    let environment = try task.makeEnvironment(seed: 1, purpose: .evaluation, index: 0, detail: .full)
    var observation = [Float](repeating: 0, count: 6)
    var span = observation.mutableSpan
    environment.reset(into: &span)
    let (left, right): ([Float], [Float]) = ([0], [1])
    for step in 1...5 {
      let outcome = environment.step(right.span, into: &span)
      #expect(outcome.reward == (step == 5 ? 1 : 0) && outcome.ending == (step == 5 ? .terminated : .running))
    }
    #expect(environment.summary.measurements == [5, nil, nil], "an episode alone tells no exact value")
    environment.reset(into: &span)
    var steps = 0
    while environment.ending == .running {
      _ = environment.step(left.span, into: &span)
      steps += 1
    }
    #expect(steps == 100 && environment.ending == .truncated)
    let nothing: [Float] = [2]
    environment.reset(into: &span)
    #expect(environment.step(nothing.span, into: &span).ending == .fault)
  }

  @Test("an action that a state does not offer is the next one that it does")
  func missingActions() throws {
    let problem = try loaded(
      """
      mdp:
        lists:
          states: [a, b, end]
          actions: [one, two, three]
          terminal: [end]
          start: a
          transitions:
            a: {two: {b: [1, 0]}}
            b: {one: {end: [1, 1]}, three: {a: [1, -1]}}
      """)
    let process = FiniteProcess(problem)
    #expect((0..<3).map { problem.actionName(of: process.choice(of: 0, action: $0)) } == ["two", "two", "two"])
    #expect((0..<3).map { problem.actionName(of: process.choice(of: 1, action: $0)) } == ["one", "three", "three"])
    // A random action in b: one is one of three, three two of three.
    let policy = process.policy { _ in (0..<3).map { ($0, 1.0 / 3) } }
    #expect(abs(policy[1] - 1.0 / 3) < 1e-15 && abs(policy[2] - 2.0 / 3) < 1e-15 && abs(policy[0] - 1) < 1e-15)
  }

  @Test("goes on from a snapshot to the same bits, and takes none with a state that there is not")
  func snapshots() throws {
    let task = try task("frozen-lake")
    func make() throws -> any Environment {
      try task.makeEnvironment(seed: 8, purpose: .environment, index: 2, detail: .lean)
    }
    let first = try make()
    var observation = [Float](repeating: 0, count: 16)
    var span = observation.mutableSpan
    first.reset(into: &span)
    let action: [Float] = [2]
    _ = first.step(action.span, into: &span)
    let snapshot = first.snapshot()
    let second = try make()
    second.restore(snapshot)
    for _ in 0..<200 {
      for environment in [first, second] where environment.ending.isOver { environment.reset(into: &span) }
      #expect(first.step(action.span, into: &span) == second.step(action.span, into: &span))
    }
    #expect(first.snapshot() == second.snapshot())
    #expect(!task.process.accepts(16) && !task.process.accepts(-1) && task.process.accepts(15))
  }

  @Test("policies that walk in circles have a value without a discount, too")
  func circles() throws {
    let problem = try shipped("grid-world")
    // Always up: from the first column it ends in the corner; from elsewhere it stands at the border and pays for ever.
    var policy = [Double](repeating: 0, count: problem.choiceCount)
    for choice in 0..<problem.choiceCount where problem.actionName(of: choice) == "up" { policy[choice] = 1 }
    #expect(try problem.startValue(ofPolicy: policy) < -50_000)
    let best = problem.policy(choosing: try problem.policyIteration().chosen)
    #expect(try abs(problem.startValue(ofPolicy: best) - -28.0 / 14) < 1e-12)
  }
}
