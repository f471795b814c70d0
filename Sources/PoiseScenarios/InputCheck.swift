public import PoiseCore
public import PoiseModels
import PoiseTasks

/// Whether a file that a person wrote can be used: a model, or a scenario with its model.
public struct InputCheck: Sendable {
  public enum Kind: String, Sendable { case model, scenario }

  public var path: String
  public var kind: Kind
  /// What is wrong, in the order of the file; empty if all is well.
  public var problems: [Problem] = []
  /// What ODE does in its own way.
  public var approximations: [RobotModel.Approximation] = []

  /// - Parameters:
  ///   - path: `.yaml` and `.yml` are scenarios, everything else is a model.
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
        try scenario.checkAlgorithm()
        try scenario.checkSymmetry()
      }
    } catch let error as InvalidInput {
      problems = error.problems
    }
  }
}
