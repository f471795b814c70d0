import Foundation
import TestSupport
import Testing

/// A run to look at: trained once for all tests here, in less than a second.
private final class TrainedPendulum: Sendable {
  static let shared = Result { try TrainedPendulum() }
  let folder: String

  private init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("poise-run-\(UUID().uuidString)").path
    let result = try PoiseProcess([
      "train", "pendulum-balance", "--seed", "3", "--out", folder, "--set", "training.stepLimit=10240",
      "--set", "training.evaluationInterval=5120",
    ])
    try #require(result.status == 0, "\(result.errors)")
  }
}

private func trainedRun() throws -> String { try TrainedPendulum.shared.get().folder }

/// The cells of each line.
private func cells(_ text: String) -> [[String]] {
  text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
}

@Suite("poise export")
struct ExportCommandTests {
  /// What `evaluate --json` tells; read by a decoder, since JSONSerialization rounds some numbers by a bit.
  private struct Evaluated: Decodable {
    struct Return: Decodable { var mean: Double }
    var `return`: Return
  }

  private func meanReturn(_ run: String, episodes: Int, seed: String) throws -> Double {
    let result = try PoiseProcess(["evaluate", run, "--episodes", "\(episodes)", "--seed", seed, "--json"])
    return try JSONDecoder().decode(Evaluated.self, from: Data(result.output.utf8)).return.mean
  }

  @Test("the sum of the reward column is the return that evaluate reports for the same seed")
  func rewardsAddUp() throws {
    let run = try trainedRun()
    for seed in ["9", "10"] {
      let rows = cells(try PoiseProcess(["export", run, "--csv", "-", "--seed", seed]).output)
      #expect(Array(rows[0][..<4]) == ["episode", "step", "time_s", "reward"])
      let sum = try rows.dropFirst(2).reduce(0.0) { try $0 + #require(Double($1[3])) }
      #expect(sum == (try meanReturn(run, episodes: 1, seed: seed)), "to the bit")
    }
    let rows = cells(try PoiseProcess(["export", run, "--csv", "-", "--seed", "4", "--episodes", "5"]).output)
    let sum = rows.dropFirst().reduce(0.0) { $0 + (Double($1[3]) ?? 0) }
    #expect(abs(sum / 5 - (try meanReturn(run, episodes: 5, seed: "4"))) < 1e-9)
    #expect(Set(rows.dropFirst().map { $0[0] }) == ["0", "1", "2", "3", "4"])
  }

  @Test("pandas reads every column with its type", .enabled(if: Python.has("pandas")))
  func pandas() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/t.csv"
    #expect(try PoiseProcess(["export", trainedRun(), "--csv", path, "--episodes", "2"]).status == 0)
    let told = try Python.run(
      """
      import sys, pandas
      table = pandas.read_csv(sys.argv[1])
      for name, kind in table.dtypes.items(): print(name, kind)
      """, [path])
    for line in told.split(separator: "\n") {
      let parts = line.split(separator: " ")
      let expected: Substring =
        switch parts[0] {
        case "episode", "step": "int64"
        case "terminated", "truncated": "bool"
        default: "float64"
        }
      #expect(parts[1] == expected, "\(line)")
    }
    #expect(told.contains("reward float64") && told.contains("truncated bool"))
  }

  @Test("metadata stand beside the file, not beside standard output; both are the same for the same seed")
  func files() throws {
    let folder = try ScratchFolder()
    let run = try trainedRun()
    let path = "\(folder.path)/t.csv"
    let first = try PoiseProcess(["export", run, "--csv", path, "--seed", "2"])
    #expect(first.status == 0 && first.output.contains("t.csv.meta.json"), "\(first.errors)")
    #expect(folder.contents == ["t.csv", "t.csv.meta.json"])
    let csv = try String(contentsOfFile: path, encoding: .utf8)
    let metadata = try Data(contentsOf: URL(filePath: path + ".meta.json"))
    #expect(try PoiseProcess(["export", run, "--csv", "-", "--seed", "2"]).output == csv)
    #expect(try PoiseProcess(["export", run, "--csv", path, "--seed", "2"]).status == 0)
    #expect(try Data(contentsOf: URL(filePath: path + ".meta.json")) == metadata)
    let object = try #require(try JSONSerialization.jsonObject(with: metadata) as? [String: Any])
    #expect(object["seed"] as? Int == 2 && object["controller"] as? String == "ppo")
    let model = try #require((object["model"] as? [String: Any])?["files"] as? [[String: Any]])
    let digest = try #require(model.first?["sha256"] as? String)
    #expect(digest.count == 64)
  }

  @Test("a simulated scenario has its metadata beside it too")
  func simulated() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/t.csv"
    let result = try PoiseProcess(["simulate", "humanoid-balance", "--controller", "random", "--csv", path])
    #expect(result.status == 0, "\(result.errors)")
    #expect(folder.contents == ["t.csv", "t.csv.meta.json"])
  }

  @Test("--columns and --every choose")
  func choosing() throws {
    let run = try trainedRun()
    let rows = cells(
      try PoiseProcess(["export", run, "--csv", "-", "--columns", "hinge_rad,step", "--every", "50"]).output)
    #expect(rows[0] == ["hinge_rad", "step"])
    let steps = rows.dropFirst().compactMap { Int($0[1]) }
    #expect(steps.dropLast().enumerated().allSatisfy { $0.element == 50 * $0.offset }, "\(steps)")
  }

  @Test(
    "says what is wrong with its arguments",
    arguments: [
      ([], 64, "Say what to write"), (["--csv", "-", "--every", "0"], 64, "--every: found 0; allowed 1"),
      (["--csv", "-", "--episodes", "0"], 64, "--episodes: found 0"),
      (["--npz", "-"], 64, "Only --csv can go to standard output"),
      (["--onnx", "x.onnx", "--every", "2"], 64, "add --csv FILE"),
      (["--csv", "-", "--columns", "step,hinge_rat"], 65, "Did you mean 'hinge_rad'?"),
      (["--csv", "-", "--columns", "step,,time_s"], 65, "found ''"),
      (["--csv", "-", "--columns", "step,step"], 65, "'step' twice"),
      (["--csv", "-", "--checkpoint", "first"], 64, "checkpoint"),
      (["--csv", "-", "--set", "episodeSecond=1"], 65, "episodeSeconds"),
      (["--csv", "/no/such/folder/t.csv"], 74, "cannot write"), (["--npz", "/no/such/t.npz"], 74, "cannot write"),
      (["--onnx", "/no/such/t.onnx"], 74, "cannot write"), (["--csv", "/tmp"], 74, "it is a folder"),
      (["--csv", "/dev/full"], 74, "No space left"),
    ])
  func arguments(_ arguments: [String], status: Int32, message: String) throws {
    let result = try PoiseProcess(["export", trainedRun()] + arguments)
    #expect(result.status == status && result.errors.contains(message), "\(result.status): \(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test("a run that is not there is said to be missing")
  func missingRun() throws {
    let result = try PoiseProcess(["export", "/no/such/run", "--csv", "-"])
    #expect(result.status == 74 && result.errors.contains("A run is a folder that 'poise train' has made"))
    let folder = try ScratchFolder()
    _ = try folder.file("run.json", "{}")
    #expect(try PoiseProcess(["export", folder.path, "--onnx", "\(folder.path)/x.onnx"]).status == 65)
    #expect(folder.contents == ["run.json"])
  }

  @Test("Ctrl-C ends it in 130 and leaves nothing behind")
  func interrupted() throws {
    let run = try trainedRun()
    let folder = try ScratchFolder()
    let result = try PoiseProcess(
      // Few rows, so that little is written should it not stop.
      [
        "export", run, "--csv", "\(folder.path)/t.csv", "--episodes", "200000", "--columns", "step", "--every", "1000",
      ], signal: SIGINT,
      when: { !folder.contents.isEmpty })
    #expect(result.status == 130, "\(result.status): \(result.errors)")
    #expect(folder.contents.isEmpty, "\(folder.contents)")
  }

  @Test("a reader that has had enough ends it quietly")
  func brokenPipe() throws {
    let run = try trainedRun()
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    // The program's own status goes to the file; 141 is 128 + SIGPIPE, as of any program in a pipe.
    let folder = try ScratchFolder()
    process.arguments = [
      "-c",
      "{ \"$0\" export \"$1\" --csv - --episodes 100; echo $? > \"$2/status\"; } 2> \"$2/errors\" | head -1 > /dev/null",
      PoiseProcess.program.path, run, folder.path,
    ]
    try process.run()
    process.waitUntilExit()
    let status = try String(contentsOfFile: "\(folder.path)/status", encoding: .utf8)
    #expect(status == "141\n")
    #expect(try String(contentsOfFile: "\(folder.path)/errors", encoding: .utf8).isEmpty)
  }
}

@Suite("poise report")
struct ReportCommandTests {
  @Test("one page that is whole, asks for nothing, and tells curves, evaluations with baselines and the scenario")
  func page() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/r.html"
    let result = try PoiseProcess(["report", trainedRun(), "--html", path, "--episodes", "3"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(folder.contents == ["r.html"])
    let page = try String(contentsOfFile: path, encoding: .utf8)
    for part in [
      "<h2>Learning curves</h2>", "environment steps", "wall time, s", "random", "hold", "zero", "survival rate",
      "<h2>Resolved scenario</h2>", "controlTimeStep: 0.05", "</html>", "Content-Security-Policy",
    ] { #expect(page.contains(part), "\(part)") }
    for request in ["http://", "https://", "src=", "@import", "url("] {
      #expect(!page.contains(request), "\(request) asks for something")
    }
    #expect(page.components(separatedBy: "<section>").count == page.components(separatedBy: "</section>").count)
  }

  @Test("two runs that differ in their seed are one group; others stand side by side with what differs")
  func sideBySide() throws {
    let folder = try ScratchFolder()
    func train(_ name: String, _ seed: String, _ more: [String] = []) throws -> String {
      let path = "\(folder.path)/\(name)"
      let result = try PoiseProcess(
        ["train", "pendulum-balance", "--seed", seed, "--out", path, "--steps", "4096"] + more)
      #expect(result.status == 0, "\(result.errors)")
      return path
    }
    let (one, two) = (try train("one", "1"), try train("two", "2"))
    let other = try train("other", "1", ["--set", "ppo.epochs=3"])
    let same = try PoiseProcess(["report", one, two, "--html", "-", "--episodes", "0"]).output
    #expect(same.contains("seeds <small>") || same.contains("seeds 1, 2"))
    #expect(same.contains("class=\"band c0\"") && !same.contains("What differs"))
    let both = try PoiseProcess(["report", one, two, other, "--html", "-", "--episodes", "0"]).output
    #expect(both.contains("What differs") && both.contains("<td class=\"text\">ppo.epochs</td>"))
    #expect(both.contains("class=\"curve c1\""))
  }

  @Test("what comes from files is shown, not obeyed")
  func escaping() throws {
    let folder = try ScratchFolder()
    let evil = "<img src=x onerror=alert(1)>\"'&"
    let path = "\(folder.path)/\(evil.replacing("/", with: ""))"
    try FileManager.default.copyItem(atPath: trainedRun(), toPath: path)
    let scenario = "\(path)/scenario.yaml"
    let text = try String(contentsOfFile: scenario, encoding: .utf8)
    try (text + "# </pre><script>alert(2)</script>\n").write(toFile: scenario, atomically: true, encoding: .utf8)
    let description = "\(path)/run.json"
    let json = try String(contentsOfFile: description, encoding: .utf8)
      .replacing("pendulum-balance", with: "</title><script>alert(3)</script>")
    try json.write(toFile: description, atomically: true, encoding: .utf8)
    // Such a run is not the one that its checkpoints were saved with, so it cannot be evaluated any more.
    let refused = try PoiseProcess(["report", path, "--html", "-", "--episodes", "1"])
    #expect(refused.status == 65 && refused.errors.contains("run.json: found"), "\(refused.errors)")
    let page = try PoiseProcess(["report", path, "--html", "-", "--episodes", "0"])
    #expect(page.status == 0, "\(page.errors)")
    #expect(!page.output.contains("<img") && !page.output.contains("<script>alert"))
    #expect(page.output.contains("&lt;img src=x") && page.output.contains("&lt;script&gt;alert(3)"))
    #expect(page.output.components(separatedBy: "<script").count == 2, "its own script alone")
  }

  @Test("says what is wrong, and leaves no page behind")
  func problems() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/r.html"
    let missing = try PoiseProcess(["report", "/no/such/run", "--html", path])
    #expect(missing.status == 74 && missing.errors.contains("/no/such/run"))
    #expect(try PoiseProcess(["report", trainedRun()]).status == 64)
    #expect(try PoiseProcess(["report", "--html", path]).status == 64)
    #expect(try PoiseProcess(["report", trainedRun(), "--html", path, "--episodes", "-1"]).status == 64)
    #expect(try PoiseProcess(["report", trainedRun(), "--html", "\(folder.path)/no/r.html"]).status == 74)
    let copy = "\(folder.path)/run"
    try FileManager.default.copyItem(atPath: trainedRun(), toPath: copy)
    try "iteration,environment_steps\n1,x\n2,3\n".write(
      toFile: "\(copy)/progress.csv", atomically: true, encoding: .utf8)
    let bad = try PoiseProcess(["report", copy, "--html", path])
    #expect(bad.status == 65 && bad.errors.contains("progress.csv:2: column 'environment_steps'"), "\(bad.errors)")
    #expect(folder.contents == ["run"])
  }

  @Test("a run that has only begun is shown as far as it is")
  func begun() throws {
    let folder = try ScratchFolder()
    let copy = "\(folder.path)/run"
    try FileManager.default.copyItem(atPath: trainedRun(), toPath: copy)
    for name in ["progress.csv", "timing.csv", "evaluations.csv"] {
      try Data().write(to: URL(filePath: "\(copy)/\(name)"))
    }
    try FileManager.default.removeItem(atPath: "\(copy)/checkpoints/best.safetensors")
    let page = try PoiseProcess(["report", copy, "--html", "-"])
    #expect(page.status == 0 && page.output.contains("no data yet"), "\(page.errors)")
    let export = try PoiseProcess(["export", copy, "--csv", "-"])
    #expect(export.status == 74 && export.errors.contains("--checkpoint latest"))
    #expect(try PoiseProcess(["export", copy, "--csv", "-", "--checkpoint", "latest"]).status == 0)
  }
}
