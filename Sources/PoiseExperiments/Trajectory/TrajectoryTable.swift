public import PoiseCore
public import PoiseModels
public import PoiseScenarios
public import PoiseTasks

/// Trajectories as CSV (RFC 4180): names end in their unit, numbers are in their shortest exact form.
///
/// Row k ≥ 1 is the state after control step k, row 0 the start. Columns: episode, step, time, reward, each reward term,
/// terminated, truncated, roll and pitch; pose and velocity of each free body; position and velocity of each joint; action
/// and mean effort of each actuator; the push.
public struct TrajectoryTable: Sendable {
  public let columns: [String]
  private let coordinates: CoordinateColumns
  private let rewardTerms: [String]
  private let tiltBody: Int?
  /// World orientation of the tilt body in the reference pose.
  private let referenceOrientation: Quaternion
  private let actuatorCount: Int
  /// Places among `columns` of those that are written, in the order in which they are.
  private var chosen: [Int]

  /// - Parameters:
  ///   - rewardTerms: names of the task's reward terms, in order.
  ///   - tiltBody: the body whose roll and pitch are told; the first body where `nil`.
  public init(_ model: RobotModel, rewardTerms: [String] = [], tiltBody: Int? = nil) {
    self.rewardTerms = rewardTerms
    self.tiltBody = tiltBody ?? (model.bodies.isEmpty ? nil : model.joints.first?.body ?? 0)
    referenceOrientation = self.tiltBody.map { model.referencePose(of: $0).orientation } ?? .identity
    actuatorCount = model.actuators.count
    coordinates = CoordinateColumns(model)
    columns =
      Self.firstColumns + rewardTerms + Self.columnsAfterTerms + coordinates.names
      + Self.actuatorColumns(model).flatMap { [$0.action, $0.effort] } + Self.pushColumns
    chosen = Array(columns.indices)
  }

  static let firstColumns = ["episode", "step", "time_s", "reward"]
  static let columnsAfterTerms = ["terminated", "truncated", "roll_rad", "pitch_rad"]
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
  /// - Throws: `InvalidInput` with each name that is none of the columns, or stands twice.
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

  /// One row, from the robot as it stands.
  public func row(_ robot: Robot, _ moment: TrajectoryMoment) -> String {
    let cells = cells(robot, moment)
    return chosen.map { cells[$0] }.joined(separator: ",") + "\n"
  }

  /// A number for each of `columns`, chosen or not.
  private func cells(_ robot: Robot, _ moment: TrajectoryMoment) -> [String] {
    var cells: [String] = []
    cells.reserveCapacity(columns.count)
    cells += ["\(moment.episode)", "\(moment.step)", "\(moment.time)", moment.reward.map { "\($0)" } ?? ""]
    cells +=
      moment.rewardTerms.isEmpty
      ? Array(repeating: "", count: rewardTerms.count) : moment.rewardTerms.map { "\($0)" }
    let tilt = tiltBody.map { robot.pose(ofBody: $0).orientation * referenceOrientation.conjugate }?.rollPitch
    cells += ["\(moment.isTerminated)", "\(moment.isTruncated)", "\(tilt?.roll ?? 0)", "\(tilt?.pitch ?? 0)"]
    for value in coordinates.values(of: robot) { cells.append("\(value)") }
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
    self.init(task.model, rewardTerms: task.rewardNames, tiltBody: task.uprightBody)
  }
}
