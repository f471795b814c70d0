import Foundation
import PoiseCore
import TestSupport
import Testing

/// Short forms of `make torture`: kills and failing disks at system calls drawn by a seed, and two trainings in one folder.
@Suite("Nothing is lost", .timeLimit(.minutes(5)))
struct NothingLostTests {
  static let algorithms = ["ppo", "ddpg"]

  /// A quarter of a second of training with seven evaluations; DDPG's ring goes round.
  private static func command(_ algorithm: String) -> [String] {
    let settings =
      algorithm == "ppo"
      ? [
        "training.stepLimit=6144", "training.evaluationInterval=1024", "ppo.reportInterval=1024", "ppo.worlds=8",
        "ppo.blockSize=4", "ppo.rolloutLength=64", "ppo.hiddenSizes=[8]", "ppo.valueHiddenSizes=[8]",
      ]
      : [
        "ddpg.stepLimit=4000", "ddpg.evaluationInterval=600", "ddpg.reportInterval=200", "ddpg.worlds=4",
        "ddpg.blockSize=2", "ddpg.memoryCapacity=1500", "ddpg.warmupSteps=400", "ddpg.batchSize=16",
        "ddpg.hiddenSizes=[8]", "ddpg.criticHiddenSizes=[8]", "ddpg.updatesPerStep=0.25",
      ]
    let all = settings + ["training.stopsAtGoal=false", "evaluation.tuningEpisodes=2", "episodeSeconds=2"]
    return ["train", "pendulum-balance", "--algorithm", algorithm, "--seed", "3", "--threads", "1"]
      + all.flatMap { ["--set", $0] }
  }

  /// What must not depend on what happened on the way.
  private static func results(_ run: String) throws -> [Data] {
    try ["progress.csv", "evaluations.csv", "scenario.yaml", "run.json", "checkpoints/best.safetensors"].map {
      try Data(contentsOf: URL(filePath: "\(run)/\($0)"))
    }
  }

  /// A run that nothing happened to, and how many calls it made that change files.
  private static func whole(_ algorithm: String, _ folder: ScratchFolder) throws -> (results: [Data], calls: Int) {
    let run = "\(folder.path)/whole"
    let count = "\(folder.path)/count"
    let process = try PoiseProcess(
      command(algorithm) + ["--out", run], environment: FaultyDisk.environment(folder: run, count: count))
    try #require(process.status == 0, "\(process.errors)")
    let calls = try String(contentsOfFile: count, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    return (try results(run), try #require(Int(calls)))
  }

  private static func isRun(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/run.json") }

  /// Goes on with what a killed or failed training left, or begins again where it had not begun.
  private static func goOn(_ path: String, _ algorithm: String) throws -> PoiseProcess {
    try PoiseProcess(isRun(path) ? ["train", "--resume", path] : command(algorithm) + ["--out", path])
  }

  @Test(
    "killed within system calls that change files, while training and while resuming, a run comes to the same bits",
    .enabled(if: FaultyDisk.library != nil, "no C compiler"), arguments: algorithms)
  func kills(algorithm: String) throws {
    let folder = try ScratchFolder()
    let (wanted, calls) = try Self.whole(algorithm, folder)
    #expect(calls > 100)
    var random = RandomStream(seed: 21, purpose: .testing)
    // One in the first calls, where there is no run yet; the others anywhere.
    for (trial, first) in [random.index(below: 12), random.index(below: calls), random.index(below: calls)].enumerated()
    {
      let path = "\(folder.path)/\(trial)"
      let killed = try PoiseProcess(
        Self.command(algorithm) + ["--out", path],
        environment: FaultyDisk.environment(folder: path, at: 1 + first, .kill))
      #expect(killed.status == 128 + SIGKILL, "call \(first): \(killed.errors)")
      if Self.isRun(path) {
        let number = 1 + random.index(below: calls / 2)
        let again = try PoiseProcess(
          ["train", "--resume", path], environment: FaultyDisk.environment(folder: path, at: number, .kill))
        #expect([0, 128 + SIGKILL].contains(again.status), "call \(number): \(again.errors)")
      } else {
        let early = try PoiseProcess(["train", "--resume", path])
        #expect(early.status == 74 && early.errors.contains("run.json: cannot read"), "\(early.errors)")
      }
      let last = try Self.goOn(path, algorithm)
      #expect(last.status == 0, "after call \(first): \(last.errors)")
      #expect(try Self.results(path) == wanted, "after a kill at call \(first) of \(calls)")
      let left = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
      #expect(!left.contains { $0.contains(".partial-") || $0 == "lock" }, "\(left)")
    }
  }

  @Test(
    "a disk that is full, broken or read-only stops the training with the file's name and the cause; once it is well, the run goes on to the same bits",
    .enabled(if: FaultyDisk.library != nil, "no C compiler"),
    arguments: [
      (FaultyDisk.Fault.ENOSPC, "No space left on device"), (.EIO, "Input/output error"),
      (.EROFS, "Read-only file system"),
    ])
  func disk(fault: FaultyDisk.Fault, reason: String) throws {
    let folder = try ScratchFolder()
    for (offset, algorithm) in Self.algorithms.enumerated() {
      let (wanted, calls) = try Self.whole(algorithm, folder)
      var random = RandomStream(seed: 22, purpose: .testing, index: offset)
      let number = 30 + random.index(below: calls - 60)
      let path = "\(folder.path)/run"
      let stopped = try PoiseProcess(
        Self.command(algorithm) + ["--out", path],
        environment: FaultyDisk.environment(folder: path, at: number, fault))
      // A call that only tidies up may fail without harm.
      #expect([0, 74].contains(stopped.status), "call \(number): \(stopped.errors)")
      if stopped.status == 74 {
        #expect(stopped.errors.contains("\(path)/") && stopped.errors.contains("cannot write: \(reason)."))
        #expect(stopped.errors.contains("resume with: poise train --resume \(path)"), "\(stopped.errors)")
        let judged = try PoiseProcess(["evaluate", path, "--checkpoint", "latest", "--episodes", "1", "--json"])
        #expect(judged.status == 0, "\(judged.errors)")
      }
      let last = try Self.goOn(path, algorithm)
      #expect(last.status == 0, "\(last.errors)")
      #expect(try Self.results(path) == wanted, "\(algorithm), call \(number) of \(calls)")
      for name in ["run", "whole"] { try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)") }
    }
  }

  @Test(
    "a limit of file sizes is an error with a remedy, not a signal's end",
    .disabled(if: Sanitizer.name == "thread", "the sanitizer's runtime does not bear that limit"))
  func fileSizeLimit() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/run"
    let arguments = (Self.command("ppo") + ["--out", path]).map { "'\($0)'" }.joined(separator: " ")
    // In units of 512 bytes: enough to begin, too little for the tables of the whole run.
    let limited = try CapturedProcess(
      URL(filePath: "/bin/sh"), ["-c", "ulimit -f 12; exec '\(PoiseProcess.program.path)' \(arguments)"],
      in: ProjectFolders.root)
    #expect(limited.status == 74 && limited.errors.contains("cannot write: File too large."), "\(limited.errors)")
    #expect(limited.errors.contains("Raise the limit of file sizes (ulimit -f)"))
    #expect(try Self.goOn(path, "ppo").status == 0)
  }

  @Test(
    "a second training in a folder is refused, naming the first, which goes on; when that was killed, it is not in the way"
  )
  func twoAtOnce() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/run"
    // Long enough to be there until it is killed.
    let long = Self.command("ppo").map { $0.replacing("training.stepLimit=6144", with: "training.stepLimit=100000000") }
    var refusals: [String] = []
    let first = try PoiseProcess(long + ["--out", path], signal: SIGKILL) {
      guard FileManager.default.fileExists(atPath: "\(path)/checkpoints/best.safetensors") else { return false }
      for arguments in [["train", "--resume", path], Self.command("ppo") + ["--out", path]] {
        guard let second = try? PoiseProcess(arguments), second.status == 65 else { continue }
        refusals.append(second.errors)
      }
      // Looking at it is allowed meanwhile.
      let look = try? PoiseProcess(["evaluate", path, "--episodes", "1", "--json"])
      if look?.status != 0 { refusals.append("evaluate: \(look?.errors ?? "")") }
      let export = try? PoiseProcess(["export", path, "--csv", "-", "--checkpoint", "latest"])
      if export?.status != 0 { refusals.append("export: \(export?.errors ?? "")") }
      return true
    }
    #expect(first.status == 128 + SIGKILL, "\(first.errors)")
    #expect(refusals.count == 2 && refusals.allSatisfy { $0.contains("\(path): found process ") }, "\(refusals)")
    #expect(refusals.allSatisfy { $0.contains(", which trains there; allowed one process at a time.") })
    func owner() -> String? { try? String(contentsOfFile: "\(path)/lock", encoding: .utf8) }
    let dead = try #require(owner())
    let after = try PoiseProcess(["train", "--resume", path], signal: SIGTERM) {
      owner().map { $0.hasSuffix("}\n") && $0 != dead } ?? false
    }
    #expect(after.status == 128 + SIGTERM, "\(after.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(path)/lock"))
  }
}
