import ArgumentParser
import Foundation
import PoiseBenchmarks
import PoiseCore
import PoiseEnvironments
import PoiseExperiments
import PoiseModels
import PoiseNetworks

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Figures of this machine, each beside its floor.",
    discussion: "Ratios above 1 are better than the floor. Run it on an idle machine; compare ratios, not runs.")

  enum Name: String, CaseIterable, ExpressibleByArgument {
    case physics, environments, networks, learners, finite
    case controlSteps = "control-steps"
    case holdGains = "hold-gains"
    case physicsSettings = "physics-settings"

    /// What runs where nothing is named: figures of speed.
    static let speeds: [Self] = [.physics, .environments, .controlSteps, .networks, .learners]
  }

  /// One of each robot.
  static let tasks = ["pendulum-swingup", "cartpole-balance", "humanoid-stand"]

  @Argument(
    help: """
      Which: \(Name.allCases.map(\.rawValue).joined(separator: ", ")); figures of speed where none is named. hold-gains looks \
      for the best gains of the `hold` baseline, physics-settings compares solvers, steps and shapes for the humanoid.
      """)
  var names: [Name] = []

  @Option(help: "The scenario of hold-gains and control-steps; by default humanoid-balance, and three of them.")
  var scenario: String?

  @Option(help: "Worlds of control-steps.")
  var worlds = 8

  @Flag(help: "Print one JSON object.")
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
    try LoadedScenario(contentsOf: ShippedFiles().resolve(scenario)).task
  }
}
