import ArgumentParser
import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseModels
import PoiseScenarios

/// What the argument parser does not say: options given twice, and what was meant by an unknown command, option or name of another library.
enum ArgumentAdvice {
  /// One command as the parser describes it.
  private struct Description: Decodable {
    var command: Command

    struct Command: Decodable {
      var commandName: String
      var subcommands: [Command]?
      var arguments: [Argument]?
    }
    struct Argument: Decodable {
      var kind: String
      var isRepeating: Bool
      var names: [Name]?
    }
    struct Name: Decodable {
      var kind: String
      var name: String
    }
  }

  private static let commands: [Description.Command] = {
    let description = try? JSONDecoder().decode(Description.self, from: Data(Poise._dumpHelp().utf8))
    return description?.command.subcommands ?? []
  }()

  /// The options of a command, `--out`, with whether they may stand several times; flags are left out.
  static func options(of command: String) -> [String: Bool] {
    let arguments = commands.first { $0.commandName == command }?.arguments ?? []
    var options: [String: Bool] = [:]
    for argument in arguments where argument.kind == "option" {
      for name in argument.names ?? [] {
        options[(name.kind == "long" ? "--" : "-") + name.name] = argument.isRepeating
      }
    }
    return options
  }

  /// A mistake that the parser accepts: an option that is given twice, of which it would use the last value.
  ///
  /// - Parameter arguments: those after the program's name.
  static func refusal(of arguments: [String]) -> ValidationError? {
    guard let command = arguments.first(where: { !$0.hasPrefix("-") }) else { return nil }
    if command == "help", let word = arguments.drop(while: { $0 != "help" }).dropFirst().first, !word.hasPrefix("-"),
      word != "help", !commands.contains(where: { $0.commandName == word })
    {
      return ValidationError(commandAdvice(word))
    }
    // The parser takes milliseconds to describe itself; they are saved if no option is given twice.
    let names = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map(optionName)
    let repeated = Set(names.filter { name in names.count { $0 == name } > 1 })
    guard !repeated.isEmpty else { return nil }
    let options = options(of: command)
    guard let name = names.first(where: { repeated.contains($0) && options[$0] == false }) else { return nil }
    let values = values(of: name, in: arguments)
    return ValidationError(
      "\(name): found it \(values.count) times\(values.isEmpty ? "" : ", as \(values.joined(separator: " and "))"); "
        + "allowed once. Remove all but one.")
  }

  private static func optionName(_ argument: String) -> String { String(argument.prefix { $0 != "=" }) }

  private static func values(of name: String, in arguments: [String]) -> [String] {
    arguments.indices.compactMap { i in
      if arguments[i].hasPrefix(name + "=") { return shellQuoted(String(arguments[i].dropFirst(name.count + 1))) }
      guard arguments[i] == name else { return nil }
      return i + 1 < arguments.count ? shellQuoted(arguments[i + 1]) : ""
    }
  }

  /// The parser's message without its guess by spelling: `--lr` is near to `--from`, and means something else.
  static func withoutGuess(_ message: String) -> String { message.replacing(#/ Did you mean '[^']*'\?/#, with: "") }

  /// Sentences to print after the parser's own message; empty if there is nothing to add.
  static func advice(for message: String, _ arguments: [String]) -> String {
    var sentences: [String] = []
    if let word = arguments.first, !word.hasPrefix("-"), !commands.contains(where: { $0.commandName == word }),
      word != "help"
    {
      sentences.append(commandAdvice(word))
    } else if let option = unknownOption(message), let command = arguments.first {
      sentences.append(optionAdvice(option, of: command, arguments))
    }
    sentences.removeAll(where: \.isEmpty)
    // The parser takes an invalid value for a further argument where the value of the option may be omitted.
    let unexpected = quoted(in: message, behind: "Unexpected argument '")
    // And it takes a negative number for a further option.
    let missing = quoted(in: message, behind: "Missing value for '").map { String($0.prefix { $0 != " " }) }
    let negative = missing.flatMap { option in
      zip(arguments, arguments.dropFirst()).first { $0 == option && Double($1) != nil }?.1
    }
    let found = negative ?? unexpected ?? quoted(in: message, behind: "The value '")
    for (option, allowed) in values where sentences.isEmpty {
      let isBehind = unexpected.map { word in
        zip(arguments, arguments.dropFirst()).contains { $0 == option && $1 == word }
      }
      let isMeant = message.contains("invalid for '\(option)") || missing == option && negative != nil
      guard isMeant || isBehind ?? false else { continue }
      sentences.append("\(option): \(found.map { "found '\($0)'; " } ?? "")allowed \(allowed).")
    }
    if sentences.isEmpty, let missing, let negative {
      sentences.append("\(missing): found '\(negative)'; allowed no negative number.")
    }
    if sentences.isEmpty, !message.contains("Did you mean") {
      // Of `--hlep` alone the parser knows no neighbour, and behind a command it asks for the arguments first.
      let general = ["--help", "--version"]
      let meant = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") && !general.contains($0) }
        .compactMap { nearestName(to: $0, among: general) }
      if let meant = meant.first { sentences.append("Did you mean '\(meant)'?") }
    }
    for argument in arguments where sentences.isEmpty && !foreignSpaceRemark(argument).isEmpty {
      sentences.append("Look at \(shellQuoted(argument))\(foreignSpaceRemark(argument)).")
    }
    return sentences.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The allowed values of options that take more than a plain number or name.
  private static let values = [
    (
      "--serve",
      "a port from 0 to 65535, of which 0 is any free one and those below 1024 are the system's; without a number 8021"
    ),
    ("--seeds", "seeds from 0 with commas or dashes between them, each once: 1-5 or 1,3,7; at most \(SeedList.limit)"),
    ("--seed", "a whole number from 0 to \(UInt64.max)"),
  ]

  /// Words of other programs, and what they are called here.
  private static let commandsElsewhere = [
    "run": "simulate", "play": "replay", "enjoy": "replay", "watch": "replay", "view": "replay", "show": "replay",
    "render": "replay", "eval": "evaluate", "test": "evaluate", "score": "evaluate", "learn": "train", "fit": "train",
    "resume": "train", "continue": "train", "optimize": "sweep", "tune": "sweep", "benchmark": "bench",
    "validate": "check",
    "lint": "check", "describe": "inspect", "info": "inspect", "ls": "list", "plot": "report", "convert": "export",
    "save": "export",
  ]

  private static func commandAdvice(_ word: String) -> String {
    let names = commands.map(\.commandName)
    let nearest = commandsElsewhere[word.lowercased()] ?? nearestName(to: word, among: names)
    return "'\(word)'\(foreignSpaceRemark(word)) is no command. "
      + (nearest.map { "Did you mean '\(program) \($0)'?" } ?? "Commands: \(names.joined(separator: ", ")).")
  }

  private static func unknownOption(_ message: String) -> String? {
    quoted(in: message, behind: "Unknown option '").map(optionName)
  }

  private static func quoted(in message: String, behind start: String) -> String? {
    message.range(of: start).map { String(message[$0.upperBound...].prefix { $0 != "'" }) }
  }

  /// Options of other libraries whose meaning is an option here, not a key.
  private static let optionsElsewhere = [
    "total-timesteps": "--steps", "total-steps": "--steps", "timesteps": "--steps", "max-steps": "--steps",
    "algo": "--algorithm", "random-seed": "--seed", "num-threads": "--threads", "n-jobs": "--threads",
    "workers": "--threads", "output": "--out", "output-dir": "--out", "log-dir": "--out",
    "n-eval-episodes": "--episodes",
    "num-episodes": "--episodes", "load": "--from", "pretrained": "--from", "warm-start": "--from",
    "policy": "--controller",
    "port": "--serve", "web": "--serve", "terminal": "--tty", "param": "--set", "override": "--set",
  ]

  private static func optionAdvice(_ option: String, of command: String, _ arguments: [String]) -> String {
    let name = option.drop { $0 == "-" }.lowercased().replacing("_", with: "-")
    let options = options(of: command)
    if ["device", "cuda", "gpu"].contains(name) { return "Poise computes on the CPU: leave \(option) out." }
    if let meant = optionsElsewhere[name], options[meant] != nil { return "Did you mean '\(meant)'?" }
    guard options["--set"] != nil else { return "" }
    let paths = ScenarioReport.schema.entries.map(\.path)
    var meant = FieldNames.paths(for: name, in: "", among: paths)
    let algorithm = values(of: "--algorithm", in: arguments).last ?? Self.algorithm(ofScenarioIn: arguments)
    let section = algorithm.map { Algorithms.named($0)?.section ?? $0 }
    if let section, meant.contains(where: { $0.hasPrefix(section + ".") }) {
      meant = meant.filter { $0.hasPrefix(section + ".") }
    }
    guard !meant.isEmpty else { return "" }
    let remark = FieldNames.row(for: name)?.remark ?? ""
    // One of each meaning in the first algorithms: sections have the same keys.
    let shown = meant.prefix(4).map { "--set \($0)=…" }.joined(separator: " or ")
    return "Hyperparameters are keys of the scenario: \(shown)\(meant.count > 4 ? ", and so on" : ""). "
      + "`\(program) inspect --schema` lists them." + (remark.isEmpty ? "" : " \(remark)")
  }

  /// The algorithm of the scenario that a command line names; `nil` where it names none that can be read.
  private static func algorithm(ofScenarioIn arguments: [String]) -> String? {
    guard let name = arguments.dropFirst().first(where: { !$0.hasPrefix("-") }),
      let path = try? ShippedFiles().resolve(name, as: .scenario)
    else { return nil }
    return (try? LoadedScenario(contentsOf: path))?.settings.training.algorithm
  }
}
