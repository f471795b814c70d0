import CAllocationCounter
import Foundation
import PoiseBenchmarks
import PoiseNetworks
import Testing

@Suite("The network benchmark")
struct BenchmarkTests {
  @Test(
    "reports every figure, and finds nothing allocated per update or inference", arguments: InstructionSet.supported)
  func nothingIsAllocated(set: InstructionSet) {
    let report = networkBenchmark(instructionSet: set, rounds: 1, roundSeconds: 1e-5)
    #expect(report.rows.allSatisfy { $0.value.isFinite })
    for name in [
      "DDPG update 64–64, batch 100", "DDPG update 256–256, batch 256", "SAC update 64–64, batch 100",
      "DQN update 64–64, batch 64", "one observation, policy 64–64",
    ] {
      #expect(report.rows.contains { $0.name == name && $0.value > 0 }, "\(name)")
    }
    let allocations = report.rows.filter { $0.name.hasPrefix("allocations: ") }
    // Not where another library's allocator is in place: outside of glibc, and under a sanitizer.
    #expect(allocations.count == (ac_is_counting() ? 15 : 0))
    for row in allocations { #expect(row.value == 0, "\(row.name)") }
  }

  @Test("prints its rows as an aligned table and as JSON that reads back")
  func printing() throws {
    let report = BenchmarkReport(
      title: "example", conditions: ["threads": "1"],
      rows: [
        .init("steps", 1_234_567, "steps/s", floor: ("peer", 1_000_000)),
        .init("time of one update", 2.5, "µs", floor: ("bar", 5), isBetterBelow: true), .init("plain", 3, "GFLOP/s"),
      ])
    let expected = """
      example (threads: 1)
      figure                value  unit     floor           ratio
      steps               1234567  steps/s  peer   1000000   1.23
      time of one update    2.500  µs       bar          5   2.00
      plain                     3  GFLOP/s
      """
    #expect(report.table == expected)
    #expect(try JSONDecoder().decode(BenchmarkReport.self, from: Data(report.json.utf8)) == report)
  }
}
