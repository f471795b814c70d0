import ArgumentParser
import Foundation
import PoiseBenchmarks
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseTasks

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures this machine, and sets each figure beside its floor.",
    usage: "\(program) bench [<names> ...] [options]",
    discussion: """
      The floor of a figure is the same work without Poise: the bare loop around ODE in C, or the matrix products of Eigen. A \
      ratio above 1 is better than the floor. Use an idle machine, and compare ratios, not seconds of different runs.

      Examples:
        \(program) bench
        \(program) bench environments learners --json
        \(program) bench control-steps --scenario humanoid-stand --worlds 16
      """)

  enum Name: String, CaseIterable, ExpressibleByArgument {
    case physics, environments, networks, learners, finite, gradients
    case controlSteps = "control-steps"
    case holdGains = "hold-gains"
    case physicsSettings = "physics-settings"

    /// What runs if nothing is named: figures of speed.
    static let speeds: [Self] = [.physics, .environments, .controlSteps, .networks, .learners]
  }

  /// One of each robot.
  static let tasks = ["pendulum-swingup", "cartpole-balance", "humanoid-stand"]

  @Argument(
    help: """
      What to measure. Default: all figures of speed. hold-gains \
      searches for the best gains of the baseline `hold`; physics-settings compares solvers, time steps and shapes for the \
      humanoid; gradients measures the variance of the policy gradient after each step of variance reduction.
      """)
  var names: [Name] = []

  @Option(
    help: """
      The scenario of hold-gains (default: humanoid-balance), of gradients (pendulum-balance) or of control-steps (one for \
      each robot).
      """)
  var scenario: String?

  @Option(help: "Number of worlds in control-steps.")
  var worlds = 8

  @Flag(help: .json)
  var json = false

  func validate() throws {
    guard (1...65_536).contains(worlds) else {
      throw ValidationError("--worlds: found \(worlds); allowed 1 to 65536.")
    }
  }

  func run() throws {
    var reports: [BenchmarkReport] = []
    for name in names.isEmpty ? Name.speeds : names {
      let report =
        switch name {
        case .physics:
          try physicsBenchmark(
            models: ["pendulum", "cartpole", "humanoid"].map {
              try RobotModel(contentsOf: ShippedFiles().resolve($0))
            })
        case .environments:
          try environmentBenchmark(Self.tasks.map(load))
        case .controlSteps:
          try controlStepBenchmark((scenario.map { [$0] } ?? Self.tasks).map(load), worlds: worlds)
        case .networks: networkBenchmark(instructionSet: try InstructionSet.chosen())
        case .learners:
          try learnerBenchmark(instructionSet: InstructionSet.chosen()) { name, overrides in
            try LoadedScenario(contentsOf: ShippedFiles().resolve(name), overrides: overrides)
          }
        case .finite: try finiteBenchmark()
        case .gradients:
          try gradientBenchmark(
            LoadedScenario(contentsOf: ShippedFiles().resolve(scenario ?? "pendulum-balance")),
            instructionSet: InstructionSet.chosen())
        case .physicsSettings:
          try physicsSettingsSweep(RobotModel(contentsOf: ShippedFiles().resolve("humanoid")))
        case .holdGains:
          try holdGainSweep(
            ShippedFiles().resolve(scenario ?? "humanoid-balance"), instructionSet: InstructionSet.chosen(),
            pool: WorkerPool(threadCount: ProcessInfo.processInfo.activeProcessorCount))
        }
      if !json { print(report.table + "\n") }
      reports.append(report)
    }
    if json { print("{\"reports\": [" + reports.map(\.json).joined(separator: ",\n") + "]}") }
  }

  private func load(_ scenario: String) throws -> BoundTask {
    try LoadedScenario(contentsOf: ShippedFiles().resolve(scenario)).requireRobot(for: "this benchmark").task
  }
}
