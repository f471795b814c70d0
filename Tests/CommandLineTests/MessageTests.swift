import Foundation
import PoiseCore
@testable import PoiseCommandLine
import PoiseScenarios
import TestSupport
import Testing

/// A command line that is wrong, its exit code, and what the message has to say.
struct WrongCommand: CustomTestStringConvertible, Sendable {
  var arguments: [String]
  var status: Int32
  var said: [String]
  var testDescription: String { arguments.joined(separator: " ") }

  init(_ arguments: String, _ status: Int32, _ said: String...) {
    self.arguments = arguments.split(separator: " ").map {
      String($0).replacing("␣", with: " ").replacing("⍽", with: "\u{A0}")
    }
    self.status = status
    self.said = said
  }

  static let all = [
    // A model or a folder where a scenario is meant.
    WrongCommand(
      "train pendulum", 65, "pendulum: found a model; allowed a scenario", "pendulum-balance, pendulum-swingup"),
    WrongCommand("evaluate humanoid", 65, "found a model", "humanoid-balance, humanoid-stand"),
    WrongCommand("solve humanoid", 65, "humanoid: found a model; allowed a scenario"),
    WrongCommand("evaluate nowhere", 74, "there is no such file or run, and no shipped scenario of that name"),
    WrongCommand(
      "export scenarios/pendulum-balance.yaml --csv -", 65, "found a scenario; allowed the folder of a run",
      "poise train scenarios/pendulum-balance.yaml"),
    WrongCommand("check a.xml", 74, "a.xml: cannot read: No such file or directory.\n"),
    WrongCommand("replay", 64, "Name a run or a scenario or, with --csv, a trajectory."),
    WrongCommand("train models/cartpole.xml", 65, "found a model", "cartpole-balance"),
    WrongCommand("train scenarios", 65, "scenarios: found a folder"),
    WrongCommand("check models", 65, "models: found a folder"),
    WrongCommand(
      "train models/trained/humanoid-balance", 65, "found the folder of a run",
      "poise train --resume models/trained/humanoid-balance"),
    WrongCommand("train humanoid-balence", 74, "Did you mean 'humanoid-balance'?"),
    WrongCommand(
      "train pendulum-balance --resume runs/x", 64, "found the scenario 'pendulum-balance' beside --resume",
      "poise train --resume runs/x", "poise train pendulum-balance --from runs/x"),
    WrongCommand("train --resume runs/x --seed 3 --out y", 64, "found --seed and --out beside --resume", "--steps"),
    // Unknown commands and options, by spelling and by meaning.
    WrongCommand("trian pendulum-balance", 64, "'trian' is no command. Did you mean 'poise train'?"),
    WrongCommand("eval runs/x", 64, "Did you mean 'poise evaluate'?"),
    WrongCommand("zzzzzz", 64, "Commands: list, inspect"),
    WrongCommand("train pendulum-balance --lr 1e-3", 64, "--set ppo.learningRate.initial=…"),
    WrongCommand("train pendulum-balance --total-timesteps 100", 64, "Did you mean '--steps'?"),
    WrongCommand("train pendulum-balance --n_envs 4", 64, "--set ppo.worlds=…. `poise inspect --schema`"),
    WrongCommand("train maze --lr 0.1", 64, "scenario: --set qLearning.learningRate.initial=…. `poise"),
    WrongCommand("train pendulum-balance --device cuda", 64, "Poise computes on the CPU: leave --device out."),
    WrongCommand("help nonsense", 64, "'nonsense' is no command. Commands: list, inspect"),
    WrongCommand("help trian", 64, "'trian' is no command. Did you mean 'poise train'?"),
    WrongCommand("--hlep", 64, "Did you mean '--help'?"),
    WrongCommand("train --hlep", 64, "Did you mean '--help'?"),
    WrongCommand("train pendulum-balance --stepz 4", 64, "--steps"),
    WrongCommand(
      "train pendulum-balance --set ppo.gamma=0.9", 65,
      "found the unknown key 'gamma'; allowed a known key. It is called ppo.discountFactor here."),
    WrongCommand(
      "train pendulum-balance --set episodeLength=5", 65, "It is called episodeSeconds or episodeSteps here."),
    WrongCommand(
      "train pendulum-balance --set entropyCoefficient=0", 65, "It is a key in another place: 'ppo.entropyCoefficient'",
      "and so on."),
    WrongCommand(
      "train pendulum-balance --set ppo.learningRate=0.001", 65, "allowed a section of keys with their values",
      "Did you mean 'ppo.learningRate.initial'?"),
    WrongCommand("train pendulum-balance --algorithm pp", 65, "`poise list --algorithms` describes them."),
    WrongCommand("train pendulum-balance --set nothing", 65, "Example: --set ppo.clipRange=0.1."),
    WrongCommand("train pendulum-balance --set ppo.n_steps=9", 65, "It is called ppo.rolloutLength here."),
    WrongCommand("train pendulum-balance --set ppo.lr=9", 65, "It is called ppo.learningRate.initial here."),
    WrongCommand("train pendulum-balance --set td3.tau=0.1", 65, "It is called td3.targetUpdateRate here."),
    WrongCommand(
      "train pendulum-balance --set frame_skip=5", 65, "It is called controlTimeStep here.", "times physics.timeStep"),
    WrongCommand(
      "train pendulum-balance --set gamma=0.9", 65, "It is called ppo.discountFactor or ", "and so on, here."),
    WrongCommand(
      "train humanoid-balance --set disturbances.0.scale=2", 65, "the key 'scale' beside the name 'pushes'",
      "The address is disturbances.0.pushes.scale."),
    // Twice, and what was checked with its changes.
    WrongCommand("train pendulum-balance --seed 1 --seed 2", 64, "--seed: found it 2 times, as 1 and 2; allowed once"),
    WrongCommand("evaluate pendulum-balance --episodes=1 --episodes 2", 64, "--episodes: found it 2 times"),
    WrongCommand("check pendulum-balance --set ppo.clipRange=7", 65, "--set ppo.clipRange=7"),
    WrongCommand("check pendulum --set ppo.clipRange=0.1", 64, "--set changes keys of a scenario"),
    // White space that looks like a blank.
    WrongCommand("train pendulum⍽balance", 74, "no-break space, U+00A0"),
    WrongCommand("train pendulum-balance --set ppo.clip⍽Range=0.1", 65, "no-break space, U+00A0"),
    WrongCommand("⍽train pendulum-balance", 64, "no-break space, U+00A0"),
    // Values.
    WrongCommand("replay pendulum-balance --serve 99999", 64, "--serve: found '99999'; allowed a port from 0 to 65535"),
    WrongCommand("replay pendulum-balance --serve x", 64, "--serve: found 'x'; allowed a port from 0 to 65535"),
    WrongCommand(
      "train --resume x --checkpoint best", 64, "found best, which holds only a policy; allowed latest, previous"),
    WrongCommand("train pendulum-balance --seeds 5-1", 64, "1-5 or 1,3,7"),
    WrongCommand(
      "train pendulum-balance --seed -1", 64,
      "--seed: found '-1'; allowed a whole number from 0 to 18446744073709551615."),
    WrongCommand("train pendulum-balance --seed one", 64, "--seed: found 'one'; allowed a whole number from 0"),
    WrongCommand("train pendulum-balance --steps -5", 64, "--steps: found '-5'; allowed no negative number."),
    WrongCommand("train pendulum-balance --seeds 1,1", 64, "each once"),
    WrongCommand("train pendulum-balance --seeds 1-3 --seed 2", 64, "Found --seed beside --seeds"),
  ]
}

@Suite("Messages about what was meant", .timeLimit(.minutes(10)))
struct MessageTests {
  @Test("say what was found, what is allowed and what to do", arguments: WrongCommand.all)
  func wrong(_ command: WrongCommand) throws {
    let result = try PoiseProcess(command.arguments)
    #expect(result.status == command.status, "\(result.errors)")
    let said = result.errors.replacing("Found", with: "found")
    for text in command.said {
      #expect(said.contains(text.replacing("Found", with: "found")), "'\(text)' in: \(result.errors)")
    }
    #expect(!result.errors.contains("\u{1B}"), "colours without a terminal")
  }

  @Test("what was meant stands before the usage, which fits on 80 columns and names no checkpoint that is refused")
  func usage() throws {
    let errors = try PoiseProcess(["train", "pendulum-balance", "--lr", "1"]).errors
    let hint = try #require(errors.range(of: "--set ppo"))
    let usage = try #require(errors.range(of: "Usage: "))
    #expect(hint.lowerBound < usage.lowerBound, "\(errors)")
    let commands = [
      "list", "inspect", "check", "simulate", "solve", "train", "evaluate", "replay", "export", "report", "bench",
      "sweep", "doctor",
    ]
    for command in commands {
      let help = try PoiseProcess([command, "--help"]).output
      let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
      let usage = lines.drop { !$0.hasPrefix("USAGE: ") }.prefix { !$0.isEmpty }
      #expect(!usage.isEmpty && usage.allSatisfy { $0.count <= 80 }, "\(usage)")
    }
    let train = try PoiseProcess(["train", "--help"]).output.replacing(#/\s+/#, with: " ")
    #expect(train.contains("latest, previous") && !train.contains("best, latest"), "\(train)")
  }

  @Test("one episode is one episode, and a page that was written is named")
  func singular() throws {
    let folder = try ScratchFolder()
    let (csv, page) = ("\(folder.path)/a.csv", "\(folder.path)/a.html")
    let simulated = try PoiseProcess(["simulate", "pendulum-balance", "--seconds", "0.5", "--csv", csv])
    #expect(simulated.status == 0, "\(simulated.errors)")
    let replay = try PoiseProcess(["replay", "--csv", csv, "--html", page])
    #expect(replay.status == 0 && replay.output == "\(page): 1 episode\n", "\(replay)")
    #expect(replay.errors.contains(": 1 episode, "), "\(replay.errors)")
  }

  @Test("an option that may be repeated may be, and one value that looks like an option's name is none")
  func repeatable() {
    #expect(ArgumentAdvice.refusal(of: ["train", "x", "--set", "a=1", "--set", "b=2"]) == nil)
    #expect(ArgumentAdvice.refusal(of: ["evaluate", "x", "--json", "--json"]) == nil)
    #expect(ArgumentAdvice.refusal(of: ["train", "x", "--out", "a", "--out=b"]) != nil)
    #expect(ArgumentAdvice.refusal(of: ["train", "--", "--out", "--out"]) == nil)
    #expect(ArgumentAdvice.refusal(of: []) == nil)
  }

  @Test("inspect shows the keys of one section alone")
  func section() throws {
    let ppo = try PoiseProcess(["inspect", "ppo"]).output
    #expect(ppo.contains("ppo.clipRange") && ppo.contains("ppo.learningRate.initial") && !ppo.contains("ddpg."))
    let physics = try PoiseProcess(["inspect", "physics"]).output
    #expect(physics.contains("physics.timeStep") && !physics.contains("ppo."))
    #expect(try PoiseProcess(["inspect", "humanoid"]).output.contains("humanoid"))
    #expect(try PoiseProcess(["inspect", "ppoo"]).status == 74)
  }

  @Test("printed commands can be pasted, whatever the folder is called")
  func pasted() throws {
    let scratch = try ScratchFolder()
    let folder = "\(scratch.path)/it's a $RUN"
    let result = try PoiseProcess([
      "train", "pendulum-balance", "--steps", "4096", "--threads", "1", "--out", folder, "--set",
      "evaluation.tuningEpisodes=2",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let line = try #require(result.output.split(separator: "\n").first { $0.contains("evaluate ") })
    let command = line.replacing("  evaluate  poise", with: "\(PoiseProcess.program.path)")
    let again = try CapturedProcess(
      URL(filePath: "/bin/sh"), ["-c", "\(command) --episodes 1 --json"], in: ProjectFolders.root)
    #expect(again.status == 0, "\(command): \(again.errors)")
  }

  @Test("every name of another library leads to a key that there is, and the README has the table")
  func fieldNames() throws {
    let paths = ScenarioReport.schema.entries.map(\.path)
    for row in FieldNames.table {
      for name in row.elsewhere {
        #expect(!FieldNames.paths(for: name, in: "", among: paths).isEmpty, "\(name)")
        let dashed = name.replacing("_", with: "-")
        #expect(FieldNames.row(for: dashed) == FieldNames.row(for: name))
      }
      for ending in row.here { #expect(paths.contains { $0 == ending || $0.hasSuffix(".\(ending)") }, "\(ending)") }
    }
    let readme = try String(contentsOfFile: "\(ProjectFolders.root)/README.md", encoding: .utf8)
    #expect(readme.contains(Self.readmeTable), "README.md needs this table:\n\(Self.readmeTable)")
  }

  /// The table of the README, made from the one that messages use.
  private static var readmeTable: String {
    let rows = FieldNames.table.map { row in
      "| \(row.elsewhere.map { "`\($0)`" }.joined(separator: " ")) | \(row.here.map { "`\($0)`" }.joined(separator: " ")) | \(row.remark) |"
    }
    return (["| elsewhere | here | |", "| --- | --- | --- |"] + rows).joined(separator: "\n")
  }
}
