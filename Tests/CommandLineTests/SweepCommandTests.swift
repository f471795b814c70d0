import Foundation
import TestSupport
import Testing

@Suite("poise sweep")
struct SweepCommandTests {
  /// Two settings of DDPG on two seeds: a few seconds.
  private static let plan = """
    scenario: pendulum-balance
    algorithm: ddpg
    conditions: [ddpg.stepLimit=3000, evaluation.tuningEpisodes=4]
    swept:
      - {key: ddpg.batchSize, values: [50, 100]}
    measure: score
    seeds: [1, 2]
    reportSeeds: [3]
    rungs: [1000, 3000]
    """

  /// Without the columns of seconds.
  private static func table(_ sweep: String) throws -> [[Substring]] {
    try String(contentsOfFile: "\(sweep)/trials.csv", encoding: .utf8).split(separator: "\n").map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      return Array(cells[..<9] + cells[11...])
    }
  }

  @Test("killed at any moment it goes on with --resume, to the same table", arguments: [SIGKILL, SIGTERM])
  func killed(number: Int32) throws {
    let folder = try ScratchFolder()
    let plan = try folder.file("plan.yaml", Self.plan)
    let (whole, parts) = ("\(folder.path)/whole", "\(folder.path)/parts")
    let once = try PoiseProcess(["sweep", plan, "--out", whole, "--parallel", "2"])
    #expect(once.status == 0, "\(once.errors)")
    for text in ["as shipped", "batchSize=50", "best: ", "on seeds 3, which were not used for the choice"] {
      #expect(once.output.contains(text), "\(text) is missing from \(once.output)")
    }
    let outcomes = "\(parts)/outcomes"
    let first = try PoiseProcess(
      ["sweep", plan, "--out", parts, "--parallel", "2"], signal: number,
      when: {
        ((try? FileManager.default.contentsOfDirectory(atPath: outcomes))?.count { $0.hasSuffix(".json") } ?? 0) > 2
      })
    #expect(first.status == 128 + number, "\(first.errors)")
    if number == SIGTERM { #expect(first.errors.contains("resume with: poise sweep --resume \(parts)")) }
    let rest = try PoiseProcess(["sweep", "--resume", parts, "--parallel", "1"])
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(try Self.table(whole) == Self.table(parts))
  }

  @Test("what cannot be done is said, with the right exit code")
  func refusals() throws {
    let folder = try ScratchFolder()
    let plan = try folder.file("plan.yaml", Self.plan.replacing("[50, 100]", with: "[50, 0]"))
    func expect(_ arguments: [String], _ status: Int32, _ text: String) throws {
      let result = try PoiseProcess(["sweep"] + arguments)
      #expect(result.status == status && result.errors.contains(text), "\(arguments): \(result.errors)")
    }
    try expect([plan, "--out", "\(folder.path)/run"], 65, "plan.yaml:5: ddpg.batchSize: found 0")
    try expect([plan, "--set", "measure=speed"], 65, "measure: found 'speed'; allowed one of")
    try expect(["\(folder.path)/none.yaml"], 74, "cannot read")
    try expect(["--resume", folder.path], 74, "sweep.json")
    try expect([], 64, "Name a plan")
    try expect(["--resume", "x", "--out", "y"], 64, "--resume")
    #expect(folder.contents == ["plan.yaml"])
    #expect(try PoiseProcess(["sweep", "--schema"]).output.contains("swept.N.range"))
  }
}
