import ArgumentParser
import Foundation
import PoiseCore
import PoiseExperiments
import PoiseFinite
import PoiseModels
import PoiseScenarios

struct Solve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Solves a finite problem exactly: V, Q, A and a best policy.",
    usage: "\(program) solve <scenario> [options]",
    discussion: """
      Finite problems are scenarios with `mdp:` in place of `model:`, such as frozen-lake.

      Examples:
        \(program) solve frozen-lake
        \(program) solve two-choices --policy given
        \(program) solve grid-world --html grid.html
        \(program) solve frozen-lake --set mdp.map.discount=0.9
      """)

  enum Policy: String, CaseIterable, ExpressibleByArgument { case optimal, given, random }

  enum Method: String, CaseIterable, ExpressibleByArgument {
    case valueIteration = "value-iteration"
    case policyIteration = "policy-iteration"
    case modifiedPolicyIteration = "modified-policy-iteration"
  }

  @Argument(
    help: ArgumentHelp(
      "A scenario file with `mdp:`, or a name that `\(program) list` shows.", valueName: "scenario"),
    completion: .scenarios)
  var file: String

  @Option(help: "Whose values: of the optimal policy, of the one that the file gives, or of a random one.")
  var policy: Policy = .optimal

  @Option(help: "How the optimal policy is found; by default what suits the problem's size.")
  var method: Method?

  @Option(help: "Sum the rewards of this many actions, instead of all.")
  var horizon: Int?

  @Option(help: "States and actions in turn, such as x1,1,x2,2,x4: its probability and return under the policy.")
  var trajectory: String?

  @Option(help: "The bound of the values' error that iterations aim at.")
  var tolerance = 1e-9

  @Option(help: "Threads; the result has the same bits for any number.")
  var threads = 1

  @Option(name: .customLong("set"), help: .scenarioOverrides)
  var overrides: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: "Write a page of HTML: V after every sweep, arrows, Q in each cell.")
  var html: String?

  func validate() throws {
    if let horizon, !(0...1_000_000).contains(horizon) {
      throw ValidationError("--horizon: found \(horizon); allowed 0 to 1000000.")
    }
    guard tolerance > 0, tolerance.isFinite else {
      throw ValidationError("--tolerance: found \(tolerance); allowed a number above 0.")
    }
    guard (1...256).contains(threads) else { throw ValidationError("--threads: found \(threads); allowed 1 to 256.") }
  }

  func run() throws {
    let path = try ShippedFiles().resolve(file, as: .scenario)
    let problem = try LoadedScenario(contentsOf: path, overrides: overrides).requireProblem(for: "solving")
    var request = SolveRequest()
    request.policy = SolveRequest.PolicyKind(rawValue: policy.rawValue) ?? .optimal
    request.method = method.flatMap { SolveRequest.Method(rawValue: $0.rawValue) }
    request.horizon = horizon
    request.trajectory = trajectory
    request.tolerance = tolerance
    request.threadCount = threads
    request.keepsSweeps = html != nil
    let report = try SolveReport(
      problem, name: URL(filePath: path).deletingPathExtension().lastPathComponent, request: request)
    print(json ? report.json : report.text)
    if let html {
      let page = try WholeFile(html)
      try page.write(report.html)
      try page.commit()
    }
  }
}
