import Foundation
import PoiseCore
import TestSupport
import Testing

/// The program in places that are against it: few threads, few descriptors, long paths, streams that nobody reads, signals at any
/// moment, texts that would steer the terminal.
@Suite("Hostile use", .timeLimit(.minutes(10)))
struct HostileUseTests {
  /// Runs `poise` from a shell: `before` comes first, and may set limits.
  private static func poise(
    _ arguments: [String], before: String, redirections: String = "", signal: Int32? = nil,
    environment: [String: String?] = [:], when moment: () -> Bool = { false }
  ) throws -> CapturedProcess {
    let words = arguments.map { "'\($0)'" }.joined(separator: " ")
    return try CapturedProcess(
      URL(filePath: "/bin/sh"), ["-c", "\(before) exec '\(PoiseProcess.program.path)' \(words) \(redirections)"],
      in: ProjectFolders.root, environment: environment, signal: signal, when: moment)
  }

  private static let training = [
    "train", "pendulum-balance", "--seed", "3", "--steps", "2048",
    "--set", "ppo={worlds: 8, blockSize: 4, rolloutLength: 64, hiddenSizes: [8], valueHiddenSizes: [8]}",
    "--set", "training.evaluationInterval=1024", "--set", "evaluation.tuningEpisodes=2",
    "--set", "training.stopsAtGoal=false",
  ]

  private static func run(_ folder: ScratchFolder) throws -> String {
    let path = "\(folder.path)/run"
    let result = try PoiseProcess(training + ["--threads", "1", "--out", path])
    try #require(result.status == 0, "\(result.errors)")
    return path
  }

  // MARK: Threads and descriptors

  @Test(
    "a training for which the system does not make all threads makes do with fewer, says so, and comes to the same bits"
  )
  func threads() throws {
    let folder = try ScratchFolder()
    let plain = try Self.run(folder)
    // Stacks for some of the 500 threads.
    let limited = "\(folder.path)/limited"
    let result = try Self.poise(Self.training + ["--threads", "500", "--out", limited], before: "ulimit -v 3000000;")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("of 500 threads: the system made no more"), "\(result.errors)")
    for name in ["progress.csv", "evaluations.csv"] {
      #expect(
        try Data(contentsOf: URL(filePath: "\(plain)/\(name)")) == Data(contentsOf: URL(filePath: "\(limited)/\(name)"))
      )
    }
  }

  @Test("a server with too few descriptors says so; one with few serves")
  func descriptors() throws {
    let none = try Self.poise(["replay", "cartpole-balance", "--serve", "0"], before: "ulimit -n 20;")
    #expect(none.status == 74 && none.errors.contains("ulimit -n"), "\(none.errors)")
  }

  @Test("a server whose TMPDIR is too long for a socket's address finds another folder, and removes it at its end")
  func longTemporaryFolder() throws {
    let folder = try ScratchFolder()
    let long = "\(folder.path)/\(String(repeating: "d", count: 100))"
    try FileManager.default.createDirectory(atPath: long, withIntermediateDirectories: true)
    let runtime = "\(folder.path)/r"
    try FileManager.default.createDirectory(atPath: runtime, withIntermediateDirectories: true)
    let serving = try Self.poise(
      ["replay", "cartpole-balance", "--serve", "0"], before: "", redirections: "> \(folder.path)/out", signal: SIGINT,
      environment: ["TMPDIR": long, "XDG_RUNTIME_DIR": runtime],
      when: { (try? String(contentsOfFile: "\(folder.path)/out", encoding: .utf8))?.contains("Ctrl-C ends") == true })
    #expect(serving.status == 130, "\(serving.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: long).isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: runtime).isEmpty)
  }

  @Test("the folders of servers that were killed go when the next one starts")
  func leftovers() throws {
    let folder = try ScratchFolder()
    func serve(_ signal: Int32) throws {
      let out = "\(folder.path)/out"
      try Data().write(to: URL(filePath: out))
      _ = try Self.poise(
        ["replay", "cartpole-balance", "--serve", "0"], before: "", redirections: "> \(out)", signal: signal,
        environment: ["TMPDIR": "\(folder.path)/t"],
        when: { (try? String(contentsOfFile: out, encoding: .utf8))?.contains("Ctrl-C ends") == true })
    }
    try FileManager.default.createDirectory(atPath: "\(folder.path)/t/poise-myown1", withIntermediateDirectories: true)
    try serve(SIGKILL)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/t").count == 2)
    try serve(SIGINT)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/t") == ["poise-myown1"])
  }

  // MARK: Signals

  @Test(
    "one signal ends a command that waits for a pipe, within 2 s, and leaves no file",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func pipes(signal: Int32) throws {
    let folder = try ScratchFolder()
    let pipe = "\(folder.path)/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let start = ContinuousClock.now
    var sent = start
    let result = try Self.poise(
      ["simulate", "pendulum", "--csv", pipe], before: "", signal: signal,
      when: {
        sent = .now
        return sent - start > .seconds(3)
      })
    #expect(result.status == 128 + signal && ContinuousClock.now - sent < .seconds(2))
    #expect(folder.contents == ["pipe"])
  }

  @Test("one signal ends an export and a report in the middle, within 2 s, and leaves no file")
  func middle() throws {
    let folder = try ScratchFolder()
    let run = try Self.run(folder)
    for (name, arguments) in [
      ("a.csv", ["export", run, "--csv", "\(folder.path)/a.csv", "--episodes", "1000000"]),
      ("a.html", ["report", run, "--html", "\(folder.path)/a.html", "--episodes", "1000000"]),
    ] {
      var sent = ContinuousClock.now
      let result = try Self.poise(
        arguments, before: "", signal: SIGTERM,
        when: {
          sent = .now
          return folder.contents.contains { $0.hasPrefix("\(name).partial-") }
        })
      #expect(result.status == 143 && ContinuousClock.now - sent < .seconds(2), "\(name): \(result.errors)")
      #expect(folder.contents == ["run"], "\(name)")
    }
  }

  @Test("one signal ends a training whose standard error nobody reads, saved as promised")
  func fullPipe() throws {
    let folder = try ScratchFolder()
    let run = "\(folder.path)/run"
    // The pipe is full from the start: what the training says stays where it is.
    let script = """
      import fcntl, os, signal, subprocess, sys, time
      read, write = os.pipe()
      fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)
      try:
          while True: os.write(write, b"x" * 4096)
      except BlockingIOError: pass
      fcntl.fcntl(write, fcntl.F_SETFL, 0)
      training = subprocess.Popen(sys.argv[2:], stderr=write, stdout=subprocess.DEVNULL)
      while not os.path.exists(sys.argv[1] + "/checkpoints/latest.safetensors"): time.sleep(0.05)
      time.sleep(1)
      training.send_signal(signal.SIGINT)
      start = time.monotonic()
      print(training.wait(30), time.monotonic() - start)
      """
    let result = try CapturedProcess(
      URL(filePath: "/usr/bin/env"),
      ["python3", "-c", script, run, PoiseProcess.program.path] + Self.training + ["--threads", "1", "--out", run],
      in: ProjectFolders.root)
    let words = result.output.split(whereSeparator: \.isWhitespace)
    try #require(words.count == 2, "\(result.errors)")
    #expect(words[0] == "130")
    #expect(try #require(Double(words[1])) < 3)
    let again = try PoiseProcess(["train", "--resume", run])
    #expect(again.status == 0 && again.output.contains("2048 steps"), "\(again.errors)")
  }

  // MARK: Texts

  @Test("no name, unit, key or run.json of a file steers the terminal")
  func escapes() throws {
    let folder = try ScratchFolder()
    let escape = "\\u001b]0;mine\\u0007"
    let scenario = try folder.file(
      "s.yaml",
      """
      model: \(ProjectFolders.root)/models/pendulum.xml
      "key\\e[2J": 1
      commands: [{name: "c\\e[2J", range: [0, 1], unit: "u\\e[2J"}]
      """)
    let run = try Self.run(folder)
    let json = "\(run)/run.json"
    let text = try String(contentsOfFile: json, encoding: .utf8)
    try text.replacing("\"scenario\" : \"pendulum-balance\"", with: "\"scenario\" : \"\(escape)\"")
      .write(toFile: json, atomically: true, encoding: .utf8)
    let owner = FolderLock.Owner(process: 1, host: "far\u{1B}[2J", processStart: 1, boot: "other")
    try JSONEncoder().encode(owner).write(to: URL(filePath: "\(run)/lock"))
    for arguments in [
      ["check", scenario], ["inspect", scenario], ["evaluate", run], ["train", "--resume", run],
      ["check", "\u{1B}[2J.yaml"],
      ["report", run, "--html", "\(folder.path)/r.html", "--episodes", "0"],
    ] {
      let result = try PoiseProcess(arguments)
      for output in [result.output, result.errors] {
        #expect(
          !output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x9B }, "\(arguments[0])")
      }
    }
  }

  @Test("worlds that need more memory than there is are refused, by the measure of one of them")
  func memoryOfWorlds() throws {
    let folder = try ScratchFolder()
    // At 64 kB, the least that is counted for any world, 20,000 would fit; a humanoid's takes several times as much.
    let result = try Self.poise(
      ["train", "humanoid-stand", "--out", "\(folder.path)/run", "--set", "ppo.worlds=20000"],
      before: "ulimit -v 4000000;")
    #expect(result.status == 65 && result.errors.contains("ppo.worlds"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/run"))
  }

  @Test("infinite returns are null in JSON, with the reason beside it, and no error")
  func infinite() throws {
    let settings = [
      "--set", "faults.reward=1e308", "--set", "rewards=[{alive: {weight: 1e308}}]", "--set", "terminations=[]",
    ]
    let result = try PoiseProcess(["evaluate", "cartpole-balance", "--episodes", "2", "--json"] + settings)
    #expect(result.status == 0, "\(result.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect((object["return"] as? [String: Any])?["mean"] is NSNull)
    #expect(result.errors.contains("not finite") && result.errors.contains("return"))
    let folder = try ScratchFolder()
    let csv = try PoiseProcess(["simulate", "cartpole-balance", "--csv", "\(folder.path)/a.csv"] + settings)
    #expect(csv.status == 0 && folder.contents == ["a.csv", "a.csv.meta.json"], "\(csv.errors)")
  }

  @Test("a key's path of 20,000 names is refused with a message", arguments: ["a.", "ppo."])
  func deepPath(name: String) throws {
    let path = String(repeating: name, count: 20_000) + "b=1"
    let result = try PoiseProcess(["check", "cartpole-balance"])
    #expect(result.status == 0)
    let refused = try PoiseProcess(["inspect", "cartpole-balance", "--set", path])
    #expect(refused.status == 65 && refused.errors.contains("a path of 20001 names"), "\(refused.errors.prefix(300))")
    #expect(refused.errors.utf8.count < 1000)
    let folder = try ScratchFolder()
    let plan = try folder.file(
      "p.yaml", "scenario: cartpole-balance\nswept: [{key: \(path.dropLast(2)), values: [1]}]\nseeds: [1]\n")
    let sweep = try PoiseProcess(["sweep", plan, "--out", "\(folder.path)/sweep"])
    #expect(sweep.status == 65, "\(sweep.errors.prefix(300))")
  }

  // MARK: Files

  @Test("an export to a device tells of no file that it has not written")
  func device() throws {
    let result = try PoiseProcess(["export", "models/trained/humanoid-balance", "--csv", "/dev/null"])
    #expect(result.status == 0 && result.output.contains("/dev/null: 1 episode\n"), "\(result.output)")
  }

  @Test("a folder of somebody's own is refused by every --out, and not touched")
  func somebodysFolder() throws {
    let folder = try ScratchFolder()
    for name in ["lock", "model/mine", "scenario.yaml", "outcomes/mine"] { _ = try folder.file("f/\(name)", "mine") }
    for arguments in [
      Self.training + ["--out", "\(folder.path)/f"],
      ["sweep", "Benchmarks/sweeps/cartpole-swingup-ppo.yaml", "--out", "\(folder.path)/f"],
    ] {
      let result = try PoiseProcess(arguments)
      #expect(result.status == 65 && result.errors.contains("a folder that is not empty"), "\(result.errors)")
      for name in ["lock", "model/mine", "scenario.yaml", "outcomes/mine"] {
        #expect(try String(contentsOfFile: "\(folder.path)/f/\(name)", encoding: .utf8) == "mine")
      }
    }
  }

  @Test("a pipe or a sparse terabyte in the place of any file that is read is refused at once", .timeLimit(.minutes(3)))
  func endless() throws {
    let folder = try ScratchFolder()
    for name in ["p.xml", "p.yaml", "p.csv"] { try #require(mkfifo("\(folder.path)/\(name)", 0o600) == 0) }
    for name in ["s.xml", "s.yaml", "s.csv"] {
      _ = try folder.file(name, "x")
      try #require(truncate("\(folder.path)/\(name)", 1 << 40) == 0)
    }
    for name in ["p", "s"] {
      for arguments in [
        ["check", "\(folder.path)/\(name).xml"], ["check", "\(folder.path)/\(name).yaml"],
        ["solve", "\(folder.path)/\(name).yaml"],
        ["sweep", "\(folder.path)/\(name).yaml", "--out", "\(folder.path)/o"],
        ["replay", "--csv", "\(folder.path)/\(name).csv", "--model", "pendulum", "--tty"],
      ] {
        let result = try PoiseProcess(arguments)
        #expect([65, 74].contains(result.status), "\(arguments): \(result.status) \(result.errors.prefix(300))")
      }
    }
  }
}
