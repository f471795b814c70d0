/// The eligibility traces that are not zero: the visited entries of a table, and the share of a later error that each
/// gets.
///
/// Traces below a millionth are set to zero, so that an update touches a few dozen recent entries only.
struct EligibilityTraces: Codable, Sendable {
  private(set) var entries: [Int32] = []
  private(set) var traces: [Double]
  static let least = 1e-6

  init(count: Int) { traces = [Double](repeating: 0, count: count) }

  /// Whether traces that came from a file are ones that these could have become.
  func accepts(_ other: Self) -> Bool {
    other.traces.count == traces.count && other.traces.allSatisfy { $0.isFinite && $0 >= 0 }
      && other.entries.allSatisfy { traces.indices.contains(Int($0)) && other.traces[Int($0)] > 0 }
      && Set(other.entries).count == other.traces.count { $0 > 0 }
  }

  /// z ← 1 (a replacing trace; Singh and Sutton 1996) or z ← z + 1 (an accumulating one).
  mutating func visit(_ entry: Int, isReplacing: Bool) {
    if traces[entry] == 0 { entries.append(Int32(entry)) }
    traces[entry] = isReplacing ? 1 : traces[entry] + 1
  }

  /// z ← decay · z.
  mutating func fade(by decay: Double) {
    var kept = 0
    for entry in entries {
      let trace = traces[Int(entry)] * decay
      if trace < Self.least {
        traces[Int(entry)] = 0
      } else {
        traces[Int(entry)] = trace
        entries[kept] = entry
        kept += 1
      }
    }
    entries.removeLast(entries.count - kept)
  }

  mutating func clear() {
    for entry in entries { traces[Int(entry)] = 0 }
    entries.removeAll(keepingCapacity: true)
  }
}
