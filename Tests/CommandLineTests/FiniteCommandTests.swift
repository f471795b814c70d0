import Foundation
import TestSupport
import Testing

@Suite("Finite problems on the command line", .timeLimit(.minutes(10)))
struct FiniteCommandTests {
  @Test("solve prints the exercise of the lecture, as a table and as JSON")
  func solve() throws {
    let given = try PoiseProcess([
      "solve", "two-choices", "--policy", "given", "--trajectory", "x1,1,x2,2,x4", "--json",
    ])
    #expect(given.status == 0, "\(given.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(given.output.utf8)) as? [String: Any])
    let states = try #require(object["values"] as? [[String: Any]])
    #expect(abs(try #require(states[0]["v"] as? Double) - 0.1328) < 1e-12)
    let trajectory = try #require(object["trajectory"] as? [String: Double])
    #expect(abs(try #require(trajectory["probability"]) - 0.112) < 1e-12)
    let best = try PoiseProcess(["solve", "frozen-lake", "--set", "mdp.map.discount=1", "--horizon", "100"])
    #expect(best.status == 0 && best.output.contains("value of the start: 0.744"), "\(best.output)")
    let robot = try PoiseProcess(["solve", "pendulum-balance"])
    #expect(robot.status == 65 && robot.errors.contains("mdp: found no finite problem"), "\(robot.errors)")
  }

  @Test("train, evaluate, replay, and report take a finite problem as any other task; export needs a robot")
  func train() throws {
    let folder = try ScratchFolder()
    let run = "\(folder.path)/maze"
    let training = try PoiseProcess(["train", "maze", "--algorithm", "q-learning", "--out", run, "--seed", "3"])
    #expect(training.status == 0, "\(training.errors)")
    #expect(training.output.contains("The goal was reached") && training.errors.contains("short of the best value"))
    let evaluation = try PoiseProcess(["evaluate", run])
    #expect(evaluation.status == 0 && evaluation.output.contains("value of the start, exact"), "\(evaluation.errors)")
    #expect(evaluation.output.contains("random"), "beside the baseline that can act here")
    let replay = try PoiseProcess(["replay", run, "--tty", "--ascii", "--episodes", "2"])
    #expect(replay.status == 0 && replay.output.contains("what it has learned"), "\(replay.errors)")
    #expect(try PoiseProcess(["replay", run, "--html", "\(folder.path)/maze.html"]).status == 0)
    #expect(try PoiseProcess(["report", run, "--html", "\(folder.path)/report.html", "--episodes", "2"]).status == 0)
    let export = try PoiseProcess(["export", run, "--onnx", "\(folder.path)/maze.onnx"])
    #expect(export.status == 65 && export.errors.contains("found an environment without a robot"), "\(export.errors)")
  }

  @Test("an algorithm and a task that do not fit are refused with both named, and those that fit")
  func refusals() throws {
    for (scenario, algorithm) in [("maze", "ddpg"), ("humanoid-stand", "q-learning")] {
      let result = try PoiseProcess(["train", scenario, "--algorithm", algorithm])
      #expect(result.status == 65)
      #expect(result.errors.contains("'\(algorithm)'") && result.errors.contains("'\(scenario)'"), "\(result.errors)")
    }
    let list = try PoiseProcess(["list", "--algorithms"]).output
    for name in ["q-learning", "sarsa", "dyna-q", "td-lambda"] { #expect(list.contains(name)) }
    #expect(list.contains("tabular"))
  }
}
