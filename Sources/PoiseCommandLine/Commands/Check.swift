import ArgumentParser
import PoiseCore
import PoiseModels
import PoiseScenarios

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks scenarios and models, and shows all problems of a file at once.",
    discussion: """
      Each problem is shown with its file and line, with what was found, and with what is allowed. Exit code 0: all files are \
      good; 65: at least one is wrong; 74: at least one cannot be read.

      Examples:
        \(program) check my-robot.xml my-task.yaml
        \(program) check humanoid
        \(program) check my-task.yaml --set ppo.clipRange=0.1
      """)

  @Argument(help: "Files, or names that `\(program) list` shows.", completion: .scenariosAndModels)
  var files: [String]

  @Option(help: .scenarioOverrides)
  var set: [String] = []

  func run() throws {
    var worst = ExitStatus.done
    func note(_ status: ExitStatus) {
      // A file that cannot be read outweighs one that is wrong.
      if status.rawValue > worst.rawValue { worst = status }
    }
    for file in files {
      do {
        let path = try ShippedFiles().resolve(file)
        if !set.isEmpty, !path.isScenario {
          throw ValidationError("--set changes keys of a scenario, but \(path) is a model.")
        }
        let check = try InputCheck(path, overrides: set)
        if check.problems.isEmpty {
          let count = check.approximations.count
          print("\(check.path): good\(count == 0 ? "" : ", with \(count) approximation\(count == 1 ? "" : "s"):")")
          for approximation in check.approximations { printWrapped("  \(approximation)") }
          for caution in check.cautions { printWrapped("  caution: \(caution)") }
        } else {
          for problem in check.problems { printError(problem.description) }
          note(.badInput)
        }
      } catch let error as any PoiseError {
        printError(error.description)
        note(error.exitStatus)
      }
    }
    if worst != .done { throw ExitCode(worst.rawValue) }
  }
}
