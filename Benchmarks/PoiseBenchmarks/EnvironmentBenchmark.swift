import CAllocationCounter
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseSimulation
public import PoiseTasks

/// Control steps per second of batched environments, beside the bare physics of the same robots.
///
/// Environments and bare robots take the same number of control steps from similar starts under the same small actions,
/// in turns: processor time of one thread, medians over the rounds. The environments' time includes resets, the bare
/// robots' time includes `restore`. The row of two threads is wall time and needs an idle machine.
///
/// - Parameters:
///   - tasks: one for each scenario to measure.
///   - rounds: how often the two sides take turns.
///   - roundSeconds: shortest time that each side runs in a turn, s.
public func environmentBenchmark(
  _ tasks: [BoundTask], rounds: Int = 15, roundSeconds: Double = 0.05
) throws -> BenchmarkReport {
  var report = BenchmarkReport(title: "environments", conditions: ["worlds": "\(EnvironmentBenchmark.worlds) a thread"])
  for task in tasks { report.rows += try EnvironmentBenchmark(task).run(rounds: rounds, roundSeconds: roundSeconds) }
  return report
}

/// One scenario.
private struct EnvironmentBenchmark {
  static let worlds = 16

  let task: BoundTask
  /// Control steps of an episode: short where the robot would fall, or the two sides would simulate different things.
  let episode: Int
  let bar: Double

  init(_ original: BoundTask) throws {
    let isFree = original.model.joints.contains { $0.kind == .free }
    episode = isFree ? 25 : original.timing.stepLimit
    bar = isFree ? 0.93 : 0.6
    var changed = original.settings
    changed.episodeSeconds = Double(episode) * changed.controlTimeStep
    changed.randomFirstEpisodeLength = false
    changed.terminations = []
    task = try BoundTask(changed, model: original.model, name: original.name)
  }

  func run(rounds: Int, roundSeconds: Double) throws -> [BenchmarkReport.Row] {
    let actionValue: Float = 0.05
    let block = try EnvironmentBlock(task, worlds: 0..<Self.worlds, of: Self.worlds, seed: 1)
    var buffers = StepBuffers(worlds: Self.worlds, observations: task.observationSpace.count)
    let actions = [Float](repeating: actionValue, count: Self.worlds * task.actionSpace.count)
    var observations = buffers.observations.mutableSpan
    block.reset(into: &observations)

    let robots = try (0..<Self.worlds).map { _ in
      try Robot(task.model, physics: task.physics, maximumJointSpeed: task.settings.maximumJointSpeed)
    }
    let starts = block.environments.compactMap { ($0 as? TaskEnvironment)?.robot.world.saved() }
    for robot in robots {
      for i in task.actionScaling.indices {
        robot.setControl(task.actionScaling[i].control(Double(actionValue)), of: i)
      }
    }
    let physicsSteps = task.timing.physicsStepsPerControlStep

    func runEnvironments() {
      for _ in 0..<episode { block.step(actions.span, into: &buffers) }
      block.clearRecords()
    }
    func runBare() {
      for (robot, start) in zip(robots, starts) { robot.world.restore(start) }
      for _ in 0..<episode { for robot in robots { robot.step(physicsSteps) } }
    }
    let times = Stopwatch(rounds: rounds, roundSeconds: roundSeconds).measure([{ runEnvironments() }, { runBare() }])
    let steps = Double(episode * Self.worlds)
    let name = task.name
    var rows = [
      BenchmarkReport.Row("\(name): control steps, one core", steps / times[0].median, "steps/s"),
      BenchmarkReport.Row("\(name): bare physics, one core", steps / times[1].median, "steps/s"),
      BenchmarkReport.Row(
        "\(name): environment ÷ bare physics", times[1].median / times[0].median, "", floor: ("bar", bar)),
    ]
    if ac_is_counting() {
      // Right after a reset, and not as far as the next one.
      runEnvironments()
      let before = ac_allocations()
      for _ in 0..<episode - 1 { block.step(actions.span, into: &buffers) }
      let count = Double(ac_allocations() - before) / Double((episode - 1) * Self.worlds)
      rows.append(.init("\(name): allocations in a control step", count, "", floor: ("bar", 0), isBetterBelow: true))
    }
    rows.append(
      try twoThreads(actions: actionValue, rounds: rounds, episodes: max(1, Int(0.1 / (times[0].median * 2)))))
    return rows
  }

  /// A block of worlds and what its thread writes, as a trainer has it.
  private struct Shard: Sendable {
    let block: EnvironmentBlock
    var buffers: StepBuffers
  }

  /// Two blocks of worlds on two threads against one on one, each thread with its block for whole episodes.
  private func twoThreads(actions value: Float, rounds: Int, episodes: Int) throws -> BenchmarkReport.Row {
    let actions = [Float](repeating: value, count: Self.worlds * task.actionSpace.count)
    let steps = episodes * episode
    func runner(_ threads: Int) throws -> () -> Double {
      let pool = WorkerPool(threadCount: threads)
      let batch = try EnvironmentBatch(
        task, worlds: threads * Self.worlds, blockSize: Self.worlds, seed: 1, pool: pool)
      var all = batch.makeBuffers()
      batch.reset(into: &all)
      var shards = batch.blocks.map {
        Shard(block: $0, buffers: StepBuffers(worlds: Self.worlds, observations: task.observationSpace.count))
      }
      return {
        wallSeconds {
          pool.forEach(&shards) { _, shard in
            for _ in 0..<steps { shard.block.step(actions.span, into: &shard.buffers) }
            shard.block.clearRecords()
          }
        }
      }
    }
    let (one, two) = (try runner(1), try runner(2))
    var ratios: [Double] = []
    for _ in 0..<max(3, rounds / 3) { ratios.append(2 * one() / two()) }
    return BenchmarkReport.Row("\(task.name): two threads ÷ one", median(ratios), "×")
  }
}
