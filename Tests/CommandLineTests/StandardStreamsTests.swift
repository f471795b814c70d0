import Foundation
import TestSupport
import Testing

/// What the program does where its input, output or error are closed, full, or a pipe that nobody reads any more.
@Suite("Standard streams")
struct StandardStreamsTests {
  /// Runs `poise` with redirections of the shell.
  private static func poise(_ arguments: [String], _ redirections: String) throws -> CapturedProcess {
    let words = arguments.map { "'\($0)'" }.joined(separator: " ")
    return try CapturedProcess(
      URL(filePath: "/bin/sh"), ["-c", "'\(PoiseProcess.program.path)' \(words) \(redirections)"],
      in: ProjectFolders.root)
  }

  private static let training = [
    "train", "pendulum-balance", "--seed", "3", "--threads", "1", "--steps", "4096",
    "--set", "ppo={worlds: 8, blockSize: 4, rolloutLength: 64, hiddenSizes: [8], valueHiddenSizes: [8]}",
    "--set", "training.evaluationInterval=1024", "--set", "evaluation.tuningEpisodes=2",
    "--set", "training.stopsAtGoal=false",
  ]

  @Test(
    "a training whose streams are closed writes nothing of what it says into the files of its run",
    arguments: [("<&- >&- 2>&-", 74), (">&- 2>&-", 74), ("2>&-", 0), ("<&- >&-", 74)] as [(String, Int32)])
  func closed(redirections: String, status: Int32) throws {
    let folder = try ScratchFolder()
    let run = "\(folder.path)/run"
    let training = try Self.poise(Self.training + ["--out", run], redirections)
    // That nobody could be given the report is told by the exit code.
    #expect(training.status == status)
    for name in ["timing.csv", "progress.csv", "evaluations.csv"] {
      let lines = try String(contentsOfFile: "\(run)/\(name)", encoding: .utf8).split(separator: "\n")
      let columns = lines[0].split(separator: ",", omittingEmptySubsequences: false).count
      #expect(
        lines.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == columns }, "\(name)")
    }
    let again = try PoiseProcess(["train", "--resume", run])
    #expect(again.status == 0 && again.output.contains("4096 steps"), "\(again.errors)")
  }

  @Test(
    "results that do not arrive are an error with the cause, not an empty file",
    arguments: [
      ["evaluate", "pendulum-balance", "--episodes", "2", "--json"], ["inspect", "pendulum-balance"], ["list"],
      ["replay", "pendulum-balance", "--tty"], ["export", "models/trained/humanoid-balance", "--csv", "-"],
    ])
  func full(arguments: [String]) throws {
    let full = try Self.poise(arguments, "> /dev/full")
    #expect(full.status == 74 && full.errors.contains("cannot write: No space left on device."), "\(full.errors)")
    let closed = try Self.poise(arguments, ">&-")
    #expect(closed.status == 74 && closed.errors.contains("cannot write: Bad file descriptor."), "\(closed.errors)")
  }

  @Test("a training goes on to its end though nobody reads what it says any more")
  func noListener() throws {
    let folder = try ScratchFolder()
    let run = "\(folder.path)/run"
    let training = try Self.poise(Self.training + ["--out", run], "2>&1 | head -c 1")
    #expect(training.status == 0)
    let rows = try String(contentsOfFile: "\(run)/evaluations.csv", encoding: .utf8).split(separator: "\n")
    #expect(rows.last?.hasPrefix("4096,") == true, "\(rows)")
  }

  @Test("a step limit beyond all sense and a first iteration without a step are no end of the display")
  func timeLeft() throws {
    let folder = try ScratchFolder()
    let result = try PoiseProcess([
      "train", "pendulum-balance", "--algorithm", "ddpg", "--threads", "1", "--steps", "1000000000000",
      "--set", "ddpg.finalLayerBound=1e30", "--out", "\(folder.path)/run",
    ])
    #expect(result.status == 65 && result.errors.contains("first found before the first update"), "\(result.errors)")
    #expect(result.errors.contains("at most – left"))
  }

  @Test("a folder without a name, as of a variable that is not set, is a slip of the command line")
  func noName() throws {
    for arguments in [
      ["train", "--resume", ""], ["train", "pendulum-balance", "--out", ""], ["sweep", "--resume", ""],
    ] {
      let result = try PoiseProcess(arguments)
      #expect(result.status == 64 && result.errors.contains("found nothing; allowed the path of a folder"))
    }
  }
}
