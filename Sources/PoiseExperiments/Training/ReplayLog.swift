import Foundation
import PoiseAlgorithms
import PoiseCore

/// A run's replay memory on disk: slots in the order of their numbers, appended and never changed, in segments of one size.
///
///     replay/0.slots, 1.slots, …      `ReplayMemory.bytes`, slot number n at (n mod segment) × bytes per slot
///
/// A checkpoint refers to the slots below a number and carries the few later ones itself. So saving writes only what came since
/// the last time, and a kill at any moment leaves what the last checkpoint refers to. Segments whose slots the ring has
/// overwritten are removed once a later checkpoint is there.
struct ReplayLog {
  private let folder: String
  private let slotBytes: Int
  private let segmentSlots: Int
  /// Slots below this number are on disk, as far as the ring still has them.
  private var written = 0
  private var segment = 0
  private var file: LogFile?

  /// Slots that are turned into bytes at once.
  private static let portion = 1 << 14

  init(_ run: RunFolder, for memory: borrowing ReplayMemory) throws {
    folder = run.file("replay")
    slotBytes = memory.bytesPerTransition
    segmentSlots = max(1024, memory.capacity / 8)
    try RunFolder.makeFolder(folder)
  }

  private func path(_ segment: Int) -> String { "\(folder)/\(segment).slots" }

  // MARK: Saving

  /// Appends the settled slots that are not on disk yet, and returns when they are there.
  mutating func append(_ memory: ReplayMemory) throws {
    var first = written
    if first < memory.oldest {
      // The ring has gone round since the last time: what was on disk is of no use, and a segment begins with a gap.
      first = memory.oldest
      segment = first / segmentSlots
      file = nil
      try? FileManager.default.removeItem(atPath: path(segment))
      let gap = try LogFile(path(segment))
      try gap.append([UInt8](repeating: 0, count: (first - segment * segmentSlots) * slotBytes))
      file = gap
    }
    while first < memory.settled {
      if file == nil || first == (segment + 1) * segmentSlots {
        try file?.synchronize()
        segment = first / segmentSlots
        file = try LogFile(path(segment), keeping: (first - segment * segmentSlots) * slotBytes)
      }
      let next = min(memory.settled, first + Self.portion, (segment + 1) * segmentSlots)
      try file?.append(memory.bytes(of: first..<next))
      first = next
    }
    written = max(written, first)
    try file?.synchronize()
  }

  /// Removes the segments that the ring has overwritten as a whole.
  func removeOverwritten(_ memory: ReplayMemory) {
    for number in segments() where (number + 1) * segmentSlots <= memory.oldest {
      try? FileManager.default.removeItem(atPath: path(number))
    }
  }

  private func segments() -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { $0.hasSuffix(".slots") ? Int($0.dropLast(6)) : nil }.sorted()
  }

  // MARK: Going on

  /// Reads the settled slots of a memory whose state has been set, and goes on behind them.
  mutating func read(into memory: inout ReplayMemory, settled: Int) throws {
    var first = memory.oldest
    while first < settled {
      let number = first / segmentSlots
      let next = min(settled, (number + 1) * segmentSlots)
      let bytes = try slots(first - number * segmentSlots..<next - number * segmentSlots, of: number)
      guard memory.restore(first, from: bytes) else { throw damaged(number, "links that lead out of the memory") }
      first = next
    }
    written = settled
    segment = settled / segmentSlots
    // What a process wrote after its last checkpoint.
    for number in segments() where number > segment { try FileManager.default.removeItem(atPath: path(number)) }
    file = nil
    let length = (settled - segment * segmentSlots) * slotBytes
    if length > 0 || FileManager.default.fileExists(atPath: path(segment)) {
      file = try LogFile(path(segment), keeping: length)
    }
  }

  private func slots(_ range: Range<Int>, of number: Int) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: path(number)) else {
      throw InputOutputError(
        path: path(number), operation: "read", reason: String(cString: strerror(errno)).lowercased(),
        remedy: "Without the replay memory the run cannot go on exactly.")
    }
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(range.lowerBound * slotBytes))
    let bytes = try handle.read(upToCount: range.count * slotBytes) ?? Data()
    guard bytes.count == range.count * slotBytes else {
      throw damaged(number, "\(bytes.count + range.lowerBound * slotBytes) bytes")
    }
    return [UInt8](bytes)
  }

  private func damaged(_ number: Int, _ found: String) -> InvalidInput {
    InvalidInput(
      Problem(
        file: path(number), found: found, allowed: "the slots that the checkpoint refers to",
        remedy: "The file was changed by hand; without it the run cannot go on exactly."))
  }
}
