import Foundation
import PoiseCore
import PoiseFinite

/// Draws episodes of a finite problem: the map with the agent on it, in place on a terminal; elsewhere the map with its path.
struct EpisodeStage {
  /// States with what the actions between them earned.
  struct Episode {
    private(set) var states: [Int]
    private(set) var rewards: [Double] = []

    init(state: Int) { states = [state] }

    mutating func add(state: Int, reward: Double) {
      states.append(state)
      rewards.append(reward)
    }
  }

  private let problem: FiniteProblem
  private let screen: TerminalReplay.Screen
  private let drawing: MapDrawing?
  /// Pictures a second, and pictures of an episode at most: five seconds.
  private static let rate = 12.0
  private static let pictures = 60

  init(_ problem: FiniteProblem, _ screen: TerminalReplay.Screen) {
    self.problem = problem
    self.screen = screen
    drawing = MapDrawing(problem).flatMap { $0.layout.rows < screen.rows - 2 || !screen.isTerminal ? $0 : nil }
  }

  func play(_ episode: Episode, _ title: String, _ write: (String) -> Void, _ isStopped: () -> Bool) {
    let total = episode.rewards.reduce(0, +)
    let count = episode.rewards.count
    let summary = "\(title): \(count) action\(count == 1 ? "" : "s"), return \(total.rounded(significant: 6))\n"
    guard let drawing else {
      write(summary + "  " + path(episode) + "\n")
      return
    }
    guard screen.isTerminal else {
      write("\n" + summary + drawing.path(episode.states) + "\n")
      return
    }
    let stride = max(1, (count + Self.pictures - 1) / Self.pictures)
    var reward = 0.0
    write("\n\u{1B}[?25l")
    defer { write("\u{1B}[?25h") }
    for step in 0...count {
      if step > 0 { reward += episode.rewards[step - 1] }
      guard step % stride == 0 || step == count, !isStopped() else { continue }
      var text = step == 0 ? "" : "\u{1B}[\(drawing.layout.rows + 1)A"
      for line in drawing.frame(state: episode.states[step]).split(separator: "\n") { text += "\r\(line)\u{1B}[K\n" }
      let status = "\(title): action \(step), return \(reward.rounded(significant: 6))"
      text += "\r\(status.prefix(max(1, screen.columns - 1)))\u{1B}[K\n"
      write(text)
      Thread.sleep(forTimeInterval: 1 / Self.rate)
    }
  }

  /// States in turn, shortened in the middle.
  private func path(_ episode: Episode) -> String {
    let names = episode.states.map { problem.stateName($0) }
    let shown = names.count > 12 ? Array(names.prefix(6)) + ["…"] + names.suffix(5) : names
    return shown.joined(separator: screen.isASCII ? " > " : " → ")
  }
}
