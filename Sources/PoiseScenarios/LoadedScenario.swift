import Foundation
import PoiseAlgorithms
public import PoiseCore
public import PoiseEnvironments
public import PoiseFinite
public import PoiseModels
public import PoiseTasks

/// The robot of a scenario, with the task bound to it.
public struct RobotScenario: Sendable {
  /// Path of the MJCF file.
  public let modelPath: String
  /// The robot's description.
  public let model: RobotModel
  /// The task, bound to the model.
  public fileprivate(set) var task: BoundTask
}

/// A scenario that has been read and checked: of a robot, with its model read and the task bound to it, of another
/// environment, or of a finite problem.
public struct LoadedScenario: Sendable {
  /// File name without its extension.
  public let name: String
  /// The file as the user named it.
  public let path: String
  /// The arguments of `--set` that changed the file, each `key.path=value`.
  public let overrides: [String]
  /// All keys of the file with the overrides, and the defaults of the others.
  public let settings: Scenario
  /// Where each key stands in the file, for error messages.
  public let source: ConfigurationSource
  /// The robot with its task; `nil` for an environment without a robot.
  public private(set) var robot: RobotScenario?
  /// The task as learners see it, with or without a robot.
  public private(set) var specification: any EnvironmentSpecification
  /// The goal, resolved to metrics of the task.
  public let goal: BoundGoal

  /// The robot, for an operation that needs one.
  ///
  /// - Parameter purpose: the operation, for the message: "exporting a trajectory".
  /// - Throws: `InvalidInput` for a scenario without a robot.
  public func requireRobot(for purpose: String) throws(InvalidInput) -> RobotScenario {
    if let robot { return robot }
    throw InvalidInput(
      source.problem(
        at: "environment", found: "an environment without a robot",
        allowed: "a scenario with a robot's model, which \(purpose) needs"))
  }

  /// The finite problem that the scenario is about; `nil` for others.
  public var problem: FiniteProblem? { specification.finiteProcess?.problem }

  /// The finite problem, where there is no way without one.
  ///
  /// - Parameter purpose: what asks for it, for the message: "solving".
  /// - Throws: `InvalidInput` for a scenario of another kind.
  public func requireProblem(for purpose: String) throws(InvalidInput) -> FiniteProblem {
    if let problem { return problem }
    throw InvalidInput(
      source.problem(
        at: "mdp", found: "no finite problem", allowed: "a scenario with the key 'mdp', which \(purpose) needs",
        remedy: "Robots are trained, not solved: see 'poise train'."))
  }

  /// Reads a scenario file, its model, and binds the task to the model.
  ///
  /// - Parameters:
  ///   - path: the file, as the user named it.
  ///   - overrides: the arguments of `--set`, each `key.path=value`; later ones win.
  ///   - name: name of the scenario; `nil` takes the file name without its extension.
  /// - Throws: `InputOutputError` if a file cannot be read; `InvalidInput` with every problem of the scenario, of its
  ///   model, or of binding the task to the model.
  public init(contentsOf path: String, overrides: [String] = [], name: String? = nil) throws {
    let configured: Configured<Scenario>
    do {
      configured = try Configured<Scenario>(contentsOf: path, overrides: overrides)
    } catch let error as InvalidInput {
      throw InvalidInput(error.problems + Self.laterProblems(of: path, besides: error.problems))
    }
    try self.init(configured, path: path, overrides: overrides, name: name)
  }

  /// Further problems of a scenario whose keys have problems already: names that the robot lacks, times, and the model's own
  /// problems. Lines with a known problem are left out.
  private static func laterProblems(of path: String, besides known: [Problem]) -> [Problem] {
    guard let tree = try? YAMLTree.read(contentsOf: path), let good = Configured<Scenario>(whatIsGoodIn: tree) else {
      return []
    }
    do {
      _ = try LoadedScenario(good, path: path)
      return []
    } catch let error as InvalidInput {
      return error.problems.filter { problem in
        problem.line != nil && !known.contains { ($0.file, $0.line) == (problem.file, problem.line) }
      }
    } catch {
      return []
    }
  }

  /// Binds a scenario whose file has been read.
  ///
  /// - Parameters:
  ///   - configured: the keys and where they stand.
  ///   - path: the scenario's file; paths in the scenario are relative to its folder.
  ///   - overrides: the overrides that `configured` contains already, for the record.
  ///   - name: name of the scenario; `nil` takes the file name without its extension.
  /// - Throws: as `init(contentsOf:overrides:name:)`.
  public init(
    _ configured: Configured<Scenario>, path: String, overrides: [String] = [], name: String? = nil
  ) throws {
    let name = name ?? (path.fileName as NSString).deletingPathExtension
    if let form = configured.value.mdp {
      let problem = try form.problem(relativeTo: path.parentFolder, source: configured.source)
      let task = DecisionTask(
        FiniteProcess(problem), name: name, stepLimit: problem.stepLimit ?? configured.value.episodeSteps)
      try self.init(configured, path: path, overrides: overrides, name: name, robot: nil, task)
    } else if let environment = configured.value.environment {
      let task: any EnvironmentSpecification
      do {
        task = try environment.term.specification(name: name, stepLimit: configured.value.episodeSteps)
      } catch let error as InvalidInput {
        throw InvalidInput(
          error.problems.map {
            configured.source.problem(
              at: "environment.\($0.place)", found: $0.found, allowed: $0.allowed, remedy: $0.remedy)
          })
      }
      try self.init(configured, path: path, overrides: overrides, name: name, robot: nil, task)
    } else {
      guard let modelName = configured.value.model else {
        throw InvalidInput(
          configured.source.problem(
            at: "model", found: "no model",
            allowed: "a robot's model, or an environment or a finite problem in its place",
            remedy:
              "Add model: with the path of an MJCF file, or the name of a shipped model; or mdp: for a finite problem.")
        )
      }
      let modelPath = try Self.modelPath(modelName, beside: path, source: configured.source)
      let model = try RobotModel(contentsOf: modelPath)
      let task = try BoundTask(configured.value.task, model: model, name: name, source: configured.source)
      try self.init(
        configured, path: path, overrides: overrides, name: name,
        robot: RobotScenario(modelPath: modelPath, model: model, task: task), task)
    }
  }

  /// A scenario with a model made in code; the key `model` is ignored.
  package init(_ configured: Configured<Scenario>, model: RobotModel) throws {
    let task = try BoundTask(configured.value.task, model: model, name: model.name, source: configured.source)
    try self.init(
      configured, path: configured.source.file, overrides: [], name: model.name,
      robot: RobotScenario(modelPath: configured.source.file, model: model, task: task), task)
  }

  private init(
    _ configured: Configured<Scenario>, path: String, overrides: [String], name: String, robot: RobotScenario?,
    _ specification: any EnvironmentSpecification
  ) throws(InvalidInput) {
    self.path = path
    self.overrides = overrides
    self.name = name
    settings = configured.value
    source = configured.source
    self.robot = robot
    self.specification = specification
    goal = BoundGoal(configured.value.goal, metrics: specification.metrics)
    var problems = configured.value.goal.problems(specification.metrics, source: source)
    if configured.value.goal["successRate"] != nil, let robot, robot.task.settings.success == nil {
      problems.append(
        source.problem(
          at: "goal.successRate", found: "a success rate", allowed: "null in a scenario without a section `success`",
          remedy: "Add the section, or use survivalRate."))
    }
    if !problems.isEmpty { throw InvalidInput(source.sorted(problems)) }
  }

  /// A file relative to the scenario's, or the shipped model of that name.
  private static func modelPath(_ name: String, beside path: String, source: ConfigurationSource) throws -> String {
    let folder = path.parentFolder
    let beside =
      name.hasPrefix("/") ? name : folder.isEmpty ? name : (folder as NSString).appendingPathComponent(name)
    if FileManager.default.fileExists(atPath: beside) { return beside.withoutDetours }
    let shipped = try ShippedFiles().models()
    if let entry = shipped.first(where: { $0.name == name }) { return entry.path }
    throw InvalidInput(
      source.problem(
        at: "model", found: "'\(name)'",
        allowed: "a file (looked for as \(beside)) or a shipped model: "
          + (shipped.isEmpty ? "none found" : shipped.map(\.name).joined(separator: ", ")),
        remedy: suggestion(for: name, among: shipped.map(\.name))))
  }

  /// How observations and actions change under a reflection that leaves robot and task unchanged; `nil` for no mirror.
  ///
  /// - Parameters:
  ///   - plane: the mirror plane.
  ///   - learner: the section with the key `mirrorSymmetry`, for error messages.
  /// - Throws: `InvalidInput` with everything that is not symmetric.
  package func symmetry(_ plane: MirrorPlane?, learner: String) throws(InvalidInput) -> MirrorSymmetry? {
    guard let plane else { return nil }
    do throws(Asymmetry) {
      return try specification.mirrorSymmetry(across: plane)
    } catch {
      throw InvalidInput(
        error.reasons.map {
          source.problem(
            at: "\(learner).mirrorSymmetry", found: "'\(plane.rawValue)', but \($0)",
            allowed: "null, or a mirror plane of which robot and task are symmetric",
            remedy: "Make both sides symmetric, or write null.")
        })
    }
  }

  /// Checks that the chosen algorithm can learn the task.
  ///
  /// - Throws: `InvalidInput` that says why not, and which algorithms can.
  package func checkAlgorithm() throws(InvalidInput) {
    guard let refusal = settings.algorithm.refusal(of: specification) else { return }
    let others = settings.algorithms.all.filter { $0.refusal(of: specification) == nil }.map(\.name)
    throw InvalidInput(
      source.problem(
        at: "training.algorithm", found: refusal,
        allowed: others.isEmpty
          ? "an algorithm that can learn the task" : "one that can: " + others.joined(separator: ", "),
        remedy: "\(ProgramCommand.line("list", "--algorithms")) shows which spaces each supports."))
  }

  /// Checks the symmetry of every algorithm whose section sets `mirrorSymmetry`.
  ///
  /// - Throws: as `symmetry`, for all algorithms together.
  func checkSymmetry() throws(InvalidInput) {
    var problems: [Problem] = []
    for algorithm in settings.algorithms.all {
      do {
        _ = try symmetry(algorithm.parameters.mirrorSymmetry, learner: algorithm.section)
      } catch {
        problems += error.problems
      }
    }
    if !problems.isEmpty { throw InvalidInput(source.sorted(problems)) }
  }

  /// The complete scenario with every default, as YAML that reads back as the same scenario.
  public var resolvedText: String { settings.yamlText }
}

extension LoadedScenario {
  /// The same scenario with one more disturbance of the robot; see `BoundTask.adding`.
  public func adding(_ disturbance: BoundDisturbance) -> Self {
    var scenario = self
    guard let task = robot?.task.adding(disturbance) else { return self }
    scenario.robot?.task = task
    scenario.specification = task
    return scenario
  }
}
