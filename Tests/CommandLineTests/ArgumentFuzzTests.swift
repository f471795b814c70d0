import ArgumentParser
import Foundation
import PoiseCore
import TestSupport
import Testing
@testable import PoiseCommandLine

/// Command lines as people write them, with one to three things wrong.
private struct CommandLines {
  var random: RandomStream
  let root: String
  let folder: String

  private var lines: [[String]] {
    let (scenario, model) = ("\(root)/scenarios/pendulum-balance.yaml", "\(root)/models/pendulum.xml")
    let run = "\(root)/models/trained/humanoid-balance"
    return [
      ["list"], ["check", scenario, model], ["inspect", model], ["inspect", scenario, "--schema"],
      ["simulate", model, "--seconds", "0.05", "--controller", "random", "--seed", "3", "--csv", "\(folder)/m.csv"],
      ["simulate", scenario, "--seconds", "0.1", "--set", "maximumJointSpeed=7"],
      ["train", scenario, "--steps", "64", "--threads", "1", "--seed", "4", "--out", "\(folder)/run"],
      ["train", scenario, "--algorithm", "ddpg", "--steps", "64", "--threads", "1", "--set", "ddpg.warmupSteps=32"],
      ["train", "--resume", "\(folder)/run", "--threads", "1"],
      ["evaluate", scenario, "--controller", "zero", "--episodes", "1", "--seed", "5", "--json"],
      ["replay", scenario, "--episodes", "1", "--tty", "--ascii"],
      ["replay", "--csv", "\(folder)/m.csv", "--model", model],
      ["export", run, "--csv", "-", "--episodes", "1", "--seed", "9", "--every", "50"],
      ["export", run, "--onnx", "\(folder)/p.onnx"], ["report", run, "--html", "\(folder)/r.html"],
    ]
  }

  private static let words = [
    "", " ", "-", "--", "---", "-h", "--help", "--version", "--=", "=", "nan", "inf", "-1", "0", "1e400",
    "9223372036854775808",
    "18446744073709551616", "0x10", "1,5", "é", "\u{FEFF}", "\u{202E}", "%s%n%n", "*", "~", "/", "/dev/null",
    "/dev/zero",
    "/proc/self/mem", "..", "--set", "--set=", "--set=.", "--set=a.b.c=[", "--seed", "--seed=-1", "--out=", "--csv=-",
    "ppo.worlds=1e30", "ppo.hiddenSizes=[0]", "training.stepLimit=0", "--threads=99999999999999999999", "--episodes=-3",
  ]

  mutating func next() -> [String] {
    let lines = lines
    var line = lines[random.index(below: lines.count)]
    for _ in 0..<(1 + random.index(below: 3)) { damage(&line, lines) }
    // The system takes no argument with a zero byte in it.
    return line.map { $0.replacingOccurrences(of: "\u{0}", with: "") }
  }

  private mutating func damage(_ line: inout [String], _ lines: [[String]]) {
    let place = random.index(below: line.count + 1)
    switch random.index(below: 6) {
    case 0: line.insert(Self.words[random.index(below: Self.words.count)], at: place)
    case 1 where place < line.count: line[place] = Self.words[random.index(below: Self.words.count)]
    case 2 where place < line.count: line.remove(at: place)
    case 3:
      let other = lines[random.index(below: lines.count)]
      line.insert(other[random.index(below: other.count)], at: place)
    case 4 where place < line.count:
      // A letter of it.
      var bytes = Array(line[place].utf8)
      if !bytes.isEmpty { bytes[random.index(below: bytes.count)] = UInt8(1 + random.index(below: 255)) }
      line[place] = String(decoding: bytes, as: UTF8.self)
    default:
      let text = Self.words[random.index(below: Self.words.count)]
      line.insert(
        "--set=" + ["seed", "ppo.learningRate.initial", "rewards.0.tilt", "a..b", ""][random.index(below: 5)] + "="
          + text, at: place)
    }
  }
}

@Suite("A command line that is rubbish")
struct ArgumentFuzzTests {
  @Test("is understood, or refused as wrong usage")
  func parsing() throws {
    var lines = CommandLines(random: Torture.random(50), root: ProjectFolders.root, folder: "/nowhere")
    var understood = 0
    var arguments: [String] = []
    let trial = Torture.trial(
      "arguments", count: 1_500,
      inputs: { _ in
        arguments = lines.next()
        return Array(arguments.joined(separator: "\n").utf8)
      }
    ) { _, _ in
      do {
        _ = try Poise.parseAsRoot(arguments)
        understood += 1
      } catch {
        let code = Poise.exitCode(for: error).rawValue
        #expect(code == 0 || code == 64, "\(arguments): \(code)")
        #expect(!Poise.fullMessage(for: error).isEmpty, "\(arguments)")
      }
    }
    #expect((trial.count / 20..<trial.count).contains(understood), "\(understood) of \(trial.count) were understood")
    #expect(trial.slowest < .seconds(60))
  }

  @Test("ends with one of the exit codes that are promised, and says something")
  func running() throws {
    let scratch = try ScratchFolder()
    var lines = CommandLines(random: Torture.random(51), root: ProjectFolders.root, folder: scratch.path)
    var arguments: [String] = []
    try Torture.trial(
      "process", count: 30,
      inputs: { _ in
        // These two may last for ever, as they should.
        repeat { arguments = lines.next() } while arguments.contains { $0.hasPrefix("--serve") || $0 == "bench" }
        return Array(arguments.joined(separator: "\n").utf8)
      }
    ) { index, _ in
      // What is understood may be long work: 2 s of processor time are enough of it. 152 is the system's word for that.
      let shell = ["-c", "ulimit -t 2; exec \"$0\" \"$@\"", PoiseProcess.program.path] + arguments
      let result = try CapturedProcess(URL(filePath: "/bin/sh"), shell, in: scratch.path)
      #expect([0, 64, 65, 74, 152].contains(result.status), "\(arguments): \(result.status) \(result.errors)")
      #expect(result.status == 152 || !(result.output + result.errors).isEmpty, "\(arguments) says nothing")
      #expect(!result.errors.contains("Fatal error"), "\(arguments): \(result.errors)")
    }
  }
}
