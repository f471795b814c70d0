import Foundation
import PoiseAlgorithms
import PoiseCore

/// A run's replay buffer on disk: slots in the order of their numbers, appended and never changed, in segments of one size.
///
///     replay/0.slots, 1.slots, …      `ReplayBuffer.bytes`, slot number n at (n mod segment) × bytes per slot
///
/// A checkpoint refers to the slots below a number, with the digests of the segments that hold them, and contains the
/// few later slots itself. So saving writes only the slots since the last checkpoint, and a process killed at any
/// moment leaves the slots to which the last two checkpoints refer. Segments that the ring buffer had overwritten
/// entirely when the older of the two was written are removed.
struct ReplayLog {
  private let folder: String
  private let slotBytes: Int
  private let segmentSlots: Int
  /// Slots below this number are in the files, unless the ring buffer has overwritten them.
  private var written = 0
  /// The segment to which slots are appended.
  private var file: (number: Int, log: LogFile)?
  /// Seals of the segments that are complete or were left, by their number.
  private var seals: [Int: FileSeal] = [:]
  /// The oldest slot that the newest checkpoint refers to.
  private var oldestReferred = 0

  /// The number of slots that are converted to bytes at once.
  private static let portion = 1 << 14

  init(_ run: RunFolder, for buffer: borrowing ReplayBuffer) throws {
    folder = run.path
    slotBytes = buffer.bytesPerTransition
    segmentSlots = max(1024, buffer.capacity / 8)
    try RunFolder.makeFolder("\(folder)/replay")
  }

  private func name(_ segment: Int) -> String { "replay/\(segment).slots" }

  // MARK: Saving

  /// Appends the settled slots that are not in the files yet.
  mutating func append(_ buffer: ReplayBuffer) throws {
    if written < buffer.oldest { try skip(to: buffer.oldest) }
    while written < buffer.settled {
      let segment = written / segmentSlots
      if file?.number != segment { try begin(segment) }
      let next = min(buffer.settled, written + Self.portion, (segment + 1) * segmentSlots)
      try file?.log.append(buffer.bytes(of: written..<next))
      written = next
    }
  }

  /// Waits until everything is on disk.
  ///
  /// - Returns: seals of the segments that hold slots of the buffer, for a checkpoint.
  mutating func synchronize(_ buffer: ReplayBuffer) throws -> [FileSeal] {
    try file?.log.synchronize()
    seals = seals.filter { ($0.key + 1) * segmentSlots > buffer.oldest }
    return seals.sorted { $0.key < $1.key }.map(\.value) + (file.map { [$0.log.seal] } ?? [])
  }

  /// Skips slots that the ring buffer overwrote before they were saved: zeros take their place in the file.
  private mutating func skip(to oldest: Int) throws {
    let segment = oldest / segmentSlots
    if file?.number != segment { try begin(segment) }
    guard let log = file?.log else { return }
    let gap = (oldest - segment * segmentSlots) * slotBytes - log.length
    if gap > 0 { try log.append([UInt8](repeating: 0, count: gap)) }
    written = oldest
  }

  private mutating func begin(_ segment: Int) throws {
    if let file {
      try file.log.synchronize()
      seals[file.number] = file.log.seal
    }
    file = nil
    file = (segment, try LogFile(name(segment), in: folder))
  }

  /// Removes the segments to which neither the newest checkpoint nor the one before refers. To be called after a
  /// checkpoint of `buffer` was written.
  mutating func removeOverwritten(_ buffer: ReplayBuffer) {
    for segment in segments() where (segment + 1) * segmentSlots <= oldestReferred {
      unlink("\(folder)/\(name(segment))")
    }
    oldestReferred = buffer.oldest
  }

  private func segments() -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/replay")) ?? []
    return names.compactMap { number(of: "replay/\($0)") }
  }

  private func number(of name: String) -> Int? {
    name.hasPrefix("replay/") && name.hasSuffix(".slots") ? Int(name.dropFirst(7).dropLast(6)) : nil
  }

  // MARK: Resuming

  /// Reads the settled slots into a buffer whose state has been set; later slots are appended behind them.
  ///
  /// - Parameter known: the checkpoint's seals of the segments, which have been checked.
  mutating func read(into buffer: inout ReplayBuffer, settled: Int, known: [FileSeal]) throws {
    var first = buffer.oldest
    while first < settled {
      let number = first / segmentSlots
      let next = min(settled, (number + 1) * segmentSlots)
      let range = first - number * segmentSlots..<next - number * segmentSlots
      guard known.contains(where: { $0.path == name(number) && $0.bytes >= range.upperBound * slotBytes }) else {
        throw damaged(number, "a file whose digest is not in the checkpoint")
      }
      let bytes = try slots(range, of: number)
      guard buffer.restore(first, from: bytes) else { throw damaged(number, "links to slots outside the buffer") }
      first = next
    }
    written = settled
    oldestReferred = buffer.oldest
    let last = settled / segmentSlots
    // Segments that a process wrote after its last checkpoint.
    for number in segments() where number > last { unlink("\(folder)/\(name(number))") }
    for seal in known {
      guard let number = number(of: seal.path) else { continue }
      if number < last { seals[number] = seal }
      if number == last { file = (last, try LogFile(seal.path, in: folder, keeping: seal)) }
    }
  }

  private func slots(_ range: Range<Int>, of number: Int) throws -> [UInt8] {
    let path = "\(folder)/\(name(number))"
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw InputOutputError(
        path: path, operation: "read", reason: String(cString: strerror(errno)),
        remedy: "Without the replay buffer the run cannot be resumed exactly.")
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
        file: "\(folder)/\(name(number))", found: found, allowed: "the slots that the checkpoint refers to",
        remedy: "The checkpoint was written by another version."))
  }
}
