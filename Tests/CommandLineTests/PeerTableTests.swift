import Foundation
import TestSupport
import Testing

/// What `make bench-peers` writes; measuring itself needs the peers and an idle machine.
@Suite("The table of peers", .enabled(if: Python.has("csv"), "no Python"))
struct PeerTableTests {
  private static let readme = try? String(
    contentsOfFile: ProjectFolders.root + "/Benchmarks/README.md", encoding: .utf8)

  @Test(
    "in Benchmarks/README.md is the one that the committed results make",
    .enabled(if: readme?.contains("<!-- peers: made by") ?? false, "there is no table of peers yet"))
  func readmeIsUpToDate() throws {
    try Python.run(Self.table, ["--check"])
  }

  @Test("holds medians and ratios, settings, goals that were not reached, and peers that are missing")
  func table() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "poise-peers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Rates: ours 9, 30, 20, theirs 5 and 10. By processor time theirs are twice that: they had half a core.
    try write(
      "pendulum-steps", figure: "pendulum, random actions",
      [
        ("Poise", "9", 1, ""), ("Poise", "30", 1, ""), ("Poise", "20", 1, ""), ("EnvPool", "5", 0.5, ""),
        ("EnvPool", "10", 0.5, ""), ("EnvPool", "10", 0.5, ""), ("Gymnasium", "", 1, "not installed: no network"),
      ], to: folder)
    // A goal that the peer did not reach in 1 s.
    try write(
      "humanoid-goal", figure: "to the goal of humanoid-stand",
      [("Poise PPO", "0.1", 1, ""), ("Stable-Baselines3 PPO", "", 1, "survival 0.50")], to: folder)
    // Each peer beside the side that does its work: TD3 beside TD3, DDPG beside DDPG.
    try write(
      "ddpg-rate", figure: "DDPG on the pendulum",
      [
        ("Poise", "10", 1, ""), ("Poise TD3", "30", 1, ""), ("RLtools TD3", "10", 1, ""), ("SBX DDPG", "5", 1, ""),
      ], to: folder)
    // Without a bar of its own a row is compared with the best peer.
    try write(
      "cartpole-goal", figure: "to the goal of cartpole-balance",
      [("Poise PPO", "1", 1, ""), ("SBX PPO", "3", 1, ""), ("Stable-Baselines3 PPO", "2", 1, "")], to: folder)
    // A goal that one of three samples reached: the time is that of those which did not.
    try write(
      "pendulum-goal", figure: "to −200 on the pendulum",
      [
        ("Poise PPO", "0.1", 1, ""), ("SBX PPO", "0.5", 1, "return -150"), ("SBX PPO", "", 1, "return -400"),
        ("SBX PPO", "", 1, "return -300"),
      ], to: folder)
    let lines = try Python.run(Self.table, ["--print", "--results", folder.path]).split(separator: "\n")
    let steps = try #require(lines.first { $0.hasPrefix("| pendulum, random actions") })
    #expect(steps.contains("| 20.0 | EnvPool 10.0 | 2.00× | 2× |"))
    let learners = try #require(lines.first { $0.hasPrefix("| DDPG on the pendulum") })
    #expect(
      learners.contains(
        "| RLtools TD3 10.0; SBX DDPG 5.00 | 3.00× RLtools, 2.00× SBX, – Stable-Baselines3 | 1.5×, 15×, 50× |"))
    let goal = try #require(lines.first { $0.hasPrefix("| to the goal of humanoid-stand") })
    #expect(goal.contains("| 0.10 (PPO) | Stable-Baselines3 PPO: not within 1.00 s (survival 0.50) |"))
    #expect(goal.contains("| over 10.0× Stable-Baselines3, – SBX or RLtools | 6×, – |"))
    let cartpole = try #require(lines.first { $0.hasPrefix("| to the goal of cartpole-balance") })
    #expect(cartpole.contains("| 1.00 (PPO) | SBX PPO 3.00; Stable-Baselines3 PPO 2.00 | 2.00× |  |"))
    let pendulum = try #require(lines.first { $0.hasPrefix("| to −200 on the pendulum") })
    #expect(pendulum.contains("| SBX PPO: 1 of 3 seeds, the others not within 1.00 s (return -300) |"))
    // What a reader has to know stands below, under the number that the row bears.
    let number = try #require(steps.firstMatch(of: /<sup>(\d+)<\/sup>/)?.output.1)
    #expect(lines.contains("\(number). 8 worlds, EnvPool in batches of 8."))
    #expect(lines.last?.contains("Gymnasium could not be installed here (no network).") ?? false)
    let byProcessor = try Python.run(Self.table, ["--print", "--by", "processor", "--results", folder.path])
    #expect(byProcessor.contains("| 20.0 | EnvPool 20.0 | 1.00× | 2× |"))
  }

  @Test("an environment's folder that bears a package's name is not taken for the package")
  func isInstalled() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "poise-peers-\(UUID().uuidString)")
    let environment = folder.appending(path: "envpool")
    try FileManager.default.createDirectory(at: environment, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let check = """
      import sys
      sys.path.insert(0, 'Benchmarks/peers')
      sys.dont_write_bytecode = True
      import scratch
      for imports in ('import envpool', 'import json'):
          print(scratch.tried(sys.executable, imports, sys.argv[1]).returncode)
      """
    #expect(try Python.run(check, [environment.path]).split(separator: "\n") == ["1", "0"])
  }

  /// table.py with the arguments that follow.
  private static let table = """
    import runpy, sys
    sys.path.insert(0, 'Benchmarks/peers')
    sys.dont_write_bytecode = True
    sys.argv[0] = 'table.py'
    runpy.run_path('Benchmarks/peers/table.py', run_name='__main__')
    """

  private func write(
    _ row: String, figure: String, _ samples: [(side: String, value: String, share: Double, note: String)],
    to folder: URL
  ) throws {
    var text = "row,side,figure,unit,round,seed,value,wall_s,processor_s,note,versions,processor,cores\n"
    for sample in samples {
      text +=
        "\(row),\(sample.side),\"\(figure)\",,1,1,\(sample.value),1,\(sample.share),\(sample.note),poise=0,a processor,2\n"
    }
    try text.write(to: folder.appending(path: "\(row).csv"), atomically: true, encoding: .utf8)
  }
}
