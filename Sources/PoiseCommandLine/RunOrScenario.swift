import PoiseCore
import PoiseModels
import PoiseTraining

/// What a command was given that takes a run or a scenario.
enum RunOrScenario {
  /// The folder of a run.
  case run(String)
  /// The file of a scenario.
  case scenario(String)

  /// Finds what the user means: a run where the folder is one, else a scenario.
  ///
  /// - Throws: `InputOutputError` if there is neither; `InvalidInput` for another folder, or for a model.
  init(_ name: String) throws {
    let shipped = ShippedFiles()
    let folder = shipped.resolveRun(name)
    if RunFolder.isRun(folder) {
      self = .run(folder)
      return
    }
    do {
      self = .scenario(try shipped.resolve(name, as: .scenario))
    } catch var error as InputOutputError where error.operation == "find" {
      error.reason = error.reason.replacing("there is no such file", with: "there is no such file or run")
      throw error
    }
    // One word may name both.
    if let run = (try? shipped.trained())?.first(where: { $0.name == "models/trained/\(name)" }) {
      printError("\(name): the scenario; the trained run of this name is \(run.name)")
    }
  }
}
