import Foundation
import PoiseCore

/// Reads the transitions of a large problem piece by piece, so that only the result's memory grows with the file.
///
/// CSV has a line for each transition: state, action, next state, probability, reward; states and actions are numbers from 0, lines are
/// ordered by state and action, next states of a choice in any order but each once. A first line that begins with a letter is a header.
///
/// Binary files (`.mdp`) begin with the eight bytes `POISEMDP`. Then each transition has the same five numbers,
/// little-endian, in 28 bytes: three Int32, two Float64.
struct TransitionFile {
  let file: String
  let stateCount: Int
  let actionCount: Int
  private let isTerminal: [Bool]

  private(set) var rows = Rows()
  private var problems: [Problem] = []
  private var state = -1
  private var action: Int32 = -1
  private var sum = 1.0
  private var line = 0

  struct Rows {
    var stateStarts: [Int32] = [0]
    var choiceActions: [Int32] = []
    var choiceStarts: [Int32] = []
    var nextStates: [Int32] = []
    var probabilities: [Double] = []
    var rewards: [Double] = []
  }

  static let magic = Array("POISEMDP".utf8)
  static let recordSize = 28
  private static let pieceSize = 1 << 20
  private static let problemLimit = 20

  init(file: String, stateCount: Int, actionCount: Int, terminal: [Int]) {
    self.file = file
    self.stateCount = stateCount
    self.actionCount = actionCount
    var isTerminal = [Bool](repeating: false, count: stateCount)
    for state in terminal { isTerminal[state] = true }
    self.isTerminal = isTerminal
  }

  /// Reads the file.
  ///
  /// - Throws: `InputOutputError` if it cannot be read, `InvalidInput` with the first problems of its contents.
  mutating func read() throws -> Rows {
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    guard let handle = FileHandle(forReadingAtPath: file), attributes?[.type] as? FileAttributeType == .typeRegular
    else {
      throw InputOutputError(
        path: file, operation: "read", reason: attributes == nil ? "there is no such file" : "it is not a regular file",
        remedy: "Check the path; it is relative to the scenario.")
    }
    defer { try? handle.close() }
    let isBinary = file.hasSuffix(".mdp")
    let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    if isBinary {
      guard (size - Self.magic.count) % Self.recordSize == 0 else {
        throw InvalidInput(
          Problem(
            file: file, found: "\(size) bytes", allowed: "8 bytes and 28 for each transition",
            remedy: "The file seems to be truncated."))
      }
      let count = max(0, size / Self.recordSize)
      guard count < Int(Int32.max) else {
        throw InvalidInput(Problem(file: file, found: "\(count) transitions", allowed: "fewer than 2³¹"))
      }
      rows.nextStates.reserveCapacity(count)
      rows.probabilities.reserveCapacity(count)
      rows.rewards.reserveCapacity(count)
    }
    var rest: [UInt8] = []
    var isFirst = true
    while problems.count < Self.problemLimit {
      let piece: [UInt8]
      do {
        piece = Array(try handle.read(upToCount: Self.pieceSize) ?? Data())
      } catch {
        throw InputOutputError(path: file, operation: "read", reason: "\(error)")
      }
      if piece.isEmpty { break }
      rest += piece
      if isBinary, isFirst {
        guard rest.starts(with: Self.magic) else {
          throw InvalidInput(
            Problem(file: file, found: "a file that does not begin with POISEMDP", allowed: "a file of transitions"))
        }
        rest.removeFirst(Self.magic.count)
      }
      isFirst = false
      isBinary ? readRecords(&rest) : readLines(&rest)
    }
    if !isBinary, !rest.isEmpty {
      rest.append(UInt8(ascii: "\n"))
      readLines(&rest)
    }
    finishChoice()
    finishStates(before: stateCount)
    guard problems.isEmpty else { throw InvalidInput(problems) }
    rows.choiceStarts.append(Int32(rows.nextStates.count))
    return rows
  }

  private mutating func report(found: String, allowed: String, remedy: String = "") {
    guard problems.count < Self.problemLimit else { return }
    problems.append(Problem(file: file, line: line > 0 ? line : nil, found: found, allowed: allowed, remedy: remedy))
  }

  // MARK: - Records and lines

  private mutating func readRecords(_ bytes: inout [UInt8]) {
    let count = bytes.count / Self.recordSize
    let whole = bytes[..<(count * Self.recordSize)]
    func number<Integer: FixedWidthInteger>(_ start: Int, _ type: Integer.Type) -> Integer {
      var value: Integer = 0
      for i in 0..<MemoryLayout<Integer>.size {
        value |= Integer(truncatingIfNeeded: whole[start + i]) << Integer(8 * i)
      }
      return value
    }
    for record in 0..<count {
      let start = record * Self.recordSize
      add(
        Int(number(start, Int32.self)), Int(number(start + 4, Int32.self)), Int(number(start + 8, Int32.self)),
        Double(bitPattern: number(start + 12, UInt64.self)), Double(bitPattern: number(start + 20, UInt64.self)))
    }
    bytes.removeFirst(count * Self.recordSize)
  }

  private mutating func readLines(_ bytes: inout [UInt8]) {
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      line += 1
      var text = bytes[start..<end]
      if text.last == UInt8(ascii: "\r") { text.removeLast() }
      start = end + 1
      let isHeader = line == 1 && text.first.map { Character(UnicodeScalar($0)).isLetter } ?? false
      if text.isEmpty || isHeader { continue }
      let cells = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self).filter { $0 != " " }
      }
      guard cells.count == 5, let s = Int(cells[0]), let a = Int(cells[1]), let next = Int(cells[2]),
        let p = Double(cells[3]), let r = Double(cells[4])
      else {
        report(
          found: "'\(String(decoding: text.prefix(60), as: UTF8.self))'",
          allowed: "state,action,next state,probability,reward")
        continue
      }
      add(s, a, next, p, r)
    }
    bytes.removeFirst(start)
  }

  // MARK: - Rows

  private mutating func add(_ s: Int, _ a: Int, _ next: Int, _ p: Double, _ r: Double) {
    guard (0..<stateCount).contains(s), (0..<stateCount).contains(next) else {
      return report(found: "a transition from state \(s) to \(next)", allowed: "states from 0 to \(stateCount - 1)")
    }
    guard (0..<actionCount).contains(a) else {
      return report(found: "action \(a)", allowed: "actions from 0 to \(actionCount - 1)")
    }
    guard p >= 0, p <= 1, r.isFinite else {
      return report(
        found: "p = \(p), r = \(r) from state \(s)", allowed: "a probability from 0 to 1 and a finite reward")
    }
    guard !isTerminal[s] else {
      return report(found: "a transition from the terminal state \(s)", allowed: "none from a terminal state")
    }
    guard s > state || s == state && Int32(a) >= action else {
      return report(
        found: "state \(s), action \(a) after state \(state), action \(action)",
        allowed: "lines ordered by state and action",
        remedy: "Sort the file.")
    }
    if s != state || Int32(a) != action {
      finishChoice()
      if s != state { finishStates(before: s) }
      state = s
      action = Int32(a)
      sum = 0
      rows.choiceActions.append(action)
      rows.choiceStarts.append(Int32(rows.nextStates.count))
    }
    sum += p
    guard p > 0 else { return }
    rows.nextStates.append(Int32(next))
    rows.probabilities.append(p)
    rows.rewards.append(r)
  }

  /// Checks the sum of the last choice's probabilities, and sorts its next states.
  private mutating func finishChoice() {
    guard let first = rows.choiceStarts.last.map(Int.init), state >= 0 else { return }
    if abs(sum - 1) > FiniteProblem.sumTolerance {
      report(
        found: "probabilities of state \(state), action \(action) that add up to \(sum.rounded(significant: 12))",
        allowed: "probabilities that add up to 1")
    }
    let range = first..<rows.nextStates.count
    let isOrdered = range.dropFirst().allSatisfy { rows.nextStates[$0 - 1] < rows.nextStates[$0] }
    if !isOrdered {
      let order = range.sorted { rows.nextStates[$0] < rows.nextStates[$1] }
      let (n, p, r) = (
        order.map { rows.nextStates[$0] }, order.map { rows.probabilities[$0] }, order.map { rows.rewards[$0] }
      )
      for (offset, k) in range.enumerated() {
        (rows.nextStates[k], rows.probabilities[k], rows.rewards[k]) = (n[offset], p[offset], r[offset])
      }
      for k in range.dropFirst() where rows.nextStates[k - 1] == rows.nextStates[k] {
        report(
          found: "two transitions of state \(state), action \(action) to state \(rows.nextStates[k])",
          allowed: "each next state of a choice once", remedy: "Add up their probabilities and average their rewards.")
      }
    }
    if abs(sum - 1) > 0x1p-50, sum > 0 { for k in range { rows.probabilities[k] /= sum } }
  }

  /// Ends the rows of all states below `next`; states without a transition must be terminal.
  private mutating func finishStates(before next: Int) {
    while rows.stateStarts.count <= next {
      let ended = rows.stateStarts.count - 1
      if ended != state, !isTerminal[ended] {
        report(
          found: "no transition from state \(ended): a dead end",
          allowed: "an action for every state that is not terminal")
      }
      rows.stateStarts.append(Int32(rows.choiceActions.count))
    }
  }
}

extension FiniteProblem {
  /// Writes the transitions to a binary file that the form `file` reads.
  ///
  /// - Throws: `InputOutputError` if the file cannot be written.
  public func writeTransitions(to path: String) throws {
    let file = try WholeFile(path)
    try file.write(TransitionFile.magic)
    for state in 0..<stateCount {
      for choice in choices(of: state) {
        for k in transitions(of: choice) {
          var record: [UInt8] = []
          record.reserveCapacity(TransitionFile.recordSize)
          func append(_ bits: UInt64, bytes: Int) {
            for i in 0..<bytes { record.append(UInt8(truncatingIfNeeded: bits >> (8 * i))) }
          }
          append(UInt64(state), bytes: 4)
          append(UInt64(choiceActions[choice]), bytes: 4)
          append(UInt64(nextStates[k]), bytes: 4)
          append(probabilities[k].bitPattern, bytes: 8)
          append(rewards[k].bitPattern, bytes: 8)
          try file.write(record)
        }
      }
    }
    try file.commit()
  }
}
