import Foundation
import PoiseCore

/// A table of a run, read further with each call. As many points are kept as a plot can show, and the last steps.
///
/// Each call reads a piece of bounded size, so that it takes milliseconds however long the run is. Nothing in the file is
/// trusted: a row that is cut short or whose steps are no count is left out, and so is a cell that is no finite number.
/// The last line, which may still be being written, waits for its end.
struct GrowingTable {
  private let path: String
  private let wanted: [(column: String, title: String)]
  private var curves: [ThinnedCurve]
  /// Environment steps of the last row; `nil` before the first.
  private(set) var environmentSteps: Int?
  /// Whether the file has more than was read so far.
  private(set) var isBehind = false

  /// Bytes of the file that have become rows.
  private var offset = 0
  private var inode: UInt64?
  /// The last line that was read, with its end: if the file has another one there, it was rewritten.
  private var lastLine: [UInt8] = []
  /// The places of the steps and of each curve among the columns; `nil` for a column that the table lacks.
  private var places: [Int?] = []
  /// Whether a line is longer than any of a run's tables; the file is then left alone until it is another one.
  private var isBroken = false

  /// Bytes of one call: some ten thousand rows.
  private static let pieceSize = 1 << 20

  /// - Parameter wanted: the columns that become curves, in the order of `learningCurves`, with their titles.
  init(_ path: String, _ wanted: [(column: String, title: String)]) {
    (self.path, self.wanted) = (path, wanted)
    curves = wanted.map { _ in ThinnedCurve() }
  }

  /// The curves that have points.
  var learningCurves: [LearningCurve] {
    zip(wanted, curves).compactMap { wanted, curve in
      curve.points.isEmpty ? nil : LearningCurve(title: wanted.title, points: curve.points)
    }
  }

  /// Reads the next piece.
  ///
  /// - Returns: whether there were new rows, or whether the file was replaced by a new one.
  mutating func readOn() -> Bool {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
    var isNew = false
    if inode != UInt64(status.st_ino) || Int(status.st_size) < offset {
      isNew = inode != nil
      restart(inode: UInt64(status.st_ino))
    }
    guard !isBroken, Int(status.st_size) > offset else {
      isBehind = false
      return isNew
    }
    guard var bytes = piece() else { return isNew }
    if !bytes.starts(with: lastLine) {
      restart(inode: UInt64(status.st_ino))
      isNew = true
      guard let whole = piece() else { return isNew }
      bytes = whole
    }
    let rest = bytes[lastLine.count...]
    guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else {
      isBroken = rest.count >= Self.pieceSize
      isBehind = false
      return isNew
    }
    for line in rest[...end].split(separator: UInt8(ascii: "\n")) { take(line) }
    let start = bytes[..<end].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    offset += end + 1 - lastLine.count
    lastLine = Array(bytes[start...end])
    isBehind = Int(status.st_size) > offset && bytes.count > Self.pieceSize / 2
    return true
  }

  /// The last line again, and what follows it; `nil` where the file cannot be read just now.
  private func piece() -> [UInt8]? {
    guard let pieces = try? FilePieces(path, from: offset - lastLine.count, limit: .max) else { return nil }
    return try? pieces.next(atMost: Self.pieceSize + lastLine.count)
  }

  private mutating func restart(inode: UInt64) {
    (offset, lastLine, places, environmentSteps) = (0, [], [], nil)
    (self.inode, isBroken, isBehind) = (inode, false, false)
    curves = wanted.map { _ in ThinnedCurve() }
  }

  private mutating func take(_ line: ArraySlice<UInt8>) {
    let cells = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    if places.isEmpty {
      let names = cells.map { String(decoding: $0, as: UTF8.self) }
      places = (["environment_steps"] + wanted.map(\.column)).map { names.firstIndex(of: $0) }
      return
    }
    func number(_ place: Int?) -> Double? {
      guard let place, place < cells.count, let value = Double(String(decoding: cells[place], as: UTF8.self)) else {
        return nil
      }
      return value.isFinite ? value : nil
    }
    guard let steps = number(places[0]), Int(clamping: steps).isPossibleCount else { return }
    environmentSteps = Int(clamping: steps)
    for i in curves.indices {
      if let value = number(places[i + 1]) { curves[i].add([steps, value]) }
    }
  }
}

/// Every k-th of the points so far, and the last one. Once there are too many, k doubles.
private struct ThinnedCurve {
  private var kept: [[Double]] = []
  private var last: [Double]?
  private var stride = 1
  private var count = 0

  /// Points at most: more than a plot has pixels across.
  private static let limit = 1000

  var points: [[Double]] { last.map { kept + [$0] } ?? kept }

  mutating func add(_ point: [Double]) {
    if count % stride == 0 {
      if kept.count == Self.limit {
        kept = kept.indices.filter { $0.isMultiple(of: 2) }.map { kept[$0] }
        stride *= 2
      }
      // A multiple of the old stride may be none of the new one.
      if count % stride == 0 {
        kept.append(point)
        last = nil
      } else {
        last = point
      }
    } else {
      last = point
    }
    count += 1
  }
}
