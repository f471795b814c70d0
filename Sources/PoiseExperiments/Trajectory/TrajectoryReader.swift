import Foundation
import PoiseCore
public import PoiseModels
public import PoiseScenarios

/// One row of a trajectory, read back.
public struct TrajectoryRow: Sendable {
  /// Line of the file, from 1.
  public var line: Int
  /// The row's content; actions, efforts and reward terms are empty where the file has no such columns.
  public var moment: TrajectoryMoment
  /// The state of the robot in joint coordinates, for `Robot.place`.
  public var configuration: JointConfiguration
  /// Roll of the upright body, rad; `nil` where the file has no such column.
  public var roll: Double?
  /// Pitch of the upright body, rad; `nil` where the file has no such column.
  public var pitch: Double?
}

/// Reads a trajectory in the format of `TrajectoryTable`, row by row, in constant memory, for example to draw the robot.
///
/// Columns are found by name, so any order and further columns are allowed. `time_s` and the coordinates of the robot are
/// required; the others are optional.
public final class TrajectoryReader {
  /// Path of the file.
  public let path: String
  /// The robot whose coordinates are read.
  public let model: RobotModel
  /// All columns of the file.
  public let columns: [String]
  /// Names of the reward terms, in the order of `TrajectoryMoment.rewardTerms`.
  public let rewardTerms: [String]
  /// The texts of the last row's cells, [columns].
  private(set) var cells: [String] = []
  private let reader: CSVReader
  private let coordinates: CoordinateColumns
  /// Index of each coordinate's column.
  private let coordinatePlaces: [Int]
  private let places: [String: Int]
  private let termPlaces: [Int]
  /// Indices of the columns; empty if not all are present.
  private let actionPlaces: [Int]
  private let effortPlaces: [Int]
  private let choicePlace: Int?
  private let pushPlaces: [Int]
  private var rowCount = 0

  /// Opens a trajectory and reads its header.
  ///
  /// - Parameters:
  ///   - path: the CSV file.
  ///   - model: the robot of the trajectory; see `TrajectoryReader.findModel`.
  /// - Throws: `InputOutputError` if the file cannot be read, `InvalidInput` for a header without a required column.
  public init(_ path: String, model: RobotModel) throws {
    self.path = path
    self.model = model
    reader = try CSVReader(path)
    columns = try Self.header(reader)
    coordinates = CoordinateColumns(model)
    var places: [String: Int] = [:]
    for (place, name) in columns.enumerated() { places[name] = place }
    self.places = places
    let needed = ["time_s"] + coordinates.names
    let missing = needed.filter { places[$0] == nil }
    guard missing.isEmpty else {
      throw InvalidInput(
        Problem(
          file: path, line: 1,
          found: "no column \(missing.prefix(5).map { "'\($0)'" }.joined(separator: ", "))"
            + (missing.count > 5 ? " and \(missing.count - 5) more" : ""),
          allowed: "time_s and every coordinate of the robot '\(model.name)'",
          remedy: "Write the trajectory without --columns, or name its model."))
    }
    coordinatePlaces = coordinates.names.map { places[$0] ?? 0 }
    // The terms are between `reward` and `terminated`.
    let terms: Range<Int> =
      if let reward = places["reward"], let end = places["terminated"], reward < end { reward + 1..<end } else { 0..<0 }
    rewardTerms = Array(columns[terms])
    termPlaces = Array(terms)
    func all(_ names: [String]) -> [Int] {
      let found = names.compactMap { places[$0] }
      return found.count == names.count ? found : []
    }
    let actuators = TrajectoryTable.actuatorColumns(model)
    actionPlaces = all(actuators.map(\.action))
    effortPlaces = all(actuators.map(\.effort))
    choicePlace = places[TrajectoryTable.choiceColumn]
    pushPlaces = all(TrajectoryTable.pushColumns)
  }

  private static func header(_ reader: CSVReader) throws -> [String] {
    guard let names = try reader.next() else {
      throw InvalidInput(
        Problem(
          file: reader.path, found: "an empty file", allowed: "a trajectory with its header",
          remedy: "poise export RUN --csv FILE writes one."))
    }
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw InvalidInput(
        Problem(file: reader.path, line: 1, found: "the column '\(name)' twice", allowed: "each name once"))
    }
    return names
  }

  /// The next row; `nil` after the last one.
  ///
  /// - Throws: `InvalidInput` with line and column of what cannot be read.
  public func next() throws -> TrajectoryRow? {
    guard let cells = try reader.next() else { return nil }
    guard cells.count == columns.count else {
      throw InvalidInput(
        Problem(
          file: path, line: reader.line, found: "\(cells.count) cells", allowed: "\(columns.count), as the header has",
          remedy: "Is the file cut off?"))
    }
    self.cells = cells
    var moment = TrajectoryMoment()
    moment.episode = try whole("episode") ?? 0
    moment.step = try whole("step") ?? rowCount
    moment.time = try number(places["time_s"])
    moment.reward = try optionalNumber(places["reward"])
    moment.isTerminated = try flag("terminated")
    moment.isTruncated = try flag("truncated")
    if moment.reward != nil { moment.rewardTerms = try termPlaces.map { try number($0) } }
    // The start has none.
    if let choicePlace, !cells[choicePlace].isEmpty { moment.choice = cells[choicePlace] }
    // The start has no action and no effort.
    if let first = actionPlaces.first, !cells[first].isEmpty {
      moment.actions = try actionPlaces.map { try number($0) }
    }
    if let first = effortPlaces.first, !cells[first].isEmpty {
      moment.efforts = try effortPlaces.map { try number($0) }
    }
    if !pushPlaces.isEmpty {
      let push = try pushPlaces.map { try optionalNumber($0) ?? 0 }
      moment.push = [push[0], push[1], push[2]]
    }
    rowCount += 1
    let values = try coordinatePlaces.map { place in
      let value = try number(place)
      guard abs(value) <= Self.coordinateLimit else {
        throw problem(place, found: "\(value)", allowed: "a coordinate or velocity within ±\(Self.coordinateLimit)")
      }
      return value
    }
    for first in coordinates.quaternions {
      let square = values[first..<first + 4].reduce(0) { $0 + $1 * $1 }
      guard abs(square - 1) < 0.01 else {
        throw problem(
          coordinatePlaces[first], found: "a quaternion with the squared length \(square)", allowed: "a length of 1")
      }
    }
    moment.coordinates = values
    let (roll, pitch) = (try optionalNumber(places["roll_rad"]), try optionalNumber(places["pitch_rad"]))
    (moment.roll, moment.pitch) = (roll ?? 0, pitch ?? 0)
    return TrajectoryRow(
      line: reader.line, moment: moment, configuration: coordinates.configuration(values), roll: roll, pitch: pitch)
  }

  // MARK: Cells

  private func number(_ place: Int?) throws -> Double {
    guard let place, let value = try optionalNumber(place) else {
      throw problem(place, found: "nothing", allowed: "a number")
    }
    return value
  }

  /// `nil` where the cell is empty or the column missing.
  private func optionalNumber(_ place: Int?) throws -> Double? {
    guard let place, !cells[place].isEmpty else { return nil }
    let text = cells[place]
    guard text.utf8.allSatisfy({ Self.numberBytes.contains($0) }), let value = Double(text), value.isFinite else {
      throw problem(place, found: "'\(text.prefix(40))'", allowed: "a finite number in decimal")
    }
    return value
  }

  /// Largest magnitude of a coordinate or velocity, m, rad, m/s, rad/s.
  private static let coordinateLimit = 1e9

  private static let numberBytes = Set("0123456789+-.eE".utf8)

  private func whole(_ name: String) throws -> Int? {
    guard let place = places[name], let value = try optionalNumber(place) else { return nil }
    guard let number = Int(exactly: value), number >= 0 else {
      throw problem(place, found: "'\(cells[place])'", allowed: "a whole number, not negative")
    }
    return number
  }

  private func flag(_ name: String) throws -> Bool {
    guard let place = places[name] else { return false }
    switch cells[place].lowercased() {
    case "true", "1": return true
    case "false", "0", "": return false
    default: throw problem(place, found: "'\(cells[place].prefix(40))'", allowed: "true or false")
    }
  }

  private func problem(_ place: Int?, found: String, allowed: String) -> InvalidInput {
    InvalidInput(
      Problem(
        file: path, line: reader.line, place: place.map { "column \($0 + 1), '\(columns[$0])'" } ?? "", found: found,
        allowed: allowed))
  }
}

extension TrajectoryReader {
  /// The robot of a trajectory: the one that is named, else the one in `FILE.meta.json`, else the shipped model with the most
  /// coordinates among those whose coordinates the file has.
  ///
  /// - Parameters:
  ///   - path: the CSV file.
  ///   - named: a model file, or the name of a shipped model; `nil` to search.
  /// - Throws: `InvalidInput` if there is none.
  public static func findModel(for path: String, named: String? = nil) throws -> RobotModel {
    if let named { return try RobotModel(contentsOf: ShippedFiles().resolve(named)) }
    let metadata = try TrajectoryMetadata(beside: path)
    if let file = metadata?.model.files.first?.path, FileManager.default.fileExists(atPath: file) {
      return try RobotModel(contentsOf: file)
    }
    let columns = Set(try header(CSVReader(path)))
    let shipped = try ShippedFiles().models().map { try RobotModel(contentsOf: $0.path) }
    func fits(_ model: RobotModel) -> Bool {
      (metadata == nil || metadata?.model.name == model.name) && columns.isSuperset(of: CoordinateColumns(model).names)
    }
    let best = shipped.filter(fits).max { CoordinateColumns($0).names.count < CoordinateColumns($1).names.count }
    guard let best else {
      throw InvalidInput(
        Problem(
          file: path, line: 1, found: "columns that fit no known robot",
          allowed: "those of a shipped model (\(shipped.map(\.name).joined(separator: ", "))), or with "
            + "\(TrajectoryMetadata.path(beside: path)) those of its model",
          remedy: "Name the model of the trajectory."))
    }
    return best
  }
}
