import ArgumentParser
import PoiseCore
import PoiseModels
import PoiseScenarios

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validates scenarios and models; shows every problem of a file at once.")

  @Argument(help: "Files, or names that `poise list` shows.")
  var files: [String]

  func run() throws {
    var worst = ExitStatus.done
    func note(_ status: ExitStatus) {
      // A file that cannot be read outweighs one that is wrong.
      if status.rawValue > worst.rawValue { worst = status }
    }
    for file in files {
      do {
        let check = try InputCheck(ShippedFiles().resolve(file))
        if check.problems.isEmpty {
          let count = check.approximations.count
          print("\(check.path): good\(count == 0 ? "" : ", with \(count) approximation\(count == 1 ? "" : "s"):")")
          for approximation in check.approximations { print("  \(approximation)") }
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
