import Foundation
@testable import PoiseExperiments
import PoiseNetworks
import Synchronization
import Testing

/// Each promise is broken on purpose, by putting another machine under the probes.
@Suite("The doctor's probes")
struct MachineProbesTests {
  /// Quick and healthy: the experiments give what healthy ones would.
  private static func machine() -> Machine {
    var machine = Machine()
    machine.engineVersion = "0.16.2"
    machine.engineFile = "/lib/libode.so"
    machine.engineConfiguration = "ODE ODE_double_precision"
    machine.isSolverRepeatable = { true }
    machine.physicsFigure = { 7 }
    machine.trainingFigure = { "\($0)-\($2)" }
    machine.goldenFigures = []
    return machine
  }

  private static func finding(_ name: String, _ machine: Machine) throws -> Finding {
    try #require(machine.probes.map { $0.run() }.first { $0.name == name })
  }

  @Test("ODE in single precision breaks a promise; another version than the tested one is a note")
  func engine() throws {
    var machine = Self.machine()
    #expect(try Self.finding("physics engine", machine).verdict == .kept)
    machine.engineVersion = "0.17"
    #expect(try Self.finding("physics engine", machine).verdict == .noted)
    machine.engineConfiguration = "ODE ODE_single_precision"
    let finding = try Self.finding("physics engine", machine)
    #expect(finding.verdict == .broken && finding.remedy.contains("libode-dev"))
  }

  @Test("where the cure of QuickStep is not in force, nothing that needs it is tried")
  func solver() throws {
    var machine = Self.machine()
    machine.isSolverRepeatable = { false }
    machine.physicsFigure = { fatalError("tried") }
    machine.trainingFigure = { _, _, _ in fatalError("tried") }
    let broken = machine.probes.map { $0.run() }.filter { $0.verdict == .broken }
    #expect(broken.map(\.name) == ["solver", "physics", "training", "threads", "golden figure"])
    #expect(broken[0].remedy.contains("dynamically"))
  }

  @Test("physics that does not repeat is found, alone and on threads", arguments: [1, 3])
  func physics(goodCalls: Int) throws {
    let calls = Atomic<Int>(0)
    var machine = Self.machine()
    machine.physicsFigure = { calls.wrappingAdd(1, ordering: .relaxed).newValue <= goodCalls ? 7 : 8 }
    let finding = try Self.finding("physics", machine)
    #expect(finding.verdict == .broken)
    #expect(finding.found.contains(goodCalls == 1 ? "the second time" : "on 2 threads at once"), "\(finding.found)")
  }

  @Test("a learner that does not repeat, or whose bits hang on the threads, is named")
  func training() throws {
    let calls = Atomic<Int>(0)
    var machine = Self.machine()
    machine.trainingFigure = { learner, threads, _ in
      learner == "ddpg" ? "\(calls.wrappingAdd(1, ordering: .relaxed).newValue)" : "ppo"
    }
    #expect(try Self.finding("training", machine).found.hasPrefix("ddpg gave other bits the second time"))
    machine.trainingFigure = { learner, threads, _ in "\(learner) \(threads == 4)" }
    #expect(try Self.finding("training", machine).verdict == .kept)
    let finding = try Self.finding("threads", machine)
    #expect(finding.verdict == .broken && finding.found == "ppo gave other bits on 4 threads than on one")
    #expect(finding.remedy.contains("--threads 1"))
  }

  @Test("a golden figure of a machine like this one must be met; one of another machine is not asked for")
  func golden() throws {
    var machine = Self.machine()
    machine.environment["POISE_INSTRUCTION_SET"] = "baseline"
    #expect(try Self.finding("golden figure", machine).verdict == .noted)
    let kind = machine.kind(.baseline)
    func known(_ kind: String, _ figure: String) -> GoldenFigure {
      GoldenFigure(machine: kind, figure: figure)
    }
    machine.goldenFigures = [known("another", "x"), known(kind, "0000000000000007-ppo-baseline-ddpg-baseline")]
    #expect(try Self.finding("golden figure", machine).verdict == .kept)
    machine.goldenFigures = [known(kind, "0000000000000008-ppo-baseline-ddpg-baseline")]
    let finding = try Self.finding("golden figure", machine)
    #expect(finding.verdict == .broken && finding.found.hasSuffix("gave 0000000000000008-ppo-baseline-ddpg-baseline"))
    // The same processor with another sine.
    machine.libraryVersion = "glibc 3"
    #expect(try Self.finding("golden figure", machine).verdict == .noted)
  }

  @Test("an experiment that throws is a promise not kept, with the reason")
  func throwing() throws {
    var machine = Self.machine()
    machine.environment["POISE_INSTRUCTION_SET"] = "avx9"
    let finding = try Self.finding("training", machine)
    #expect(finding.verdict == .broken && finding.found.contains("found 'avx9'"))
  }

  @Test(
    "the real experiments repeat, tell learners apart, and meet the figures in the source"
  )
  func real() throws {
    let machine = Machine()
    #expect(try machine.physicsFigure() == machine.physicsFigure())
    for set in InstructionSet.supported {
      var machine = machine
      machine.environment["POISE_INSTRUCTION_SET"] = set.rawValue
      let finding = try Self.finding("golden figure", machine)
      print("golden | \(machine.kind(set)) | \(finding.found)")
      #expect(finding.verdict != .broken, "\(finding.found)")
    }
    #expect(try machine.trainingFigure("ppo", 1, .baseline) != machine.trainingFigure("ddpg", 1, .baseline))
  }
}
