import Foundation
import PoiseCore

/// Progress on standard error: one line that is rewritten on a terminal, a plain line now and then elsewhere.
final class ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastShown: Double?
  private var isLineOpen = false

  /// Seconds between two lines.
  private var interval: Double { isTerminal ? 0.2 : 10 }

  /// - Parameter now: any clock, s.
  func show(_ text: @autoclosure () -> String, at now: Double) {
    if let lastShown, now - lastShown < interval { return }
    lastShown = now
    let text = text().printableLine
    write(isTerminal ? "\r\u{1B}[K\(text.prefix(Self.columns - 1))" : "\(text)\n")
    isLineOpen = isTerminal
  }

  /// A line that stays.
  func print(_ text: String) {
    write((isLineOpen ? "\r\u{1B}[K" : "") + text.printable + "\n")
    isLineOpen = false
  }

  /// The width of the terminal: a line that wraps could not be rewritten.
  private static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
    return Int(size.ws_col)
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
