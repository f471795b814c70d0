import PoiseCore
import PoiseEnvironments
import Testing

/// A walk along ten places, with a reward at the right end.
struct Corridor: DecisionProcess {
  var observationSpace: Space { Space([.init(name: "place", bounds: 0...9)]) }
  var actionSpace: Space { .discrete(["left", "right"]) }

  func start(using random: inout RandomStream) -> Int { random.index(below: 5) }
  func observe(_ place: Int, into observation: inout MutableSpan<Float>) { observation[0] = Float(place) }
  func step(_ place: inout Int, _ action: Span<Float>, using random: inout RandomStream) -> DecisionTransition {
    place = min(9, max(0, place + (action[0] == 1 ? 1 : -1)))
    return DecisionTransition(reward: place == 9 ? 1 : -0.1, isTerminated: place == 9, isSuccess: place == 9)
  }
}

/// A number that an action adds to; it breaks where the sum passes a bound.
struct Fragile: DecisionProcess {
  var observationSpace: Space { Space([.init(name: "sum")]) }
  var actionSpace: Space { Space([.init(name: "push", bounds: -1...1)]) }

  func start(using random: inout RandomStream) -> Float { 0 }
  func observe(_ sum: Float, into observation: inout MutableSpan<Float>) { observation[0] = sum }
  func step(_ sum: inout Float, _ action: Span<Float>, using random: inout RandomStream) -> DecisionTransition {
    sum += action[0]
    return DecisionTransition(reward: sum > 2 ? .nan : Double(sum))
  }
}

@Suite("Decision processes as environments")
struct DecisionProcessTests {
  private func environment(_ limit: Int = 100) throws -> any Environment {
    try DecisionTask(Corridor(), name: "corridor", stepLimit: limit)
      .makeEnvironment(seed: 3, purpose: .evaluation, index: 0, detail: .full)
  }

  private func reset(_ environment: any Environment) -> Float {
    var observation: [Float] = [0]
    var span = observation.mutableSpan
    environment.reset(into: &span)
    return observation[0]
  }

  private func step(_ environment: any Environment, _ action: Float) -> (Float, StepOutcome) {
    var observation: [Float] = [0]
    var span = observation.mutableSpan
    let outcome = environment.step([action].span, into: &span)
    return (observation[0], outcome)
  }

  @Test("an episode ends where the process says so, and its summary counts steps, rewards and success")
  func terminates() throws {
    let environment = try environment()
    let start = reset(environment)
    var place = start
    while environment.ending == .running { (place, _) = step(environment, 1) }
    let steps = Int(9 - start)
    #expect(place == 9 && environment.ending == .terminated)
    #expect(environment.summary.steps == steps)
    #expect(abs(environment.summary.totalReward - (1 - 0.1 * Double(steps - 1))) < 1e-12)
    #expect(environment.summary.measurements == [1, Double(steps)])
  }

  @Test("the time limit truncates, and the final observation is that of the last step")
  func truncates() throws {
    let environment = try environment(4)
    let start = reset(environment)
    for k in 1...4 {
      let (place, outcome) = step(environment, 0)
      #expect(place == max(0, start - Float(k)))
      #expect(outcome.ending == (k < 4 ? .running : .truncated))
    }
  }

  @Test("a snapshot restores an episode to the bit, through JSON too")
  func restores() throws {
    let environment = try environment()
    _ = reset(environment)
    _ = step(environment, 0)
    let snapshot = environment.snapshot()
    func rest() -> [Float] {
      var places: [Float] = []
      while environment.ending == .running { places.append(step(environment, 1).0) }
      places.append(reset(environment))
      return places
    }
    let first = rest()
    environment.restore(snapshot)
    #expect(rest() == first)
    #expect(environment.accepts(snapshot))
  }

  @Test(
    "actions that are no choice are faults that leave the state as it was",
    arguments: [Float.nan, 2, -1, 0.5, .infinity])
  func faults(action: Float) throws {
    let environment = try environment()
    let start = reset(environment)
    let (place, outcome) = step(environment, action)
    #expect(outcome == StepOutcome(reward: 0, ending: .fault) && place == start)
    #expect(environment.fault?.place.hasPrefix("action") == true)
  }

  @Test("a reward that is not finite is a fault; actions of a box are clamped")
  func boxes() throws {
    let environment = try DecisionTask(Fragile(), name: "fragile", stepLimit: 100)
      .makeEnvironment(seed: 3, purpose: .evaluation, index: 0, detail: .lean)
    _ = reset(environment)
    #expect(step(environment, 7).1.reward == 1)
    #expect(step(environment, 0.5).1.reward == 1.5)
    let (sum, outcome) = step(environment, 1)
    #expect(outcome.ending == .fault && sum == 1.5)
  }

  @Test("a block restarts episodes and keeps the final observation apart")
  func blocks() throws {
    let task = DecisionTask(Corridor(), name: "corridor", stepLimit: 100)
    let block = try EnvironmentBlock(task, worlds: 0..<3, of: 3, seed: 1)
    var buffers = StepBuffers(worlds: 3, observations: 1)
    var observations = buffers.observations
    var span = observations.mutableSpan
    block.reset(into: &span)
    buffers.observations = observations
    for _ in 0..<20 {
      let before = buffers.observations
      block.step([1, 1, 1].span, into: &buffers)
      for world in 0..<3 where buffers.endings[world].isOver {
        #expect(before[world] == 8 && buffers.finalObservations[world] == 9 && buffers.observations[world] < 5)
      }
    }
    #expect(block.finishedEpisodes.count >= 6)
    let state = block.saved()
    #expect(block.accepts(state))
    var other = state
    other.environments.removeLast()
    #expect(!block.accepts(other))
  }
}

@Suite("Spaces")
struct SpaceTests {
  static let composite = Space.composite([
    .init(name: "joints", space: Space([.init(name: "a", unit: "rad", bounds: -1...1), .init(name: "b")])),
    .init(name: "eye", space: .image(.init(width: 3, height: 2, channels: 1))),
    .init(name: "gear", space: .discrete(["low", "high"])),
  ])

  @Test("a row holds the parts of a composite one after the other")
  func counts() {
    #expect(Self.composite.count == 2 + 6 + 1)
    #expect(Self.composite.names.prefix(3) == ["joints_a", "joints_b", "eye_pixel_0_0_0"])
    #expect(Self.composite.names.count == Self.composite.count)
    #expect(Space.discrete(["left", "right"]).choices == ["left", "right"])
  }

  @Test("a value beyond its bounds is named")
  func violations() {
    var row = [Float](repeating: 0, count: 9)
    #expect(Self.composite.violation(by: row.span) == nil)
    row[8] = 2
    #expect(Self.composite.violation(by: row.span)?.contains("gear_choice") == true)
    row[8] = 1
    row[3] = .nan
    #expect(Self.composite.violation(by: row.span)?.contains("eye_pixel") == true)
  }
}

@Suite("Metrics")
struct MetricTests {
  private func summary(_ steps: Int, _ ending: EpisodeEnding) -> EpisodeSummary {
    EpisodeSummary(
      environment: 0, episode: 0,
      start: EpisodeStart(random: RandomStream(seed: 0, purpose: .testing), stepLimit: 100), ending: ending,
      steps: steps,
      totalReward: 0)
  }

  @Test("measurements combine as the metric says, and those that do not apply are left out")
  func combines() {
    let summaries = [summary(10, .terminated), summary(30, .truncated), summary(20, .truncated)]
    func combined(_ combination: Metric.Combination, _ values: [Double?]) -> Double? {
      Metric("m", title: "m", digits: 1, combination: combination).combined(values, of: summaries)
    }
    #expect(combined(.mean, [1, 2, 6]) == 3)
    #expect(combined(.mean, [nil, 2, 6]) == 4)
    #expect(combined(.sumPerStep, [12, 12, 6]) == 0.5)
    #expect(combined(.maximum, [7, 2, 6]) == 7)
    #expect(combined(.maximumOfTruncated, [7, 2, 6]) == 6)
    #expect(combined(.mean, [nil, nil, nil]) == nil)
  }

  @Test("a goal's key is the metric's name in camel case")
  func keys() {
    #expect(Metric.survivalRate.goalKey == "survivalRate")
    #expect(Metric("tilt_reward_per_step", title: "", digits: 1).goalKey == "tiltRewardPerStep")
  }
}
