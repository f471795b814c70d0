import Foundation
import PoiseCore

/// How wide a terminal is, and whether it has colours.
struct Terminal {
  let isTerminal: Bool
  /// Characters of a line; 80 if the width is unknown.
  let columns: Int
  /// Whether colours are wanted: a terminal that is not dumb, and no NO_COLOR (no-color.org).
  let hasColours: Bool

  /// - Parameters:
  ///   - descriptor: standard output or standard error.
  ///   - environment: in place of the process's own.
  init(_ descriptor: Int32, environment: [String: String]? = nil) {
    let environment = environment ?? ProcessInfo.processInfo.environment
    isTerminal = isatty(descriptor) == 1
    var size = winsize()
    let hasSize = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1
    columns = hasSize ? Int(size.ws_col) : 80
    let term = environment["TERM"] ?? ""
    hasColours = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && !term.isEmpty && term != "dumb"
  }
}

/// Text with colours where they are wanted, else the text alone.
struct Style {
  let hasColours: Bool

  static let errors = Style(hasColours: Terminal(STDERR_FILENO).hasColours)
  static let output = Style(hasColours: Terminal(STDOUT_FILENO).hasColours)

  /// What is good: green.
  func good(_ text: String) -> String { code("32", text) }
  /// What is wrong: red.
  func bad(_ text: String) -> String { code("31", text) }
  /// Headings.
  func bold(_ text: String) -> String { code("1", text) }
  /// What is less important.
  func faint(_ text: String) -> String { code("2", text) }

  /// Problems, one on each line: the place in bold, what was found in red.
  func marked(_ text: String) -> String {
    guard hasColours else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard let colon = line.range(of: ": ") else { return String(line) }
      var rest = String(line[colon.upperBound...])
      if let found = rest.range(of: "found "), let end = rest[found.upperBound...].range(of: "; allowed") {
        rest.replaceSubrange(
          found.upperBound..<end.lowerBound, with: bad(String(rest[found.upperBound..<end.lowerBound])))
      }
      return bold(String(line[..<colon.lowerBound])) + ": " + rest
    }.joined(separator: "\n")
  }

  private func code(_ code: String, _ text: String) -> String {
    hasColours && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}

/// The last values of something as a row of small bars: `▁▂▄▇█`.
struct Sparkline {
  private var values: [Double] = []
  private var count = 0
  /// Every so many values one is kept.
  private var interval = 1
  /// Values that are kept at least; of longer series every second, fourth, … value is kept.
  private static let capacity = 256

  /// Takes one more value.
  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    count += 1
    guard count % interval == 0 else { return }
    values.append(value)
    // Half of them are dropped, so that the curve always shows the whole training.
    if values.count >= 2 * Self.capacity {
      values = stride(from: 1, to: values.count, by: 2).map { values[$0] }
      interval *= 2
    }
  }

  /// Means of equal parts of the values, the least as the lowest bar.
  ///
  /// - Parameter width: bars, at most. Fewer than three values have no shape, and give nothing.
  func text(width: Int) -> String {
    guard values.count >= 3, width >= 3 else { return "" }
    let count = min(width, values.count)
    let means = (0..<count).map { i in
      let part = values[i * values.count / count..<(i + 1) * values.count / count]
      return part.reduce(0, +) / Double(part.count)
    }
    let (low, high) = (means.min() ?? 0, means.max() ?? 0)
    let bars = Array("▁▂▃▄▅▆▇█")
    return String(
      means.map { high > low ? bars[min(7, Int(8 * ($0 - low) / (high - low)))] : bars[3] })
  }
}
