import Foundation
import PoiseCore
import PoiseModels
import PoiseNetworks
@testable import PoiseViewer
import TestSupport
import Testing
import PoiseControl
import PoiseScenarios

@Suite("Replay in a terminal")
struct TerminalTests {
  static func recording(_ name: String, _ overrides: [String] = []) throws -> Recording {
    try Recording(
      PageTests.scenario(name, overrides), .baseline(.zero), seed: 1, episodes: 1, instructionSet: .baseline)
  }

  static func text(_ recording: Recording, _ screen: TerminalReplay.Screen, stop: Bool = false) -> String {
    var text = ""
    TerminalReplay(recording, screen: screen).show(write: { text += $0 }, isStopped: { stop })
    return text
  }

  @Test("dots become braille, bit for bit, and ASCII where that is asked for")
  func dots() {
    var canvas = DotCanvas(columns: 2, rows: 1)
    // Unicode: dots 1 2 3 7 down the left, 4 5 6 8 down the right.
    canvas[0, 0] = true
    canvas[1, 3] = true
    #expect(canvas.lines(.braille) == ["\u{2881}\u{2800}"])
    canvas[2, 2] = true
    canvas[99, 0] = true
    canvas[-1, 0] = true
    #expect(canvas.lines(.ascii) == [":."])
    canvas.line(from: [0, 0], to: [3, 3])
    #expect((0..<4).allSatisfy { canvas[$0, $0] })
  }

  @Test(
    "nothing is ever wider than the terminal, nor higher, and the hint how to quit is on every picture",
    arguments: [8, 12, 20, 41, 80, 300])
  func fits(columns: Int) throws {
    let recording = try Self.recording("humanoid-balance", ["episodeSeconds=0.1"])
    for rows in [6, 24] {
      for isTerminal in [true, false] {
        var text = ""
        let screen = TerminalReplay.Screen(columns: columns, rows: rows, isTerminal: isTerminal, isASCII: false)
        TerminalReplay(recording, screen: screen, hint: "q quits").show(write: { text += $0 }, isStopped: { false })
        let plain = text.replacing(/\u{1B}\[[0-9?]*[A-Za-z]/, with: "").replacing("\r", with: "")
        let lines = plain.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
          lines.allSatisfy { $0.count < max(columns, isTerminal ? 0 : 16) },
          "\(columns): \(lines.map(\.count).max() ?? 0)")
        guard isTerminal else { continue }
        #expect(text.contains("q quits") || columns < 8)
        let ups = text.matches(of: /\u{1B}\[([0-9]+)A/).compactMap { Int($0.output.1) }
        #expect(ups.allSatisfy { $0 <= max(3, rows) }, "\(rows): \(ups)")
      }
    }
  }

  @Test("a push is an arrow: more dots than the robot alone, in every row that has one")
  func push() throws {
    let pushed = try Self.recording(
      "humanoid-balance", ["disturbances.0.pushes.interval=[0.1, 0.2]", "disturbances.0.pushes.azimuth=[0, 0]"]
    ).episodes[0]
    let column = pushed.layout.push
    let rows = (0..<pushed.rowCount).filter { pushed[$0, column].magnitude > 20 }
    #expect(!rows.isEmpty)
    func dots(_ row: Int) -> Int {
      let canvas = SideView(pushed).draw(row, columns: 60, rows: 20)
      return (0..<canvas.height).reduce(0) { sum, y in sum + (0..<canvas.width).count { canvas[$0, y] } }
    }
    let before = try #require((0..<pushed.rowCount).first { pushed[$0, column] == 0 })
    #expect(rows.prefix(10).allSatisfy { dots($0) > dots(before) + 5 })
  }

  @Test("a standing robot is a silhouette on a line, head above feet")
  func silhouette() throws {
    let episode = try Self.recording("humanoid-stand").episodes[0]
    let canvas = SideView(episode).draw(0, columns: 40, rows: 20)
    let widths = (0..<canvas.height).map { y in (0..<canvas.width).count { canvas[$0, y] } }
    let ground = try #require(widths.lastIndex(of: canvas.width))
    let top = try #require(widths.firstIndex { $0 > 0 })
    // As high as the picture, as broad as a person from the side.
    #expect(ground > canvas.height * 8 / 10 && top < canvas.height / 8)
    #expect(widths[top..<ground - 1].max() ?? 0 < (ground - top) / 2)
    // The foot is 25 cm long and the robot about 1.5 m high.
    let foot = Double(widths[ground - 2]) / Double(ground - top)
    #expect(abs(foot - 0.25 / 1.5) < 0.06, "\(foot)")
  }

  @Test("actions with names are told by them, each moment's on a terminal, and how often each was chosen")
  func choices() throws {
    let recording = try Recording(
      PageTests.scenario("cartpole-left-right"), .baseline(.random), seed: 1, episodes: 1, instructionSet: .baseline)
    let episode = recording.episodes[0]
    let column = try #require(recording.layout.choice)
    let chosen = (1..<episode.rowCount).map { recording.layout.choices[Int(episode[$0, column])] }
    let forces = recording.layout.plots.first { $0.title == "Forces" }?.lines[0].column
    for (i, name) in chosen.enumerated() {
      #expect(episode[i + 1, try #require(forces)] == (name == "left" ? -10 : 10))
    }
    let strip = Self.text(recording, TerminalReplay.Screen(columns: 80, rows: 24, isTerminal: false, isASCII: true))
    #expect(
      strip.contains("  actions: left \(chosen.count { $0 == "left" }), right \(chosen.count { $0 == "right" })\n"))
    let played = Self.text(
      recording, TerminalReplay.Screen(columns: 80, rows: 24, isTerminal: true, isASCII: true))
    #expect(played.contains("  action \(chosen[chosen.count - 1])"))
  }

  @Test("a task that names no upright body is told no tilt, on the page and in the terminal")
  func withoutTilt() throws {
    for (overrides, isUpright) in [(["uprightBody=null"], false), ([], true)] {
      let recording = try Recording(
        PageTests.scenario("crawler", ["episodeSeconds=0.8"] + overrides), .baseline(.random), seed: 1, episodes: 1,
        instructionSet: .baseline)
      #expect(recording.layout.plots.contains { $0.title.hasPrefix("Tilt of") } == isUpright)
      for isTerminal in [false, true] {
        let screen = TerminalReplay.Screen(columns: 100, rows: 24, isTerminal: isTerminal, isASCII: true)
        let text = Self.text(recording, screen)
        #expect((text.contains("largest tilt") || text.contains("roll ")) == isUpright)
      }
      let json = String(decoding: try JSONEncoder().encode(recording.layout), as: UTF8.self)
      #expect(json.contains("\"roll\":-1") == !isUpright)
    }
  }

  @Test("elsewhere than on a terminal it is one strip of pictures, in ASCII without any other character")
  func strip() throws {
    let recording = try Self.recording("humanoid-balance")
    let screen = TerminalReplay.Screen(columns: 80, rows: 24, isTerminal: false, isASCII: true)
    let text = Self.text(recording, screen)
    #expect(text.utf8.allSatisfy { $0 == 10 || (32...126).contains($0) })
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines[0] == "humanoid-balance" && text.contains("0 s") && text.contains("largest tilt"))
    #expect(text.contains("Episode 0: ended after"))
    let braille = Self.text(recording, TerminalReplay.Screen(columns: 80, rows: 24, isTerminal: false, isASCII: false))
    #expect(braille.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) } && !braille.contains("\u{1B}"))
  }

  @Test("on a terminal it plays in place, at the pace of the clock, and gives the cursor back")
  func playing() throws {
    let recording = try Self.recording("cartpole-balance")
    let seconds = recording.episodes[0].time(recording.episodes[0].rowCount - 1)
    let start = Date()
    let screen = TerminalReplay.Screen(columns: 60, rows: 16, isTerminal: true, isASCII: false)
    let text = Self.text(recording, screen)
    let elapsed = Date().timeIntervalSince(start)
    #expect(elapsed >= seconds)
    #expect(text.contains("\u{1B}[?25l") && text.contains("\u{1B}[?25h"))
    // 11 rows and one line of numbers, written over again and again.
    #expect(text.ranges(of: "\u{1B}[12A").count >= 1)
    let stopped = Self.text(recording, screen, stop: true)
    #expect(stopped.hasSuffix("\u{1B}[?25h") && stopped.ranges(of: "\u{1B}[12A").isEmpty)
  }
}
