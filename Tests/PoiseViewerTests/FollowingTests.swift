import Dispatch
import Foundation
import PoiseCore
import PoiseNetworks
import PoiseScenarios
import PoiseTraining
@testable import PoiseViewer
import TestSupport
import Testing

@Suite("Following a run that trains", .serialized, .timeLimit(.minutes(10)))
struct FollowingTests {
  static func scenario() throws -> LoadedScenario {
    try PageTests.scenario(
      "pendulum-balance",
      [
        "ppo.worlds=8", "ppo.blockSize=2", "ppo.rolloutLength=32", "ppo.minibatchSize=64", "training.stepLimit=5120",
        "training.evaluationInterval=1024", "training.stopsAtGoal=false", "evaluation.tuningEpisodes=6",
      ])
  }

  @Test(
    "takes up newer checkpoints for the next episode, and tells the learning curves",
    .enabled(if: hasThree, "Debian's libjs-three is not installed"))
  func following() async throws {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/run"
    let training = try TrainingRun(
      Self.scenario(), seed: 5, folder: path, threads: 1, instructionSet: .baseline,
      beginning: DispatchTime.now().uptimeNanoseconds)
    // There is a checkpoint from the start, and no best one yet.
    let simulation = try LiveSimulation(.run(path: path, checkpoint: .best, overrides: []), seed: 7)
    nonisolated(unsafe) let handedOver = training
    try await ServerTests.serving(simulation) { port, server in
      let client = try RawClient.live(port)
      let state = try #require(client.next("state"))
      #expect(state["checkpoint"] as? String == "latest")
      #expect((client.next("curves")?["curves"] as? [Any])?.isEmpty == true)
      _ = try handedOver.run()
      // The first curves may be those of an early look, which found one of the tables still empty.
      let curves = client.next("curves") {
        let titles = ($0["curves"] as? [[String: Any]] ?? []).compactMap { $0["title"] as? String }
        return titles.contains("Return") && titles.contains("Survival rate")
      }
      #expect(curves != nil)
      // How many looks there were while it trained depends on the machine; in the end it knows the end.
      let isAtTheEnd = client.next("state") {
        $0["checkpoint"] as? String == "best" && ($0["policy"] as? String)?.contains("5120 steps") == true
      }
      #expect(isAtTheEnd != nil)
      // A look may have seen the last line of the tables before the last checkpoint was there.
      client.command(#"{"kind":"checkpoint","name":"best"}"#)

      // The next episode is the trained policy's, to the bit.
      client.command(#"{"kind":"episode","seed":9}"#)
      _ = client.next("episode") { $0["seed"] as? Int == 9 }
      let layout = server.simulation.layout
      let rows = ServerTests.rows(client, layout.columnCount, count: 20)
      let run = try TrainedRun(path)
      let player = try EpisodePlayer(run.scenario, run.controller, seed: 9, instructionSet: run.instructionSet)
      var expected: [[Float]] = []
      var row: [Double] = []
      player.play(0) { moment in
        layout.write(player.robot, moment, into: &row)
        expected.append(row.map { Float($0) })
      }
      #expect(rows.count >= 20)
      #expect(zip(rows, expected).allSatisfy { zip($0, $1).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN } })
    }
  }

  @Test("goes on with the policy it has where a checkpoint is damaged, and says so")
  func damagedCheckpoint() throws {
    let scratch = try ScratchFolder()
    let path = "\(scratch.path)/run"
    _ = try TrainingRun(
      Self.scenario(), seed: 5, folder: path, threads: 1, instructionSet: .baseline,
      beginning: DispatchTime.now().uptimeNanoseconds)
    let stage = try LiveSession(.run(path: path, checkpoint: .latest, overrides: []), seed: 1)
    _ = stage.takeUpdates()
    try Data("rubbish".utf8).write(to: URL(filePath: "\(path)/checkpoints/latest.safetensors"))
    stage.advance(to: .max / 2)
    let problems = stage.takeUpdates().filter { if case .message(.problem) = $0 { true } else { false } }
    #expect(problems.count == 1)
    stage.advance(to: .max / 2 + 1_000_000_000)
    #expect(stage.takeUpdates().contains { if case .rows = $0 { true } else { false } })
  }
}
