import Dispatch
import PoiseCore
import PoiseEnvironments
public import PoiseTasks

/// Control steps per second of complete tasks under uniformly random actions, as in the measurements of other suites:
/// falls, resets, pushes and randomisation included.
///
/// Actions are drawn beforehand. The rate on the wall clock is for comparison with a program that is measured in the
/// same minute; the rate per second of processor time does not depend on other load of the machine.
///
/// - Parameters:
///   - tasks: one for each scenario to measure.
///   - worlds: number of worlds, stepped one after the other by one thread.
///   - rounds: number of rounds, with the tasks in turns; the median is reported.
///   - roundSeconds: shortest length of a round, s.
public func controlStepBenchmark(
  _ tasks: [BoundTask], worlds: Int = 8, rounds: Int = 5, roundSeconds: Double = 0.5
) throws -> BenchmarkReport {
  let runners = try tasks.map { try RandomActionRunner($0, worlds: worlds) }
  var rates = runners.map { _ in (clock: [Double](), processor: [Double]()) }
  for runner in runners { _ = runner.rate(for: roundSeconds / 4) }
  for _ in 0..<rounds {
    for (i, runner) in runners.enumerated() {
      let rate = runner.rate(for: roundSeconds)
      rates[i].clock.append(rate.clock)
      rates[i].processor.append(rate.processor)
    }
  }
  var report = BenchmarkReport(
    title: "control steps, random actions", conditions: ["worlds": "\(worlds)", "threads": "1"])
  for (task, rate) in zip(tasks, rates) {
    report.rows.append(.init("\(task.name): control steps on the clock", median(rate.clock), "per s"))
    report.rows.append(.init("\(task.name): control steps of processor time", median(rate.processor), "per s"))
  }
  return report
}

/// A block of worlds and random actions for it.
private struct RandomActionRunner {
  /// Steps between two readings of the clock, and number of drawn actions: enough for neither to affect the result.
  static let chunk = 256

  private let block: EnvironmentBlock
  /// [chunk][worlds, actions]
  private let actions: [[Float]]

  init(_ task: BoundTask, worlds: Int) throws {
    block = try EnvironmentBlock(task, worlds: 0..<worlds, of: worlds, seed: 1)
    var random = RandomStream(seed: 1, purpose: .testing)
    let count = worlds * task.actionSpace.count
    actions = (0..<Self.chunk).map { _ in (0..<count).map { _ in Float(random.uniform(in: -1...1)) } }
  }

  /// Control steps of all worlds per second.
  func rate(for seconds: Double) -> (clock: Double, processor: Double) {
    var buffers = StepBuffers(worlds: block.count, observations: block.task.observationSpace.count)
    var observations = buffers.observations.mutableSpan
    block.reset(into: &observations)
    var steps = 0
    var elapsed = 0.0
    let beginning = threadSeconds()
    while elapsed < seconds {
      elapsed += wallSeconds {
        for action in actions { block.step(action.span, into: &buffers) }
        block.clearRecords()
      }
      steps += Self.chunk * block.count
    }
    return (Double(steps) / elapsed, Double(steps) / (threadSeconds() - beginning))
  }
}
