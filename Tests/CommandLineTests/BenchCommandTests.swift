import Foundation
import TestSupport
import Testing

@Suite("poise bench")
struct BenchCommandTests {
  @Test("counts control steps under random actions, of a named scenario, as JSON for scripts")
  func controlSteps() throws {
    let result = try PoiseProcess([
      "bench", "control-steps", "--scenario", "pendulum-swingup", "--worlds", "2", "--json",
    ])
    #expect(result.status == 0, "\(result.errors)")
    struct Reports: Decodable {
      struct Report: Decodable {
        struct Row: Decodable {
          var name: String
          var value: Double
        }
        var rows: [Row]
      }
      var reports: [Report]
    }
    let rows = try #require(
      try JSONDecoder().decode(Reports.self, from: Data(result.output.utf8)).reports.first
    ).rows
    #expect(
      rows.map(\.name) == [
        "pendulum-swingup: control steps on the clock", "pendulum-swingup: control steps of processor time",
      ])
    #expect(rows.allSatisfy { $0.value > 0 && $0.value.isFinite })
  }

  @Test("says how many worlds there may be")
  func worlds() throws {
    let result = try PoiseProcess(["bench", "control-steps", "--worlds", "0"])
    #expect(result.status == 64)
    #expect(result.errors.contains("--worlds: found 0; allowed 1 to 65536."), "\(result.errors)")
  }
}
