import Foundation
import PoiseCore

/// Progress on standard error: one line that is rewritten on a terminal, a plain line now and then elsewhere.
final class ProgressLine {
  private let isTerminal = Terminal(STDERR_FILENO).isTerminal
  private let isUnicode: Bool
  private var lastShown: Double?
  private var isLineOpen = false

  init(environment: [String: String]? = nil) {
    let environment = environment ?? ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    isUnicode = ["UTF-8", "UTF8"].contains { locale.uppercased().contains($0) }
  }

  /// Seconds between two lines.
  private var interval: Double { isTerminal ? 0.2 : 10 }

  /// - Parameters:
  ///   - curve: drawn behind the text where there is room for it.
  ///   - now: any clock, s.
  func show(_ text: @autoclosure () -> String, curve: Sparkline? = nil, at now: Double) {
    if let lastShown, now - lastShown < interval { return }
    lastShown = now
    let text = text().printableLine
    // The width is read each time: a line that wraps in a window made narrower could not be rewritten.
    write(
      isTerminal
        ? "\r\u{1B}[K\(Self.fitted(text, curve, columns: Terminal(STDERR_FILENO).columns, isUnicode))" : "\(text)\n"
    )
    isLineOpen = isTerminal
  }

  /// A line of less than `columns` characters: the text, and behind it the curve if at least eight of its bars find room.
  static func fitted(_ text: String, _ curve: Sparkline?, columns: Int, _ isUnicode: Bool) -> String {
    let line = String(text.prefix(columns - 1))
    let room = columns - 1 - line.count - 2
    guard isUnicode, room >= 8, let bars = curve?.text(width: min(room, 30)), !bars.isEmpty else { return line }
    return line + "  " + bars
  }

  /// A line that stays.
  ///
  /// - Parameter isStyled: whether the text is the program's own, with the escape sequences of its style.
  func print(_ text: String, isStyled: Bool = false) {
    write((isLineOpen ? "\r\u{1B}[K" : "") + (isStyled ? text : text.printable) + "\n")
    isLineOpen = false
  }

  /// Removes the line that would have been rewritten.
  func close() {
    if isLineOpen { write("\r\u{1B}[K") }
    isLineOpen = false
  }

  private func write(_ text: String) { writeError(text) }
}

/// `1.23 M`, `45.6 k`, `789`.
func shortCount(_ count: Double) -> String {
  switch count {
  case 1e6...: String(format: "%.2f M", count / 1e6)
  case 1e4...: String(format: "%.1f k", count / 1e3)
  default: String(format: "%.0f", count)
  }
}

/// `3 min 20 s`, `12.3 s`.
func shortDuration(_ seconds: Double) -> String {
  guard seconds >= 60 else { return String(format: "%.1f s", seconds) }
  // A tiny rate gives more seconds than an integer holds.
  let whole = Int(clamping: min(seconds, 1e15))
  return whole >= 3600 ? "\(whole / 3600) h \(whole % 3600 / 60) min" : "\(whole / 60) min \(whole % 60) s"
}
