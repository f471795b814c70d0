import Dispatch
import Foundation
import PoiseCore

/// Shows episodes as text: the side view and a few numbers, as an animation on a terminal, or as a strip of pictures
/// elsewhere.
public struct TerminalReplay: Sendable {
  /// The properties of the text output.
  public struct Screen: Sendable {
    /// Width in characters.
    public var columns: Int
    /// Height in characters.
    public var rows: Int
    /// Whether the output is a terminal, where text can be overwritten.
    public var isTerminal: Bool
    /// Whether only ASCII is written.
    public var isASCII: Bool

    /// Describes a screen.
    public init(columns: Int, rows: Int, isTerminal: Bool, isASCII: Bool) {
      (self.columns, self.rows, self.isTerminal, self.isASCII) = (columns, rows, isTerminal, isASCII)
    }

    /// The properties of standard output: only ASCII where the locale is not UTF-8.
    ///
    /// - Parameters:
    ///   - isASCII: whether to write only ASCII, whatever the locale is.
    ///   - environment: environment variables; the process's own where `nil`.
    public init(isASCII: Bool = false, environment: [String: String]? = nil) {
      let environment = environment ?? ProcessInfo.processInfo.environment
      let isTerminal = isatty(STDOUT_FILENO) != 0
      var size = winsize()
      let hasSize = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
      let isUnicode = ["UTF-8", "UTF8"].contains { locale.uppercased().contains($0) }
      self.init(
        columns: hasSize ? Int(size.ws_col) : 80, rows: hasSize ? Int(size.ws_row) : 24, isTerminal: isTerminal,
        isASCII: isASCII || !isUnicode)
    }
  }

  private let recording: Recording
  private let screen: Screen

  private let hint: String

  /// Prepares to show a recording; `show` does it.
  ///
  /// - Parameters:
  ///   - recording: the episodes.
  ///   - screen: the terminal or file that the text is for.
  ///   - hint: text after the numbers below a picture on a terminal, such as "q quits".
  public init(_ recording: Recording, screen: Screen, hint: String = "") {
    self.recording = recording
    self.screen = screen
    self.hint = hint
  }

  private var style: DotCanvas.Style { screen.isASCII ? .ascii : .braille }
  /// Largest number of pictures per second on a terminal.
  private static let rate = 25.0

  /// Shows every episode.
  ///
  /// - Parameters:
  ///   - write: receives the text.
  ///   - isStopped: called between pictures; true ends the replay.
  public func show(write: (String) -> Void, isStopped: () -> Bool) {
    write(wordWrapped(recording.title, to: max(1, screen.columns - 1)).joined(separator: "\n") + "\n")
    for episode in recording.episodes {
      let view = SideView(episode)
      if screen.isTerminal { play(episode, view, write, isStopped) } else { write(strip(episode, view)) }
      if isStopped() { return }
      write(summary(episode))
    }
  }

  // MARK: On a terminal

  /// Draws the pictures one over the other, in real time.
  private func play(_ episode: EpisodeTable, _ view: SideView, _ write: (String) -> Void, _ isStopped: () -> Bool) {
    var size = Self.size(screen)
    let start = DispatchTime.now().uptimeNanoseconds
    var row = 0
    var isFirst = true
    write("\u{1B}[?25l")
    defer { write("\u{1B}[?25h") }
    while !isStopped() {
      // A window that was made narrower has wrapped the old lines.
      let now = Self.size(Screen(isASCII: screen.isASCII).onTerminal ?? screen)
      if now != size {
        (size, isFirst) = (now, true)
        write("\u{1B}[2J\u{1B}[H")
      }
      var text = isFirst ? "" : "\u{1B}[\(size.rows + 1)A"
      isFirst = false
      for line in view.draw(row, columns: size.columns, rows: size.rows).lines(style) { text += "\r\(line)\u{1B}[K\n" }
      text += "\r\(fitted(numbers(episode, row), to: size.width))\u{1B}[K\n"
      write(text)
      guard row < episode.rowCount - 1 else { return }
      Thread.sleep(forTimeInterval: 1 / Self.rate)
      let time = episode.time(0) + Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      while row < episode.rowCount - 1, episode.time(row + 1) <= time { row += 1 }
    }
  }

  /// Of a picture, characters; and the most characters of a line.
  private struct Size: Equatable {
    var columns, rows, width: Int
  }

  private static func size(_ screen: Screen) -> Size {
    let width = max(1, screen.columns - 1)
    let rows = max(2, min(24, screen.rows - 5))
    return Size(columns: min(width, max(12, 6 * rows)), rows: rows, width: width)
  }

  /// If there is no room for both, the hint is shown and the last numbers are cut off.
  private func fitted(_ numbers: String, to width: Int) -> String {
    guard !hint.isEmpty else { return String(numbers.prefix(width)) }
    let room = width - hint.count - 2
    return room > 0 ? numbers.prefix(room) + "  " + hint : String(hint.prefix(width))
  }

  /// Time, tilt, reward and push in one line.
  private func numbers(_ episode: EpisodeTable, _ row: Int) -> String {
    let layout = episode.layout
    func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%\(digits + 4).\(digits)f", value) }
    func degrees(_ column: Int) -> String {
      fixed(episode[row, column] * 180 / .pi, 1) + (screen.isASCII ? " deg" : "°")
    }
    var parts = ["\(fixed(episode.time(row), 2)) s"]
    if layout.showsTilt {
      parts += ["roll \(degrees(layout.roll))", "pitch \(degrees(layout.roll + 1))"]
    }
    if let reward = layout.reward, episode[row, reward].isFinite {
      parts.append("reward \(fixed(episode[row, reward], 3))")
    }
    if let name = choice(episode, row) { parts.append("action \(name)") }
    let push = (0..<3).map { episode[row, layout.push + $0] }.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if push > 1e-9 { parts.append("push \(fixed(push, 0)) N") }
    return parts.joined(separator: "  ")
  }

  /// The name of the action that led to a row; `nil` at the start, and where actions have no names.
  private func choice(_ episode: EpisodeTable, _ row: Int) -> String? {
    guard let column = episode.layout.choice, episode[row, column].isFinite else { return nil }
    return episode.layout.choices[Int(episode[row, column])]
  }

  // MARK: Elsewhere

  /// Moments of an episode, side by side.
  private func strip(_ episode: EpisodeTable, _ view: SideView) -> String {
    let count = max(1, min(5, screen.columns / 16))
    let columns = screen.columns / count - 1
    let rows = 12
    let last = episode.rowCount - 1
    let moments = (0..<count).map { count == 1 ? last : $0 * last / (count - 1) }
    let pictures = moments.map { view.draw($0, columns: columns, rows: rows).lines(style) }
    var text = ""
    for line in 0..<rows {
      let line = trimmed(pictures.map { $0[line] }.joined(separator: " "))
      // Above a robot that is wider than high there are empty lines.
      if !line.isEmpty || !text.isEmpty { text += line + "\n" }
    }
    let captions = moments.map { "\(episode.time($0).rounded(significant: 4)) s" }
    text +=
      trimmed(captions.map { $0.padding(toLength: columns, withPad: " ", startingAt: 0) }.joined(separator: " ")) + "\n"
    return text
  }

  private func trimmed(_ line: String) -> String {
    var line = line
    while let last = line.last, last == " " || last == "\u{2800}" { line.removeLast() }
    return line
  }

  /// A list after its title, wrapped to the screen's width.
  private func wrapped(_ parts: [String], after title: String) -> [String] {
    var lines = [title]
    for (i, part) in parts.enumerated() {
      let piece = part + (i < parts.count - 1 ? "," : "")
      let line = lines[lines.count - 1]
      if line.count + 1 + piece.count <= screen.columns {
        lines[lines.count - 1] = line + " " + piece
      } else {
        lines.append("    " + piece)
      }
    }
    return lines
  }

  /// The outcome of an episode.
  private func summary(_ episode: EpisodeTable) -> String {
    let layout = episode.layout
    let rows = 0..<episode.rowCount
    var lines = [episode.about.title]
    let lean = rows.map { (episode[$0, layout.roll], episode[$0, layout.roll + 1]) }.map {
      ($0 * $0 + $1 * $1).squareRoot()
    }
    if layout.showsTilt, let worst = lean.max(), let row = lean.firstIndex(of: worst) {
      let degrees = (worst * 180 / .pi).rounded(significant: 3)
      lines.append(
        "  largest tilt \(degrees)\(screen.isASCII ? " deg" : "°") at \(episode.time(row).rounded(significant: 4)) s")
    }
    let rewardLines = layout.plots.filter { $0.title.hasPrefix("Reward") }.flatMap(\.lines)
    if !rewardLines.isEmpty {
      let sums = rewardLines.map { line in
        "\(line.name) \(rows.reduce(0) { $0 + (episode[$1, line.column].isFinite ? episode[$1, line.column] : 0) }.rounded(significant: 4))"
      }
      lines += wrapped(sums, after: "  reward:")
    }
    if layout.choice != nil {
      let chosen = rows.compactMap { choice(episode, $0) }
      let counts = layout.choices.map { name in (name, chosen.count { $0 == name }) }
      lines += wrapped(counts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }, after: "  actions:")
    }
    var pushes = 0
    var strongest = 0.0
    var wasPushed = false
    for row in rows {
      let push = (0..<3).map { episode[row, layout.push + $0] }.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if push > 1e-9, !wasPushed { pushes += 1 }
      wasPushed = push > 1e-9
      strongest = max(strongest, push)
    }
    if pushes > 0 { lines.append("  \(pushes) pushes, the strongest of \(strongest.rounded(significant: 3)) N") }
    return lines.flatMap { wordWrapped($0, to: max(1, screen.columns - 1)) }.joined(separator: "\n") + "\n"
  }
}

extension TerminalReplay.Screen {
  /// This screen where it is a terminal.
  fileprivate var onTerminal: Self? { isTerminal ? self : nil }
}
