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

  @Test("train, evaluate, replay, and report take a finite problem as any other task")
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
    let page = try PoiseProcess(["replay", run, "--html", "\(folder.path)/maze.html"])
    #expect(page.status == 0 && page.output.hasPrefix("\(folder.path)/maze.html: "), "\(page)")
    let inspected = try PoiseProcess(["inspect", run])
    #expect(inspected.status == 0 && inspected.output.contains("maze"), "\(inspected)")
    #expect(try PoiseProcess(["report", run, "--html", "\(folder.path)/report.html", "--episodes", "2"]).status == 0)
    let warm = try PoiseProcess([
      "train", "maze", "--algorithm", "q-learning", "--from", run, "--out", "\(folder.path)/warm", "--steps", "5000",
    ])
    #expect(warm.status == 0, "\(warm.errors)")
    func distances(_ path: String) throws -> [Double] {
      let lines = try String(contentsOfFile: "\(path)/progress.csv", encoding: .utf8).split(separator: "\n")
      let column = try #require(lines[0].split(separator: ",").firstIndex(of: "q_distance"))
      return lines.dropFirst().compactMap { Double($0.split(separator: ",")[column]) }
    }
    let (before, after) = (try distances(run), try distances("\(folder.path)/warm"))
    // The table can only come nearer to Q* here, where nothing is random and every Q begins below.
    #expect(try #require(after.first) <= (try #require(before.last)) + 0.05, "it begins where the first run was")
  }

  @Test(
    "a policy of a finite problem, a table or a network, is exported as CSV, NumPy and ONNX, which agree, and shown on its map",
    .enabled(if: Python.has("numpy", "onnxruntime")),
    arguments: ["q-learning", "ppo"])
  func export(_ algorithm: String) throws {
    let folder = try ScratchFolder()
    let run = "\(folder.path)/run"
    let training = try PoiseProcess(
      ["train", "frozen-lake", "--algorithm", algorithm, "--out", run, "--steps", "20000"]
        + ["--set", "evaluation.tuningEpisodes=4", "--set", "training.evaluationInterval=10000"])
    #expect(training.status == 0, "\(training.errors)")
    let names = ["csv", "npz", "onnx"]
    let export = try PoiseProcess(
      ["export", run, "--episodes", "3"] + names.flatMap { ["--\($0)", "\(folder.path)/x.\($0)"] })
    #expect(export.status == 0, "\(export.errors)")
    let evaluation = try PoiseProcess(["evaluate", run, "--episodes", "3", "--json"])
    let told = try Python.run(
      """
      import csv, json, sys, numpy, onnxruntime
      folder, evaluation = sys.argv[1], json.loads(sys.argv[2])
      rows = list(csv.DictReader(open(f'{folder}/x.csv')))
      data = numpy.load(f'{folder}/x.npz')
      session = onnxruntime.InferenceSession(f'{folder}/x.onnx', providers=['CPUExecutionProvider'])
      about = session.get_modelmeta().custom_metadata_map
      states = [name.removeprefix('is_') for name in json.loads(about['observation_names'])]
      actions = json.loads(about['action_choices'])
      assert actions == ['up', 'right', 'down', 'left'] or sorted(actions) == ['down', 'left', 'right', 'up'], actions
      assert 'model' not in about and 'action_controls' not in about and 'control_time_step_seconds' not in about
      chosen, logits = session.run(['action', 'logits'], {'observation': numpy.eye(len(states), dtype=numpy.float32)})
      assert (logits.argmax(1) == chosen).all()
      act = {state: actions[k] for state, k in zip(states, chosen)}
      returns = []
      for k in range(3):
          mine = [row for row in rows if row['episode'] == str(k)]
          observations, taken, rewards = (data[f'episode_{k}/{n}'] for n in ('observations', 'actions', 'rewards'))
          assert [row['state'] for row in mine] == [states[i] for i in observations.argmax(1)]
          assert (observations.sum(1) == 1).all()
          assert [row['action'] for row in mine[1:]] == [actions[a] for a in taken] and mine[0]['action'] == ''
          assert [float(row['reward']) for row in mine[1:]] == rewards.tolist()
          # The action stands beside the state that it led to.
          assert all(act[before['state']] == after['action'] for before, after in zip(mine, mine[1:]))
          assert (mine[-1]['terminated'] == '1') == bool(data[f'episode_{k}/terminations'][-1])
          assert [row['terminated'] for row in mine[:-1]] == ['0'] * (len(mine) - 1)
          returns.append(rewards.sum())
      print(abs(numpy.mean(returns) - evaluation['return']['mean']) < 1e-12)
      """, [folder.path, evaluation.output])
    #expect(told == "True\n", "\(told)")
    let replay = try PoiseProcess(["replay", run, "--tty", "--ascii"])
    #expect(replay.status == 0 && replay.output.contains(algorithm == "ppo" ? "its action" : "best actions"))
    #expect(try PoiseProcess(["replay", run, "--html", "\(folder.path)/x.html"]).status == 0)
    let choosy = try PoiseProcess(["export", run, "--csv", "-", "--columns", "state"])
    #expect(choosy.status == 64 && choosy.errors.contains("--columns and --every"), "\(choosy.errors)")
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
