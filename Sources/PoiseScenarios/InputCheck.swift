public import PoiseCore
public import PoiseModels
import PoiseTasks

/// A check of an input file: of a model, or of a scenario with its model.
public struct InputCheck: Sendable {
  /// What the file describes: a robot's model, or a scenario.
  public enum Kind: String, Sendable { case model, scenario }

  /// The file as it was named.
  public var path: String
  /// What the file describes, according to its extension.
  public var kind: Kind
  /// The problems found, in the order of the file; empty for a valid file.
  public var problems: [Problem] = []
  /// What ODE simulates differently from what the model's file says.
  public var approximations: [RobotModel.Approximation] = []
  /// What is allowed, and most likely not meant: a sentence each.
  public var cautions: [String] = []

  /// Reads a file and checks it. What is wrong with its contents goes to `problems` and is not thrown.
  ///
  /// - Parameters:
  ///   - path: the file; `.yaml` and `.yml` are scenarios, everything else is a model.
  ///   - overrides: what is changed of a scenario, `key.path=value` each.
  /// - Throws: `InputOutputError` if a file cannot be read.
  public init(_ path: String, overrides: [String] = []) throws {
    self.path = path
    kind = path.hasSuffix(".yaml") || path.hasSuffix(".yml") ? .scenario : .model
    do {
      switch kind {
      case .model: approximations = try Linkage(RobotModel(contentsOf: path)).approximations
      case .scenario:
        let scenario = try LoadedScenario(contentsOf: path, overrides: overrides)
        approximations = scenario.robot?.task.linkage.approximations ?? []
        cautions = scenario.robot?.task.cautions ?? []
        try scenario.checkAlgorithm()
        try scenario.checkSymmetry()
      }
    } catch let error as InvalidInput {
      problems = error.problems
    }
  }
}
