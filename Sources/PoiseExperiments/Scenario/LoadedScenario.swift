import Foundation
import PoiseAlgorithms
public import PoiseCore
public import PoiseEnvironments
public import PoiseModels

/// A scenario file that has been read, its model read with it, and the task bound to the model.
public struct LoadedScenario: Sendable {
  /// File name without its extension.
  public let name: String
  /// The file as the person named it.
  public let path: String
  /// What was changed of the file: `key.path=value` each.
  public let overrides: [String]
  public let scenario: Scenario
  public let source: ConfigurationSource
  public let modelPath: String
  public let model: RobotModel
  public private(set) var task: BoundTask

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
    self.path = path
    self.overrides = overrides
    self.name = name ?? (path.fileName as NSString).deletingPathExtension
    scenario = configured.value
    source = configured.source
    modelPath = try Self.modelPath(configured.value.model, beside: path, source: configured.source)
    model = try RobotModel(contentsOf: modelPath)
    task = try BoundTask(scenario.task, model: model, name: self.name, source: source)
  }

  /// A scenario about a robot that no file describes; the key `model` is not looked at.
  init(_ configured: Configured<Scenario>, model: RobotModel) throws {
    path = configured.source.file
    overrides = []
    name = model.name
    scenario = configured.value
    source = configured.source
    modelPath = path
    self.model = model
    task = try BoundTask(scenario.task, model: model, name: model.name, source: source)
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
  func symmetry(_ plane: MirrorPlane?, learner: String) throws(InvalidInput) -> MirrorSymmetry? {
    guard let plane else { return nil }
    do throws(Asymmetry) {
      return try task.mirrorSymmetry(across: plane)
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

  /// Sees that every learner that is to rely on a mirror can.
  ///
  /// - Throws: as `symmetry`, for all learners together.
  func checkSymmetry() throws(InvalidInput) {
    var problems: [Problem] = []
    for (learner, plane) in [
      ("ppo", scenario.ppo.mirrorSymmetry), ("ddpg", scenario.ddpg.mirrorSymmetry),
      ("td3", scenario.td3.ddpg.mirrorSymmetry),
    ] {
      do {
        _ = try symmetry(plane, learner: learner)
      } catch {
        problems += error.problems
      }
    }
    if !problems.isEmpty { throw InvalidInput(source.sorted(problems)) }
  }

  /// The whole scenario with every default, as YAML that reads back as the same scenario.
  public var resolvedText: String { scenario.yamlText }

  /// What the `hold` controller does with each actuator: towards the start of the episode or the reference pose, [actuators].
  ///
  /// - Parameter positions: at the start of the episode, rad or m, [scalar joints].
  public func holdServos(_ positions: [Double]) -> [Robot.Servo] {
    model.actuators.map { actuator in
      let limit = actuator.effortLimit ?? 1
      let target =
        switch scenario.hold.target {
        case .start: model.scalarJoints.firstIndex(of: actuator.joint).map { positions[$0] } ?? 0
        case .reference: model.joints[actuator.joint].reference
        }
      return Robot.Servo(
        target: target, stiffness: scenario.hold.stiffness * limit, damping: scenario.hold.damping * limit)
    }
  }
}

extension LoadedScenario {
  /// The same scenario with one more disturbance; see `BoundTask.adding`.
  public func adding(_ disturbance: BoundDisturbance) -> Self {
    var scenario = self
    scenario.task = task.adding(disturbance)
    return scenario
  }
}
