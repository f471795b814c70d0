import Dispatch
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseFinite
import PoiseNetworks
import PoiseScenarios
import PoiseTraining
@testable import PoiseViewer
import TestSupport
import Testing

@Suite("Replay of how a table is learned")
struct LearningReplayTests {
  private static func scenario(_ name: String, _ overrides: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml", overrides: overrides)
  }

  private static func text(
    _ replay: LearningReplay, isTerminal: Bool, episodes: Int = 8, pictures: Int = .max
  ) -> String {
    var text = ""
    var asked = 0
    let screen = TerminalReplay.Screen(columns: 80, rows: 24, isTerminal: isTerminal, isASCII: true)
    replay.show(
      on: screen, episodes: episodes, write: { text += $0 },
      isStopped: {
        asked += 1
        return asked > pictures
      })
    return text
  }

  @Test("the treasure hunt: the first episodes wander, the last one goes straight to the treasure")
  func treasure() throws {
    let text = Self.text(try LearningReplay(Self.scenario("treasure"), seed: 1), isTerminal: false)
    #expect(text.hasPrefix("treasure, q-learning, seed 1\n"))
    for number in [1, 2, 3, 5, 10, 20, 30, 50] { #expect(text.contains("episode \(number), after ")) }
    #expect(!text.contains("episode 4,") && !text.contains("episode 100,"))
    #expect(text.contains("what it has learned, without exploring: 5 actions, return 1\n*****@\n"), "\(text)")
    #expect(text.contains("→ → → → → T"), "the arrows of the learned table")
    let first = try #require(text.split(separator: "\n").first { $0.hasPrefix("episode 1,") })
    let actions = try #require(Int(first.split(separator: ": ")[1].prefix { $0.isNumber }))
    #expect(actions > 5, "\(first)")
  }

  @Test("on a terminal pictures are drawn over each other, the agent on the map, and a signal ends it")
  func terminal() throws {
    let replay = try LearningReplay(Self.scenario("treasure"), seed: 1)
    let text = Self.text(replay, isTerminal: true, episodes: 1, pictures: 12)
    #expect(text.contains("\u{1B}[?25l") && text.contains("\u{1B}[2A"))
    #expect(text.contains("@....T") && text.contains("action 1, return 0"))
    #expect(text.hasSuffix("\u{1B}[?25h"), "the cursor comes back")
  }

  @Test("a replay of a run ends with the table of its checkpoint, to the bit, and the page shows it in each cell")
  func run() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "poise-learning-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let run = try TrainingRun(
      Self.scenario("maze", ["training.stepLimit=20000"]), seed: 7, folder: folder, threads: 1,
      instructionSet: .baseline, beginning: DispatchTime.now().uptimeNanoseconds)
    _ = try run.run()
    let trained = try TrainedRun(folder)
    let problem = try #require(trained.scenario.problem)
    let table = try #require(trained.table)
    var agent = TabularAgent(
      QLearning(trained.scenario.settings.algorithms[QLearning.self], problem: problem), in: problem, seed: 7)
    agent.learn(try #require(trained.environmentSteps))
    #expect(agent.learner.actionValues == table)
    let html = try LearningReplay(trained).html()
    #expect(html.contains("Q in each cell") && html.contains(">Actions <input") && html.contains("solved=\"learned\""))
    // Every entry of the table stands in the page as it is.
    for choice in stride(from: 0, to: table.count, by: 7) { #expect(html.contains("\(table[choice])")) }
    #expect(html.contains("value of the start, exact"))
  }

  @Test("problems that are no maps show their states in turn, and learners without a table are refused")
  func others() throws {
    let lists = Self.text(try LearningReplay(Self.scenario("two-choices"), seed: 1), isTerminal: false, episodes: 2)
    #expect(lists.contains("x1 > x"))
    let error = #expect(throws: InvalidInput.self) {
      try LearningReplay(Self.scenario("maze", ["training.algorithm=ppo"]), seed: 1)
    }
    #expect(error?.description.contains("'ppo', which learns a network") == true)
    #expect(throws: InvalidInput.self) { try LearningReplay(Self.scenario("pendulum-balance"), seed: 1) }
  }
}
