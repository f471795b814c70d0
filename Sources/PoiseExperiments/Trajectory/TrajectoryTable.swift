public import PoiseCore
public import PoiseModels
public import PoiseScenarios
public import PoiseTasks

/// Trajectories as CSV (RFC 4180): names end in their unit, numbers are in their shortest exact form.
///
/// Row k ≥ 1 is the state after control step k, row 0 the start. Columns: episode, step, time, reward, each reward term,
/// terminated, truncated, roll and pitch; pose and velocity of each free body; position and velocity of each joint; the action's
/// name where a task's actions are levels; action and mean effort of each actuator; the push.
public struct TrajectoryTable: Sendable {
  /// Names of all columns, in order.
  public let columns: [String]
  private let coordinateCount: Int
  private let rewardTerms: [String]
  private let actuatorCount: Int
  private let hasChoices: Bool
  /// Indices into `columns` of those that are written, in that order.
  private var chosen: [Int]

  /// A table for a robot's trajectories.
  ///
  /// - Parameters:
  ///   - model: the robot.
  ///   - rewardTerms: names of the task's reward terms, in order.
  ///   - hasChoices: whether its actions are levels, which have names.
  public init(_ model: RobotModel, rewardTerms: [String] = [], hasChoices: Bool = false) {
    self.rewardTerms = rewardTerms
    self.hasChoices = hasChoices
    actuatorCount = model.actuators.count
    let coordinates = CoordinateColumns(model)
    coordinateCount = coordinates.names.count
    columns =
      Self.firstColumns + rewardTerms + Self.columnsAfterTerms + coordinates.names
      + (hasChoices ? [Self.choiceColumn] : []) + Self.actuatorColumns(model).flatMap { [$0.action, $0.effort] }
      + Self.pushColumns
    chosen = Array(columns.indices)
  }

  static let firstColumns = ["episode", "step", "time_s", "reward"]
  static let columnsAfterTerms = ["terminated", "truncated", "roll_rad", "pitch_rad"]
  static let choiceColumn = "action"
  static let pushColumns = ["push_x_N", "push_y_N", "push_z_N"]

  /// Names of the two columns of each actuator.
  static func actuatorColumns(_ model: RobotModel) -> [(action: String, effort: String)] {
    model.actuators.map { actuator in
      let unit = model.joints[actuator.joint].kind == .hinge ? "Nm" : "N"
      return ("\(actuator.name)_action", "\(actuator.name)_\(unit)")
    }
  }

  /// Writes only these columns from now on, in this order.
  ///
  /// - Parameter names: names of columns, each once.
  /// - Throws: `InvalidInput` with each name that is not a column, or appears twice.
  public mutating func choose(_ names: [String]) throws(InvalidInput) {
    var problems: [Problem] = []
    var places: [Int] = []
    for name in names {
      guard let place = columns.firstIndex(of: name) else {
        problems.append(
          Problem(
            file: "--columns", found: "'\(name)'", allowed: "a column of this trajectory",
            remedy: [suggestion(for: name, among: columns), "The columns are: \(columns.joined(separator: ", "))."]
              .filter { !$0.isEmpty }.joined(separator: " ")))
        continue
      }
      if places.contains(place) {
        problems.append(Problem(file: "--columns", found: "'\(name)' twice", allowed: "each column once"))
      }
      places.append(place)
    }
    if !problems.isEmpty { throw InvalidInput(problems) }
    chosen = places
  }

  /// The columns that are written.
  public var chosenColumns: [String] { chosen.map { columns[$0] } }

  /// The header, quoted where a name needs it.
  public var header: String { chosenColumns.map(csvCell).joined(separator: ",") + "\n" }

  /// One row, with a line feed at its end.
  public func row(_ moment: TrajectoryMoment) -> String {
    values(moment).map(csvCell).joined(separator: ",") + "\n"
  }

  /// The text of each of `chosenColumns`, without quotes.
  func values(_ moment: TrajectoryMoment) -> [String] {
    let cells = cells(moment)
    return chosen.map { cells[$0] }
  }

  /// A number or a name for each of `columns`, chosen or not.
  private func cells(_ moment: TrajectoryMoment) -> [String] {
    precondition(
      moment.coordinates.count == coordinateCount,
      "\(coordinateCount) coordinates, a moment of \(moment.coordinates.count)")
    var cells: [String] = []
    cells.reserveCapacity(columns.count)
    cells += ["\(moment.episode)", "\(moment.step)", "\(moment.time)", moment.reward.map { "\($0)" } ?? ""]
    cells +=
      moment.rewardTerms.isEmpty
      ? Array(repeating: "", count: rewardTerms.count) : moment.rewardTerms.map { "\($0)" }
    cells += ["\(moment.isTerminated)", "\(moment.isTruncated)", "\(moment.roll)", "\(moment.pitch)"]
    for value in moment.coordinates { cells.append("\(value)") }
    if hasChoices { cells.append(moment.choice ?? "") }
    for actuator in 0..<actuatorCount {
      cells.append(moment.actions.isEmpty ? "" : "\(moment.actions[actuator])")
      cells.append(moment.efforts.isEmpty ? "" : "\(moment.efforts[actuator])")
    }
    for i in 0..<3 { cells.append("\(moment.push[i])") }
    return cells
  }
}

extension TrajectoryTable {
  /// The table of a task's episodes.
  public init(_ task: BoundTask) {
    self.init(task.model, rewardTerms: task.rewardNames, hasChoices: !task.levels.isEmpty)
  }
}
