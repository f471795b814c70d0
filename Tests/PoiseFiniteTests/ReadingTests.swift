import Foundation
import PoiseCore
import PoiseFinite
import Testing

private func lists(_ transitions: String, terminal: String = "[end]", more: String = "") -> String {
  """
  mdp:
    lists:
      states: [a, b, end]
      actions: [go, stay]
      terminal: \(terminal)
      transitions:
  \(transitions)
  \(more)
  """
}

@Suite("Reading finite problems")
struct ReadingTests {
  @Test("probabilities that do not add up to 1 are named with line and sum")
  func sums() {
    let text = complaints(
      lists(
        """
              a:
                go: {b: [0.7, 1], end: [0.2, 0]}
              b: {go: {end: 1}}
        """))
    #expect(text.contains("test.yaml:8: mdp.lists.transitions.a.go: found probabilities that add up to 0.9"), "\(text)")
    #expect(text.contains("allowed probabilities that add up to 1"))
    let thirds = complaints(lists("        a: {go: {a: 0.333, b: 0.333, end: 0.333}}\n        b: {go: {end: 1}}"))
    #expect(thirds.contains("Write numbers such as thirds with 16 digits"), "\(thirds)")
    #expect(
      complaints(
        lists(
          "        a: {go: {a: 0.3333333333333333, b: 0.3333333333333333, end: 0.3333333333333333}}\n        b: {go: {end: 1}}"
        )) == "")
  }

  @Test(
    "all of unknown states, unknown actions, dead ends, negative probabilities are told at once, with lines and suggestions"
  )
  func everythingAtOnce() {
    let text = complaints(
      lists(
        """
              a:
                go: {c: 1}
                stey: {a: 1}
              end: {go: {a: 1}}
        """))
    #expect(text.contains("test.yaml:8: mdp.lists.transitions.a.go.c: found the unknown state 'c'"), "\(text)")
    #expect(text.contains("test.yaml:9: mdp.lists.transitions.a.stey: found the unknown action 'stey'"), "\(text)")
    #expect(text.contains("Did you mean 'stay'?"))
    #expect(text.contains("test.yaml:10") && text.contains("transitions from the terminal state 'end'"))
    #expect(text.contains("no transition from the state 'b': dead end"), "\(text)")
    let negative = complaints(lists("        a: {go: {b: -0.5, end: 1.5}}\n        b: {go: {end: 1}}"))
    #expect(
      negative.contains("found -0.5; allowed a number from 0 to 1") && negative.contains("found 1.5"), "\(negative)")
    let twice = complaints(lists("        a: {go: {b: 1}}\n        b: {go: {end: 1}}\n        a: {stay: {a: 1}}"))
    #expect(twice.contains("second time") || twice.contains("uplicate"), "\(twice)")
  }

  @Test("starts and policies are checked as well")
  func startAndPolicy() {
    let good = "        a: {go: {b: 1}, stay: {a: 1}}\n        b: {go: {end: 1}}"
    #expect(complaints(lists(good, more: "    start: {a: 0.5, b: 0.4}")).contains("add up to 0.9"))
    #expect(complaints(lists(good, more: "    start: end")).contains("the terminal state 'end'"))
    #expect(complaints(lists(good, more: "    start: [a, a]")).contains("a state for the second time"))
    #expect(complaints(lists(good, more: "    start: [a, b]")) == "")
    #expect(
      complaints(lists(good, more: "    policy: {a: {go: 0.5, stay: 0.6}, b: {go: 1}}")).contains("add up to 1.1"))
    #expect(complaints(lists(good, more: "    policy: {a: {go: 1}}")).contains("nothing for 'b'"))
    #expect(
      complaints(lists(good, more: "    policy: {a: {go: 1}, b: {stay: 1}}")).contains("which 'b' does not offer"))
    #expect(complaints(lists(good, more: "    discount: 1.5")).contains("found 1.5"))
  }

  @Test("maps name the row and column of a character without a meaning, ragged rows, and teleports to nowhere")
  func maps() {
    func map(_ cells: String, _ more: String = "") -> String {
      "mdp:\n  map:\n    cells: |\n" + cells.split(separator: "\n").map { "      \($0)\n" }.joined() + more
    }
    #expect(complaints(map("S..\n.x.\n..G")).contains("'x' in row 2, column 2; allowed '.', '#', 'S', 'G', 'H'"))
    #expect(complaints(map("S..\n..\n..G")).contains("2 cells in row 2; allowed 3, as in row 1"))
    #expect(
      complaints(map("S.T", "    legend: {T: {teleport: X}}\n")).contains("'X', which appears on the map 0 times"))
    #expect(complaints(map("S.T#", "    legend: {T: {teleport: '#'}}\n")).contains("a wall or a teleport itself"))
    #expect(complaints(map("###")).contains("no free cell"))
    #expect(complaints(map("S.\n.G", "    moves: two\n")).contains("two moves on 2 rows"))
    #expect(complaints(map("S.G", "    legend: {W: {wall: true, terminal: true}}\n")).contains("a wall and terminal"))
    #expect(complaints(map("S.G", "    legend: {SS: {}}\n")).contains("the key 'SS'; allowed one character"))
    #expect(complaints(map("S.G", "    slipp: 0.1\n")).contains("Did you mean 'slip'?"))
    #expect(complaints(map("S.G", "    slip: 1.5\n")).contains("a number from 0 to 1"))
    #expect(complaints("mdp:\n  maap: {}\n").contains("Did you mean 'map'?"))
  }

  @Test("slips go where the map says, and their probabilities add up")
  func slips() throws {
    func moves(_ more: String, _ action: String) throws -> [String: Double] {
      let problem = try loaded("mdp:\n  map:\n    cells: |\n      ...\n      .S.\n      ..G\n    slip: 0.3\n\(more)")
      let center = try #require(problem.state(named: "r2c2"))
      let choice = try #require(problem.choice(of: center, action: action))
      return Dictionary(
        uniqueKeysWithValues: problem.transitions(of: choice).map {
          (problem.stateName(Int(problem.nextStates[$0])), (problem.probabilities[$0] * 1e6).rounded() / 1e6)
        })
    }
    #expect(try moves("", "up") == ["r1c2": 0.7, "r2c1": 0.15, "r2c3": 0.15])
    #expect(try moves("    slipTo: stay\n", "up") == ["r1c2": 0.7, "r2c2": 0.3])
    #expect(try moves("    slipTo: anywhere\n", "up") == ["r1c2": 0.775, "r2c1": 0.075, "r2c3": 0.075, "r3c2": 0.075])
    #expect(try moves("    moves: eight\n", "downRight") == ["r3c3": 0.7, "r2c3": 0.15, "r3c2": 0.15])
  }

  @Test("the declarations of all sections are in order")
  func declarations() {
    #expect(
      ConfigurationSchema.faults(of: ProblemLists.self).isEmpty, "\(ConfigurationSchema.faults(of: ProblemLists.self))")
    #expect(
      ConfigurationSchema.faults(of: ProblemMap.self).isEmpty, "\(ConfigurationSchema.faults(of: ProblemMap.self))")
    #expect(
      ConfigurationSchema.faults(of: ProblemFile.self).isEmpty, "\(ConfigurationSchema.faults(of: ProblemFile.self))")
  }

  @Test("a section that is written reads back as itself")
  func roundTrip() throws {
    for name in ["two-choices", "maze", "frozen-lake", "cliff-walking", "taxi"] {
      let folder = "\(scenarioFolder)/\(name).yaml"
      let first = try configured(String(contentsOfFile: folder, encoding: .utf8))
      let second = try configured(first.yamlText)
      #expect(first.mdp == second.mdp, "\(name)")
    }
  }

  @Test("taxi.yaml is what taxi.py writes", .enabled(if: hasPython))
  func taxi() throws {
    let script = try String(contentsOfFile: "\(scenarioFolder)/taxi.py", encoding: .utf8)
    #expect(try python(script) == String(contentsOfFile: "\(scenarioFolder)/taxi.yaml", encoding: .utf8))
  }

  // MARK: - Files of transitions

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("poise-finite-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func scenario(_ path: String, states: Int, actions: Int, terminal: [Int]) -> String {
    "mdp:\n  file: {path: \(path), states: \(states), actions: \(actions), terminal: \(terminal), discount: 0.9}\n"
  }

  @Test("CSV and binary files hold the same problem, and give the values of the lists")
  func files() throws {
    try inFolder { folder in
      var random = RandomStream(seed: 8, purpose: .testing)
      let problem = randomProblem(&random, states: 300...300, discount: 0.9, terminalShare: 0.2)
      let terminal = (0..<problem.stateCount).filter { problem.isTerminal($0) }
      try problem.writeTransitions(to: "\(folder)/p.mdp")
      var csv = "state,action,next,probability,reward\n"
      for state in 0..<problem.stateCount {
        for choice in problem.choices(of: state) {
          for k in problem.transitions(of: choice).reversed() {
            csv +=
              "\(state),\(problem.choiceActions[choice]),\(problem.nextStates[k]),\(problem.probabilities[k]),\(problem.rewards[k])\n"
          }
        }
      }
      try csv.write(toFile: "\(folder)/p.csv", atomically: true, encoding: .utf8)
      let expected = try problem.policyIteration().values
      for path in ["p.mdp", "p.csv"] {
        let read = try loaded(
          scenario(path, states: problem.stateCount, actions: problem.actionNames.count, terminal: terminal),
          folder: folder)
        #expect(
          read.nextStates == problem.nextStates && read.choiceStarts == problem.choiceStarts
            && read.rewards == problem.rewards)
        #expect(try read.policyIteration().values == expected, "\(path)")
      }
    }
  }

  @Test("files that are cut, out of order or wrong are refused with the line and what to do")
  func badFiles() throws {
    try inFolder { folder in
      func complaint(_ text: String, _ name: String = "p.csv") -> String {
        do {
          try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
          _ = try loaded(scenario(name, states: 3, actions: 2, terminal: [2]), folder: folder)
          return ""
        } catch { return "\(error)" }
      }
      #expect(complaint("0,0,1,1,0\n1,0,2,1,0\n") == "")
      #expect(complaint("0,0,1,1,0\n1,0,2,0.5,0\n").contains("state 1, action 0 that add up to 0.5"))
      #expect(complaint("1,0,2,1,0\n0,0,1,1,0\n").contains("p.csv:2: found state 0, action 0 after state 1, action 0"))
      #expect(complaint("0,0,1,1,0\n").contains("no transition from state 1: a dead end"))
      #expect(
        complaint("0,0,9,1,0\n1,0,2,1,0\n").contains(
          "p.csv:1: found a transition from state 0 to 9; allowed states from 0 to 2"))
      #expect(
        complaint("0,0,1,x,0\n1,0,2,1,0\n").contains("p.csv:1: found '0,0,1,x,0'; allowed state,action,next state"))
      #expect(
        complaint("0,0,1,0.5,0\n0,0,1,0.5,0\n1,0,2,1,0\n").contains("two transitions of state 0, action 0 to state 1"))
      #expect(complaint("2,0,1,1,0\n").contains("a transition from the terminal state 2"))
      #expect(complaint("0,0,1,nan,0\n1,0,2,1,0\n").contains("p = nan"))
      #expect(complaint("", "p.mdp").contains("0 bytes; allowed 8 bytes and 28"))
      #expect(complaint("POISEMDP12345", "p.mdp").contains("The file seems to be truncated."))
      #expect(
        complaint("nonsense" + String(repeating: "x", count: 28), "p.mdp").contains("does not begin with POISEMDP"))
      #expect(
        complaints("mdp:\n  file: {path: nowhere.csv, states: 3, actions: 1}\n").contains("there is no such file"))
    }
  }
}
