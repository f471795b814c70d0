import ArgumentParser
import Foundation
import PoiseControl
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseTraining
import PoiseViewer

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a trained controller: as a page, live in a browser, or in the terminal.",
    usage: """
      \(program) replay <subject> [options]
      \(program) replay --csv <file> [options]
      """,
    discussion: """
      In the terminal, q quits. The episodes are those that `\(program) evaluate` scores for the same seed. Without --html and --serve, the robot is drawn in \
      the terminal. For a finite problem, the agent, @, is shown on its map as it learns. --serve listens on this machine only, until Ctrl-C. A run that is still training is followed: the page \
      takes over its newest policy, and its curves grow.

      Examples:
        \(program) replay RUN --html robot.html      one page, to keep or to mail
        \(program) replay RUN --serve                live: pull the robot, choose seeds
        \(program) replay SCENARIO --controller hold --set episodeSeconds=5
        \(program) replay --csv FILE --html a.html   a recorded trajectory
        \(program) replay treasure --tty             how an agent learns a finite problem
      """)

  @Argument(help: "A run's folder, a scenario file, or a name that `\(program) list` shows.", completion: .subjects)
  var subject: String?

  @Option(
    help: ArgumentHelp(
      """
      Show a trajectory instead of a run: a file that `\(program) export --csv` or `\(program) simulate --csv` has written. If \
      FILE.meta.json lies beside it, its actions are fed back into the simulation, which also gives the contact forces.
      """, valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp(
      "The model of the trajectory: an MJCF file or a name. Default: the one that FILE.meta.json names.",
      valueName: "file"))
  var model: String?

  @Option(help: ArgumentHelp("Number of episodes, 1 to 1000. Default: 1; for a trajectory, all.", valueName: "n"))
  var episodes: Int?

  @Option(help: .episodeSeed)
  var seed: UInt64?

  @Option(help: ArgumentHelp("Write one self-contained page to this file; '-' is standard output.", valueName: "file"))
  var html: String?

  @Option(
    defaultAsFlag: 8021,
    help: ArgumentHelp(
      "Serve the page at this port of 127.0.0.1 and simulate live; 0 takes any free port. Without a number: 8021.",
      valueName: "port"))
  var serve: UInt16?

  @Flag(help: "Draw the robot in the terminal.")
  var tty = false

  @Flag(help: "In the terminal, draw with ASCII characters only.")
  var ascii = false

  @Option(help: "The checkpoint of a run. While a run trains, the live page can follow best or latest.")
  var checkpoint = RunFolder.Checkpoint.best

  @Option(
    help:
      "The controller of a scenario without a run: \(BaselineController.names). Default: hold, or random where actions are levels."
  )
  var controller: BaselineController?

  @Option(help: .scenarioOverrides)
  var set: [String] = []

  func validate() throws {
    if let episodes, !(1...1000).contains(episodes) {
      throw ValidationError("--episodes: found \(episodes); allowed 1 to 1000.")
    }
    if [html != nil, serve != nil, tty].count(where: { $0 }) > 1 {
      throw ValidationError("Found two of --html, --serve and --tty; allowed one of them.")
    }
    if (subject == nil) == (csv == nil) {
      throw ValidationError("Name a run or a scenario or, with --csv, a trajectory.")
    }
    if csv != nil, serve != nil {
      throw ValidationError("--serve simulates live; show a trajectory with --html or --tty.")
    }
    if csv == nil, model != nil {
      throw ValidationError("--model is used only together with --csv; a run has its own model.")
    }
    if csv != nil, controller != nil || seed != nil || !set.isEmpty {
      throw ValidationError(
        "A trajectory has its own controller, seed and scenario: remove --controller, --seed and --set.")
    }
  }

  func run() throws {
    if let port = serve { return try serveLive(at: port) }
    let recording: Recording
    var subtitle: String
    if let csv {
      recording = try Recording(trajectory: csv, model: model, episodes: episodes ?? .max)
      subtitle = csv
      printError(recording.note)
    } else {
      let driven = try Driven(self)
      if driven.scenario.problem != nil { return try showLearning(driven) }
      recording = try Recording(
        driven.scenario, driven.controller, seed: driven.seed, episodes: episodes ?? 1,
        instructionSet: driven.instructionSet)
      subtitle = driven.text
    }
    if let html {
      let page = ViewerPage(
        title: recording.title, subtitle: subtitle, layout: recording.layout,
        controlTimeStep: recording.controlTimeStep, episodes: recording.episodes)
      try write(page, to: html)
    } else {
      try draw(recording)
    }
  }

  private func draw(_ recording: Recording) throws {
    try onScreen { screen, hint, write, isStopped in
      TerminalReplay(recording, screen: screen, hint: hint).show(write: write, isStopped: isStopped)
    }
  }

  /// How an agent learned a finite problem; of a learner with a network, what its policy does.
  private func showLearning(_ driven: Driven) throws {
    if let run = driven.run, run.table == nil {
      let replay = try PolicyReplay(run, seed: driven.seed)
      if let html {
        let file = try WholeFile(html)
        try file.write(replay.html())
        try file.commit()
        tell(html, "the policy on its map")
      } else {
        try onScreen { screen, _, write, isStopped in
          replay.show(on: screen, episodes: episodes ?? 1, write: write, isStopped: isStopped)
        }
      }
      return
    }
    let replay =
      try driven.run.map { try LearningReplay($0) } ?? LearningReplay(driven.scenario, seed: seed ?? 1)
    if let html {
      let file = try WholeFile(html)
      try file.write(replay.html())
      try file.commit()
      tell(html, "what the agent has learned, episode by episode")
    } else {
      try onScreen { screen, _, write, isStopped in
        replay.show(on: screen, episodes: episodes ?? 8, write: write, isStopped: isStopped)
      }
    }
  }

  private func onScreen(
    _ show: (TerminalReplay.Screen, _ hint: String, _ write: (String) -> Void, _ isStopped: () -> Bool) -> Void
  ) throws {
    let screen = TerminalReplay.Screen(isASCII: ascii)
    let keys = screen.isTerminal ? PressedKeys() : nil
    defer { keys?.release() }
    if screen.isTerminal { Interruption.watch() }
    show(
      screen, keys == nil ? "" : "q quits",
      { StandardStreams.write($0, to: STDOUT_FILENO) },
      { Interruption.signal != 0 || keys?.wasQuit() ?? false })
    if Interruption.signal != 0 { throw ExitCode(128 + Interruption.signal) }
  }

  private func write(_ page: ViewerPage, to path: String) throws {
    let file = try WholeFile(path)
    try file.write(try page.html())
    try file.commit()
    tell(path, "\(page.episodes.count) episode\(page.episodes.count == 1 ? "" : "s")")
  }

  /// Names the page that was written, unless it went to standard output itself.
  private func tell(_ path: String, _ content: String) { if path != "-" { print("\(path): \(content)") } }

  private func serveLive(at port: UInt16) throws {
    let live: LiveSubject
    let subject = subject ?? ""
    switch try RunOrScenario(subject) {
    case .run(let folder): live = .run(path: folder, checkpoint: checkpoint, overrides: set)
    case .scenario(let path):
      live = .scenario(try LoadedScenario(contentsOf: path, overrides: set), controller ?? .hold)
    }
    let server = try ViewerServer(LiveSimulation(live, seed: seed), port: port)
    Interruption.watch()
    try waiting { try await server.start() }
    print("\(server.address)  (Ctrl-C ends)")
    try StandardStreams.flush()
    while Interruption.signal == 0 { Thread.sleep(forTimeInterval: 0.1) }
    try waiting { await server.stop() }
    throw ExitCode(128 + Interruption.signal)
  }
}

/// What a replay shows, and its controller.
private struct Driven {
  var scenario: LoadedScenario
  var controller: ControllerChoice
  var instructionSet: InstructionSet
  var seed: UInt64
  /// For people: "ppo, best checkpoint, seed 3".
  var text: String
  /// `nil` for a scenario without one.
  var run: TrainedRun?

  init(_ replay: Replay) throws {
    switch try RunOrScenario(replay.subject ?? "") {
    case .run(let folder):
      let run = try TrainedRun(folder, checkpoint: replay.checkpoint, overrides: replay.set)
      self.run = run
      (scenario, controller, instructionSet) = (run.scenario, run.controller, run.instructionSet)
      text = "\(controller.name), \(replay.checkpoint.rawValue) checkpoint"
    case .scenario(let path):
      scenario = try LoadedScenario(contentsOf: path, overrides: replay.set)
      controller = .baseline(replay.controller ?? (scenario.baselines.contains(.hold) ? .hold : .random))
      instructionSet = try InstructionSet.chosen()
      text = controller.name
    }
    seed = replay.seed ?? scenario.settings.evaluation.publishedSeed
    text += ", seed \(seed)"
  }
}

/// Runs asynchronous work from the command line's thread and waits for it.
private func waiting<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) throws -> Result {
  let done = DispatchSemaphore(value: 0)
  let outcome = Guarded<Swift.Result<Result, any Error>?>(nil)
  Task {
    do {
      let value = try await work()
      outcome.withLock { $0 = .success(value) }
    } catch {
      outcome.withLock { $0 = .failure(error) }
    }
    done.signal()
  }
  // Where the system makes no thread for the task, it would never end.
  for _ in 0..<300 where done.wait(timeout: .now() + .milliseconds(100)) == .success {
    guard let result = outcome.withLock({ $0 }) else { break }
    return try result.get()
  }
  throw InputOutputError(
    path: "the server", operation: "go on", reason: "its threads have not answered for 30 s",
    remedy: "Raise the limits of processes (ulimit -u) and of memory (ulimit -v), or end other programs.")
}
