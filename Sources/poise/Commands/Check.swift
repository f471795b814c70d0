import ArgumentParser
import PoiseCore
import PoiseModels

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validates models and scenarios; shows every problem of a file at once.")

  @Argument(help: "Files, or names that `poise list` shows.")
  var files: [String]

  func run() throws {
    var worst = ExitStatus.done
    for file in files {
      do {
        let path = try ShippedFiles().resolve(file)
        let model = try RobotModel(contentsOf: path)
        let linkage = try Linkage(model)
        let count = linkage.approximations.count
        print("\(path): good\(count == 0 ? "" : ", with \(count) approximation\(count == 1 ? "" : "s"):")")
        for approximation in linkage.approximations { print("  \(approximation)") }
      } catch let error as any PoiseError {
        printError(error.description)
        // A file that cannot be read outweighs one that is wrong.
        if error.exitStatus.rawValue > worst.rawValue { worst = error.exitStatus }
      }
    }
    if worst != .done { throw ExitCode(worst.rawValue) }
  }
}
