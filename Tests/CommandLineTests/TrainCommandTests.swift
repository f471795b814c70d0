import Foundation
import TestSupport
import Testing

@Suite("poise train and evaluate", .timeLimit(.minutes(10)))
struct TrainCommandTests {
  /// Half a second of training, with an evaluation every quarter.
  private static let small = [
    "train", "pendulum-balance", "--seed", "3", "--threads", "2", "--set", "training.stepLimit=40960", "--set",
    "training.evaluationInterval=10240", "--set", "training.stopsAtGoal=false", "--set", "evaluation.tuningEpisodes=8",
  ]

  /// What must not depend on when a run was interrupted.
  private static func results(_ run: String) throws -> [Data] {
    try ["progress.csv", "evaluations.csv", "scenario.yaml", "checkpoints/best.safetensors"].map {
      try Data(contentsOf: URL(filePath: "\(run)/\($0)"))
    }
  }

  private static func progress(_ run: String) throws -> Data {
    try Data(contentsOf: URL(filePath: "\(run)/progress.csv"))
  }

  /// A training that a signal ends once its table has more rows than this.
  ///
  /// On a busy machine a training of a second may be over before this process has seen its first row; then it is done again.
  private static func interrupted(
    _ command: [String], _ run: String, signal: Int32, rows: Int
  ) throws -> PoiseProcess {
    while true {
      let process = try PoiseProcess(
        command + ["--out", run], signal: signal,
        when: {
          ((try? String(contentsOfFile: "\(run)/progress.csv", encoding: .utf8))?.count { $0 == "\n" } ?? 0) > rows
        })
      guard process.status == 0 else { return process }
      try FileManager.default.removeItem(atPath: run)
    }
  }

  @Test("a run ends with a report on standard output, and tells of its progress in plain lines on standard error")
  func report() throws {
    let folder = try ScratchFolder()
    let run = "\(folder.path)/run"
    let result = try PoiseProcess(Self.small + ["--out", run])
    #expect(result.status == 0, "\(result.errors)")
    // Not that the goal was not reached: this run does not stop at it.
    #expect(result.output.contains("The step limit was reached.\n") && result.output.contains("poise evaluate \(run)"))
    #expect(result.errors.contains("evaluation at 10.2 k steps") && !result.errors.contains("\u{1B}"))
    let files = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
    #expect(
      files == [
        "checkpoints", "evaluations.csv", "events.out.tfevents.poise", "model", "progress.csv", "run.json",
        "scenario.yaml", "timing.csv",
      ])

    let judged = try PoiseProcess(["evaluate", run, "--episodes", "20", "--json"])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(judged.output.utf8)) as? [String: Any])
    #expect(object["algorithm"] as? String == "ppo" && object["episodes"] as? Int == 20)
    let table = try PoiseProcess(["evaluate", run, "--episodes", "5"]).output
    #expect(["ppo", "zero", "random", "hold"].allSatisfy(table.contains))
  }

  @Test(
    "a signal saves, says how to go on, and ends with 128 and its number; the run that goes on has the bits of one at one go",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func signals(number: Int32) throws {
    let folder = try ScratchFolder()
    let (whole, parts) = ("\(folder.path)/whole", "\(folder.path)/parts")
    #expect(try PoiseProcess(Self.small + ["--out", whole]).status == 0)
    let first = try Self.interrupted(Self.small, parts, signal: number, rows: 2)
    #expect(first.status == 128 + number, "\(first.errors)")
    #expect(first.errors.contains("resume with: poise train --resume \(parts)"))
    #expect(try Self.progress(parts).count < Self.progress(whole).count)
    #expect(try PoiseProcess(["train", "--resume", parts, "--threads", "1"]).status == 0)
    #expect(try Self.results(whole) == Self.results(parts))
  }

  @Test(
    "DDPG and TD3 train by the same command, say what their memory takes, and go on after a signal or a kill to the same bits",
    arguments: [("ddpg", SIGTERM), ("td3", SIGKILL)])
  func offPolicy(algorithm: String, number: Int32) throws {
    let folder = try ScratchFolder()
    let (whole, parts) = ("\(folder.path)/whole", "\(folder.path)/parts")
    let command = [
      "train", "pendulum-balance", "--algorithm", algorithm, "--seed", "3", "--threads", "2", "--steps", "6000",
      "--set",
      "training.stopsAtGoal=false", "--set", "evaluation.tuningEpisodes=8",
    ]
    let once = try PoiseProcess(command + ["--out", whole])
    #expect(once.status == 0 && once.output.contains("6000 steps"), "\(once.errors)")
    #expect(once.errors.contains("replay buffer: 20000 observations, 24 bytes per transition, 0.5 MB"))
    let first = try Self.interrupted(command, parts, signal: number, rows: 4)
    #expect(first.status == 128 + number, "\(first.errors)")
    #expect(try PoiseProcess(["train", "--resume", parts, "--threads", "1"]).status == 0)
    #expect(try Self.results(whole) == Self.results(parts))
    let judged = try PoiseProcess(["evaluate", parts, "--episodes", "5", "--json"]).output
    #expect(judged.contains("\"algorithm\" : \"\(algorithm)\""), "\(judged)")
  }

  @Test(
    "a learning rate of 1000 ends with exit code 65 and a message that names what went wrong first",
    arguments: ["ppo", "ddpg"])
  func divergence(algorithm: String) throws {
    let folder = try ScratchFolder()
    let rate = algorithm == "ppo" ? "ppo.learningRate.initial=1e3" : "ddpg.criticLearningRate=1e3"
    let result = try PoiseProcess([
      "train", "pendulum-balance", "--algorithm", algorithm, "--seed", "3", "--threads", "1", "--steps", "40960",
      "--set",
      rate, "--out", "\(folder.path)/run",
    ])
    #expect(result.status == 65, "\(result.errors)")
    #expect(
      result.errors.contains("training cannot go on after") && result.errors.contains("weights"), "\(result.errors)")
    #expect(result.errors.contains("1000.0") && result.output.isEmpty)
  }

  @Test("what cannot be done is said, with the right exit code")
  func refusals() throws {
    let folder = try ScratchFolder()
    _ = try folder.file("run/note.txt", "mine")
    func expect(_ arguments: [String], _ status: Int32, _ text: String) throws {
      let result = try PoiseProcess(arguments)
      #expect(result.status == status && result.errors.contains(text), "\(arguments): \(result.errors)")
    }
    try expect(["train", "pendulum-balance", "--out", "\(folder.path)/run"], 65, "a folder that is not empty")
    try expect(["train", "pendulum-balance", "--algorithm", "pp"], 65, "pp")
    try expect(["train", "--resume", "\(folder.path)/none"], 74, "run.json")
    try expect(["train", "--resume", "x", "--seed", "1"], 64, "--resume")
    try expect(["train", "--resume", "x", "--checkpoint", "best"], 64, "allowed latest, previous")
    try expect(
      ["train", "pendulum-balance", "--checkpoint", "latest"], 64, "--checkpoint is used only together with --resume")
    try expect(["train"], 64, "Name either a scenario or, with --resume, a run")
    try expect(["train", "pendulum-balance", "--threads", "0"], 64, "allowed 1 to 1024")
    try expect(["evaluate", "pendulum-balance", "--controller", "policy"], 65, "Train one")
    try expect(["evaluate", "pendulum-balance", "--episodes", "0"], 64, "allowed 1 to")
  }

  // MARK: Going on, warm starts, several seeds

  @Test(
    "a run that has ended goes on with more steps and other rates, and evaluate, replay and report take it as it is")
  func goesOn() throws {
    let folder = try ScratchFolder()
    let run = "\(folder.path)/run"
    let small = ["--set", "training.stopsAtGoal=false", "--set", "evaluation.tuningEpisodes=4", "--threads", "1"]
    #expect(try PoiseProcess(["train", "pendulum-balance", "--steps", "10240", "--out", run] + small).status == 0)
    let short = try PoiseProcess(["train", "--resume", run, "--steps", "10240"])
    #expect(short.status == 65 && short.errors.contains("allowed more than 10240"), "\(short.errors)")
    let refused = try PoiseProcess([
      "train", "--resume", run, "--steps", "20480", "--set", "ppo.worlds=2", "--set", "physics.timeStep=0.01",
    ])
    #expect(refused.status == 65 && refused.errors.contains("ppo.worlds of a run that has begun"), "\(refused.errors)")
    #expect(
      refused.errors.contains("physics.timeStep of a run") && refused.errors.contains("learningRate"),
      "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(run)/changes.jsonl"))

    let more = try PoiseProcess([
      "train", "--resume", run, "--steps", "20480", "--set", "ppo.learningRate.schedule=constant", "--set",
      "ppo.learningRate.initial=1e-5", "--threads", "1",
    ])
    #expect(more.status == 0 && more.output.contains("20480 steps"), "\(more)")
    let changes = try String(contentsOfFile: "\(run)/changes.jsonl", encoding: .utf8)
    #expect(
      changes.hasPrefix("{\"environmentSteps\":10240,\"set\":[") && changes.split(separator: "\n").count == 1,
      "\(changes)")
    let rows = try String(contentsOfFile: "\(run)/progress.csv", encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",")
    }
    let column = try #require(rows[0].firstIndex(of: "learning_rate"))
    #expect(rows.last?[column] == "1e-05", "\(rows.last ?? [])")
    #expect(try PoiseProcess(["evaluate", run, "--episodes", "2", "--json"]).status == 0)
    #expect(try PoiseProcess(["train", "--resume", run]).output.contains("20480 steps"))
  }

  @Test("a run that has reached its goal says how to go on past it, and does so")
  func pastTheGoal() throws {
    let folder = try ScratchFolder()
    let run = "\(folder.path)/run"
    let first = try PoiseProcess(["train", "treasure", "--seed", "1", "--out", run])
    #expect(first.status == 0 && first.output.contains("The goal was reached"), "\(first)")
    let line = try #require(first.output.split(separator: "\n").first { $0.contains("  go on  ") })
    #expect(line.hasSuffix("--set training.stopsAtGoal=false"), "\(line)")
    let arguments = line.split(separator: " ").drop { $0 != "train" }.map(String.init)
    let more = try PoiseProcess(arguments)
    #expect(more.status == 0 && more.output.contains("The step limit was reached."), "\(more)")
  }

  @Test("a training that ends before the first update says so, and how many steps one takes")
  func tooShort() throws {
    let folder = try ScratchFolder()
    let result = try PoiseProcess([
      "train", "pendulum-balance", "--steps", "100", "--out", "\(folder.path)/run", "--threads", "1", "--set",
      "ppo.worlds=16", "--set", "ppo.rolloutLength=128", "--set", "evaluation.tuningEpisodes=2",
    ])
    #expect(result.status == 0, "\(result)")
    #expect(
      result.errors.contains(
        "after 2048 steps, before the first update. One rollout is 2048 steps, and the first only initialises"),
      "\(result.errors)")
  }

  @Test("a warm start begins with what another run has learned, and is refused where networks or algorithm do not fit")
  func warmStart() throws {
    let folder = try ScratchFolder()
    let (first, second) = ("\(folder.path)/first", "\(folder.path)/second")
    let small = ["--set", "training.stopsAtGoal=false", "--set", "evaluation.tuningEpisodes=20", "--threads", "1"]
    #expect(try PoiseProcess(["train", "pendulum-balance", "--steps", "20480", "--out", first] + small).status == 0)
    let warm = try PoiseProcess(
      [
        "train", "pendulum-balance", "--from", first, "--seed", "2", "--steps", "2048", "--out", second, "--set",
        "training.evaluationInterval=1024", "--set", "ppo.worlds=8", "--set", "ppo.rolloutLength=64",
      ] + small)
    #expect(warm.status == 0, "\(warm.errors)")
    func returns(_ run: String) throws -> [Double] {
      let rows = try String(contentsOfFile: "\(run)/evaluations.csv", encoding: .utf8).split(separator: "\n").map {
        $0.split(separator: ",")
      }
      let column = try #require(rows[0].firstIndex(of: "return_mean"))
      return rows.dropFirst().compactMap { Double($0[column]) }
    }
    // After a thousand steps it is where the first one was at its end, and not where a fresh policy is.
    let (before, after) = (try returns(first), try returns(second))
    #expect(abs(try #require(after.first) - (try #require(before.last))) < 20, "\(before) \(after)")
    #expect(try String(contentsOfFile: "\(second)/run.json", encoding: .utf8).contains("checkpointSha256"))
    let other = try PoiseProcess([
      "train", "pendulum-balance", "--algorithm", "td3", "--from", first, "--out", "\(folder.path)/x",
    ])
    #expect(other.status == 65 && other.errors.contains("allowed a run of td3"), "\(other.errors)")
    let shape = try PoiseProcess(["train", "cartpole-balance", "--from", first, "--out", "\(folder.path)/y"])
    #expect(shape.status == 65 && shape.errors.contains("same observations, actions and networks"), "\(shape.errors)")
    #expect(folder.contents == ["first", "second"])
  }

  @Test("two trainings that are started at once without --out get two folders")
  func twoAtOnce() throws {
    let folder = try ScratchFolder()
    let program = PoiseProcess.program.path
    let train =
      "\(program) train \(ProjectFolders.root)/scenarios/pendulum-balance.yaml --steps 2048 --threads 1 --set evaluation.tuningEpisodes=2"
    let both = try CapturedProcess(
      URL(filePath: "/bin/bash"), ["-c", (0..<4).map { _ in "\(train) & " }.joined() + "wait"], in: folder.path)
    #expect(both.errors.components(separatedBy: ": runs/pendulum-balance-ppo-seed1").count == 5, "\(both.errors)")
    let runs = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/runs").sorted()
    #expect(runs == ["", "-2", "-3", "-4"].map { "pendulum-balance-ppo-seed1\($0)" })
    for run in runs {
      #expect(FileManager.default.fileExists(atPath: "\(folder.path)/runs/\(run)/checkpoints/latest.safetensors"))
    }
    // A training that is refused leaves no empty folder.
    let refused = try PoiseProcess(
      ["train", "\(ProjectFolders.root)/scenarios/pendulum-balance.yaml", "--from", "nowhere"], in: folder.path)
    #expect(refused.status == 74)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/runs").count == 4)
  }

  @Test(
    "several seeds train side by side to the bits that each has alone, end in a table, and fill a report with intervals"
  )
  func seeds() throws {
    let folder = try ScratchFolder()
    let small = [
      "--steps", "10240", "--set", "training.evaluationInterval=5120", "--set", "training.stopsAtGoal=false", "--set",
      "evaluation.tuningEpisodes=4",
    ]
    let all = try PoiseProcess(
      ["train", "pendulum-balance", "--seeds", "1-2,4", "--threads", "2", "--out", "\(folder.path)/all"] + small)
    #expect(all.status == 0, "\(all.errors)")
    #expect(all.output.contains("best return") && all.output.contains("interquartile mean"), "\(all.output)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/all").sorted() == ["seed1", "seed2", "seed4"])
    #expect(
      try PoiseProcess(["train", "pendulum-balance", "--seed", "4", "--out", "\(folder.path)/alone"] + small).status
        == 0)
    #expect(try Self.results("\(folder.path)/alone") == Self.results("\(folder.path)/all/seed4"))

    let slow = small + ["--set", "ppo.learningRate.initial=1e-5", "--set", "ppo.learningRate.schedule=constant"]
    #expect(
      try PoiseProcess(["train", "pendulum-balance", "--seeds", "1-3", "--out", "\(folder.path)/slow"] + slow).status
        == 0)
    let runs = ["all/seed1", "all/seed2", "all/seed4", "slow/seed1", "slow/seed2", "slow/seed3"].map {
      "\(folder.path)/\($0)"
    }
    let page = "\(folder.path)/page.html"
    #expect(try PoiseProcess(["report"] + runs + ["--html", page, "--episodes", "4"]).status == 0)
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("interquartile mean") && html.contains("95 % interval") && html.contains("Do groups differ?"))
    #expect(html.contains("<td>0.100</td>"), "the least p of three against three")
  }
}
