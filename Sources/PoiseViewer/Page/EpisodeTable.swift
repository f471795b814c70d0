import Foundation
import PoiseCore
public import PoiseModels
public import PoiseScenarios

/// One episode for the page: the rows of a `RecordingLayout`, rounded to float32, written as 16-bit integers.
///
/// A column becomes `[least, step, text]`: value = least + step · code, where `text` is base64 of little-endian uint16 codes and
/// 65535 stands for a missing number. A 20 s episode of the humanoid takes a fifth of the size of float32 in base64, with
/// errors below 1/131,000 of each column's range; `poise export --csv` has the exact numbers.
public struct EpisodeTable: Sendable {
  /// The description of an episode.
  public struct About: Encodable, Sendable {
    /// The entry in the list of episodes.
    public var title: String
    /// The outcome: "reached the time limit of 20 s, return 980".
    public var result: String
    /// Time limit, s.
    public var seconds: Double

    /// Describes an episode.
    public init(title: String, result: String, seconds: Double) {
      self.title = title
      self.result = result
      self.seconds = seconds
    }
  }

  /// The columns.
  public let layout: RecordingLayout
  /// The description of the episode.
  public var about: About
  /// Rows so far.
  public private(set) var rowCount = 0
  /// [columns][rows]
  private var columns: [[Double]]
  private var row: [Double] = []

  /// An episode without rows.
  public init(_ layout: RecordingLayout, about: About) {
    self.layout = layout
    self.about = about
    columns = Array(repeating: [], count: layout.columnCount)
  }

  /// Adds a row; see `RecordingLayout.write`.
  public mutating func append(
    _ robot: Robot, _ moment: TrajectoryMoment, lean: (roll: Double, pitch: Double)? = nil
  ) {
    layout.write(robot, moment, lean: lean, into: &row)
    for column in columns.indices { columns[column].append(row[column]) }
    rowCount += 1
  }

  subscript(row: Int, column: Int) -> Double { columns[column][row] }

  func time(_ row: Int) -> Double { columns[0][row] }

  func pose(ofBody body: Int, _ row: Int) -> Pose {
    let value = (0..<7).map { columns[layout.poses + 7 * body + $0][row] }
    return Pose(
      position: Vector3(value[0], value[1], value[2]),
      orientation: Quaternion(w: value[3], x: value[4], y: value[5], z: value[6]))
  }
}

extension EpisodeTable: Encodable {
  private enum Key: String, CodingKey { case about, rows, columns }

  /// Writes the description, the number of rows, and each column as 16-bit integers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(about, forKey: .about)
    try container.encode(rowCount, forKey: .rows)
    try container.encode(columns.map(QuantizedColumn.init), forKey: .columns)
  }
}

/// A column of numbers in 16-bit steps.
struct QuantizedColumn: Encodable, Sendable {
  /// `nil` where every number is missing.
  var least: Double?
  var step: Double
  /// [rows]; empty where all numbers are `least`.
  var codes: [UInt16]

  static let missing = UInt16.max

  init(_ values: [Double]) {
    step = 0
    codes = []
    let known = values.filter(\.isFinite)
    guard let least = known.min(), let largest = known.max() else { return }
    self.least = least
    if known.count == values.count, least == largest { return }
    var start = least
    if least == largest {
      codes = values.map { $0.isFinite ? 0 : Self.missing }
      return
    }
    if let even = Self.naturalStep(values) {
      step = even
    } else {
      step = max((largest - least) / Double(Self.missing - 3), .leastNormalMagnitude)
      // Zero is one of the steps where it lies within the range, so that no push stays no push.
      if least < 0, largest >= 0 { start = (least / step).rounded(.down) * step }
      self.least = start
    }
    let most = Double(Self.missing - 1)
    codes = values.map { value in
      value.isFinite ? UInt16(min(most, max(0, ((value - start) / step).rounded()))) : Self.missing
    }
  }

  /// The step of evenly spaced numbers, such as times, which are exact that way.
  private static func naturalStep(_ values: [Double]) -> Double? {
    guard values.count > 1, values.count < missing, values.allSatisfy(\.isFinite) else { return nil }
    let step = (values[values.count - 1] - values[0]) / Double(values.count - 1)
    guard step > 0 else { return nil }
    for (row, value) in values.enumerated() where abs(value - values[0] - Double(row) * step) > 1e-9 * (1 + abs(value))
    {
      return nil
    }
    return step
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(least)
    try container.encode(step)
    var bytes = Data(capacity: 2 * codes.count)
    for code in codes {
      bytes.append(UInt8(code & 0xFF))
      bytes.append(UInt8(code >> 8))
    }
    try container.encode(bytes.base64EncodedString())
  }
}
