import Foundation
import PoiseAlgorithms
public import PoiseCore
public import PoiseEnvironments
public import PoiseFinite
public import PoiseModels
public import PoiseTasks

/// A robot with its task: what a scenario about a robot is about.
public struct RobotScenario: Sendable {
  /// Of its MJCF file.
  public let modelPath: String
  public let model: RobotModel
  /// The task, bound to the model.
  public fileprivate(set) var task: BoundTask
}

/// A scenario file that has been read: of a robot, with its model read and the task bound to it, of another environment, or of a finite
/// problem.
public struct LoadedScenario: Sendable {
  /// File name without its extension.
  public let name: String
  /// The file as the person named it.
  public let path: String
  /// What was changed of the file: `key.path=value` each.
  public let overrides: [String]
  public let settings: Scenario
  public let source: ConfigurationSource
  /// `nil` for an environment without a robot.
  public private(set) var robot: RobotScenario?
  /// The task, of a robot or without one.
  public private(set) var specification: any EnvironmentSpecification
  public let goal: BoundGoal

  /// The robot, where there is no way without one.
  ///
  /// - Parameter purpose: what asks for it, for the message: "exporting a trajectory".
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

  /// - Parameters:
  ///   - path: the file, as the person named it.
  ///   - overrides: the arguments of `--set`, each `key.path=value`.
  ///   - name: of the scenario, where it is not the file's.
  /// - Throws: `InputOutputError` if a file cannot be read; `InvalidInput` with every problem of the scenario, or of its
  ///   model, or of how they fit together.
  public init(contentsOf path: String, overrides: [String] = [], name: String? = nil) throws {
    let configured: Configured<Scenario>
    do {
      configured = try Configured<Scenario>(contentsOf: path, overrides: overrides)
    } catch let error as InvalidInput {
      throw InvalidInput(error.problems + Self.laterProblems(of: path, besides: error.problems))
    }
    try self.init(configured, path: path, overrides: overrides, name: name)
  }

  /// What does not fit the robot, in a scenario that cannot even be read without problems: names of bodies and joints,
  /// times, and the model's own problems. Lines that have a problem already are left alone.
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

  /// - Parameters:
  ///   - path: where the scenario stands, which paths in it are relative to.
  ///   - overrides: what `configured` has of them already.
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
            at: "model", found: "no model", allowed: "a robot's model, or an environment or a finite problem in its place",
            remedy: "Add model: with the path of an MJCF file, or the name of a shipped model; or mdp: for a finite problem."))
      }
      let modelPath = try Self.modelPath(modelName, beside: path, source: configured.source)
      let model = try RobotModel(contentsOf: modelPath)
      let task = try BoundTask(configured.value.task, model: model, name: name, source: configured.source)
      try self.init(
        configured, path: path, overrides: overrides, name: name,
        robot: RobotScenario(modelPath: modelPath, model: model, task: task), task)
    }
  }

  /// A scenario about a robot that no file describes; the key `model` is not looked at.
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

  /// How observations and actions change in a mirror that leaves robot and task the same; `nil` for no mirror.
  ///
  /// - Parameter learner: the section whose key `mirrorSymmetry` the mirror is, for problems.
  /// - Throws: `InvalidInput` with everything that keeps them from being the same.
  package func symmetry(_ plane: MirrorPlane?, learner: String) throws(InvalidInput) -> MirrorSymmetry? {
    guard let plane else { return nil }
    do throws(Asymmetry) {
      return try specification.mirrorSymmetry(across: plane)
    } catch {
      throw InvalidInput(
        error.reasons.map {
          source.problem(
            at: "\(learner).mirrorSymmetry", found: "'\(plane.rawValue)', but \($0)",
            allowed: "null, or a mirror in which robot and task look the same",
            remedy: "Make both sides alike, or write null.")
        })
    }
  }

  /// Sees that the chosen algorithm can learn the task.
  ///
  /// - Throws: `InvalidInput` that names both.
  package func checkAlgorithm() throws(InvalidInput) {
    guard let refusal = settings.algorithm.refusal(of: specification) else { return }
    let others = settings.algorithms.all.filter { $0.refusal(of: specification) == nil }.map(\.name)
    throw InvalidInput(
      source.problem(
        at: "training.algorithm", found: refusal,
        allowed: others.isEmpty
          ? "an algorithm that can learn the task" : "one that can: " + others.joined(separator: ", "),
        remedy: "poise list --algorithms tells what each takes."))
  }

  /// Sees that every learner that is to rely on a mirror can.
  ///
  /// - Throws: as `symmetry`, for all learners together.
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

  /// The whole scenario with every default, as YAML that reads back as the same scenario.
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
