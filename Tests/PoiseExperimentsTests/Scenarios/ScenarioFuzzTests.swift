import Foundation
import PoiseCore
import PoiseEnvironments
@testable import PoiseScenarios
@testable import PoiseTasks
import TestSupport
import Testing

@Suite("Any scenario text at all")
struct ScenarioFuzzTests {
  private static let vocabulary = Mutator.Vocabulary(
    pieces: [
      "\n", " ", "  ", "\t", ":", ": ", "- ", "-", "?", "? ", "[", "]", "{", "}", ",", "#", " #", "&a ", "*a", "!",
      "!!str ", "|", ">", "|-\n", "'", "\"", "\\", "%", "@", "`", "---\n", "...\n", "<<", "null", "~", "true", "0x1",
      "1e9", "-", ".inf", "\u{85}", "\u{2028}", "\u{E000}", "\u{FEFF}", "é", "機", "\r", "\r\n", "\u{0}", "ppo", "tilt",
      "model", "seed: 1\n", "observations:\n  - ",
    ],
    // A space in front, or a key and its value would be one word.
    values: (Mutator.Vocabulary.edges + ["[0, 1]", "{}", "[]", ".nan", "~"]).map { " \($0)" },
    plausibleValues: [
      " 0.5", " 1", " 2", " 10", " [0, 1]", " [-1, 1]", " true", " false", " null", " torso", " hinge",
    ], valueStarts: ":=", valueEnds: "\n,}", valueShare: 12)

  @Test("is either read or refused with a message, never more, and in bounded time")
  func mutations() {
    var accepted = 0
    var parsed = 0
    var random = Torture.random(10)
    func input(_ index: Int) -> [UInt8] {
      let scenario = ExampleScenario.random(&random)
      let text = Array((index.isMultiple(of: 4) ? scenario.jsonText : scenario.yamlText).utf8)
      var mutator = Mutator(Self.vocabulary, corpus: [text], random: random)
      defer { random = mutator.random }
      return mutator.mutated(text)
    }
    let trial = Torture.trial("yaml", count: 7_000, inputs: input) { index, bytes in
      do {
        let tree = try YAMLTree.read(bytes, file: "s.yaml")
        parsed += 1
        let value = try Configured<ExampleScenario>(reading: tree).value
        accepted += 1
        #expect(try read(value.yamlText) == value, "mutation \(index)")
      } catch let error as InvalidInput {
        let isOrdered = zip(error.problems, error.problems.dropFirst()).allSatisfy {
          ($0.line ?? 0) <= ($1.line ?? 0)
        }
        #expect(
          isOrdered && error.problems.allSatisfy { !$0.found.isEmpty && !$0.allowed.isEmpty }, "mutation \(index)")
      } catch {
        Issue.record("mutation \(index): \(error)")
      }
    }
    // A fuzz whose every text is refused at the door would test only the door.
    #expect(parsed > trial.count / 4 && accepted > trial.count / 40, "\(parsed) parsed, \(accepted) accepted")
    #expect(trial.slowest < .seconds(60))
  }

  @Test("of a task that ships is refused with a message, or its robot is stepped: actions of all sizes, and no crash")
  func bound() throws {
    let names = ["pendulum-swingup", "cartpole-balance", "humanoid-balance"]
    let texts = try names.map {
      [UInt8](try Data(contentsOf: URL(filePath: "\(ProjectFolders.root)/scenarios/\($0).yaml")))
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "poise-rubbish-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "s.yaml").path
    var mutator = Mutator(Self.vocabulary, corpus: texts, random: Torture.random(11))
    var random = Torture.random(12)
    var stepped = 0
    let trial = try Torture.trial("scenario", count: 300, inputs: { mutator.mutated(texts[$0 % texts.count]) }) {
      index, bytes in
      // The model stands where the scenario's own folder has it.
      let text = String(decoding: bytes, as: UTF8.self)
        .replacingOccurrences(of: "../models/", with: "\(ProjectFolders.root)/models/")
      try Data(text.utf8).write(to: URL(filePath: path))
      do {
        let task = try LoadedScenario(contentsOf: path).requireRobot(for: "this test").task
        // A control step may last as long as a person wants it to; here there are others waiting.
        guard task.timing.physicsStepsPerControlStep <= 200 else { return }
        stepped += 1
        try Self.step(task, &random)
      } catch let error as any PoiseError {
        #expect(!error.description.isEmpty && error.exitStatus != .internalFault, "mutation \(index)")
      }
    }
    #expect(stepped > trial.count / 20, "\(stepped) of \(trial.count) were stepped")
    #expect(trial.slowest < .seconds(60))
  }

  private static func step(_ task: BoundTask, _ random: inout RandomStream) throws {
    let block = try EnvironmentBlock(task, worlds: 0..<1, of: 1, seed: random.next(), detail: .full)
    var buffers = StepBuffers(worlds: 1, observations: task.observationSpace.count)
    reset(block, &buffers)
    for _ in 0..<6 {
      let actions = (0..<task.actionSpace.count).map { _ in Float(random.normal()) }
      step(block, actions, &buffers)
      #expect(buffers.observations.allSatisfy { $0.isFinite } && buffers.rewards.allSatisfy { $0.isFinite })
    }
  }

  private static func reset(_ block: EnvironmentBlock, _ buffers: inout StepBuffers) {
    var span = buffers.observations.mutableSpan
    block.reset(into: &span)
  }

  private static func step(_ block: EnvironmentBlock, _ actions: [Float], _ buffers: inout StepBuffers) {
    block.step(actions.span, into: &buffers)
  }

  @Test("may stand behind --set")
  func overrides() {
    let seeds = [
      "ppo.hiddenSizes.1=[64, 64]", "observations.tilt.body='a'", "pushes=[{impulse: [0, 1]}]",
      "goal={survivalRate: 1}",
    ].map { Array($0.utf8) }
    var mutator = Mutator(Self.vocabulary, corpus: seeds, random: Torture.random(13))
    Torture.trial("set", count: 3_000, inputs: { _ in mutator.next() }) { index, bytes in
      let argument = String(decoding: bytes, as: UTF8.self)
      do {
        _ = try read("model: m", overrides: [argument])
      } catch let error as InvalidInput {
        #expect(error.problems.allSatisfy { $0.file == "--set \(argument)" && $0.line == nil }, "mutation \(index)")
      } catch {
        Issue.record("mutation \(index): \(error)")
      }
    }
  }
}
