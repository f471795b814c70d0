import PoiseCore
import TestSupport
import Testing

@testable import PoiseExperiments

@Suite("Any scenario text at all")
struct ScenarioFuzzTests {
  private static let pieces = [
    "\n", " ", "  ", "\t", ":", ": ", "- ", "-", "?", "? ", "[", "]", "{", "}", ",", "#", " #", "&a ", "*a", "!",
    "!!str ", "|", ">", "|-\n", "'",
    "\"", "\\", "%", "@", "`", "---\n", "...\n", "<<", "null", "~", "true", "0x1", "1e9", "-", ".inf", "\u{85}",
    "\u{2028}", "\u{E000}", "\u{FEFF}",
    "é", "機", "\r", "\r\n", "\u{0}", "ppo", "tilt", "model", "seed: 1\n", "observations:\n  - ",
  ].map { Array($0.utf8) }

  /// Cuts, doubles, overwrites and inserts pieces of `bytes`.
  private static func mutate(_ bytes: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.index(below: 3) {
      let start = random.index(below: bytes.count + 1)
      let end = min(bytes.count, start + random.index(below: 12))
      switch random.index(below: 5) {
      case 0: bytes.removeSubrange(start..<end)
      case 1: bytes.insert(contentsOf: bytes[start..<end], at: random.index(below: bytes.count + 1))
      case 2: bytes.insert(contentsOf: pieces[random.index(below: pieces.count)], at: start)
      case 3: bytes.replaceSubrange(start..<end, with: pieces[random.index(below: pieces.count)])
      default: if start < bytes.count { bytes[start] = UInt8(truncatingIfNeeded: random.next()) }
      }
    }
    return bytes
  }

  @Test("is either read or refused with a message, never more, and in bounded time")
  func mutations() {
    var accepted = 0
    var parsed = 0
    var slowest = Duration.zero
    for index in 0..<8000 {
      var random = RandomStream(seed: 4, purpose: .testing, index: index)
      let scenario = ExampleScenario.random(&random)
      let bytes = Self.mutate(Array((index.isMultiple(of: 4) ? scenario.jsonText : scenario.yamlText).utf8), &random)
      let time = processorTime {
        do {
          let tree = try YAMLTree.read(bytes, file: "s.yaml")
          parsed += 1
          let value = try Configured<ExampleScenario>(reading: tree).value
          accepted += 1
          #expect(try read(value.yamlText) == value, "mutation \(index)")
        } catch let error as InvalidInput {
          let isOrdered = zip(error.problems, error.problems.dropFirst()).allSatisfy {
            ($0.line ?? 0) <= ($1.line ?? 0)
          }
          #expect(
            isOrdered && error.problems.allSatisfy { !$0.found.isEmpty && !$0.allowed.isEmpty }, "mutation \(index)")
        } catch {
          Issue.record("mutation \(index): \(error)")
        }
      }
      slowest = max(slowest, time)
    }
    // A fuzz whose every text is refused at the door would test only the door.
    #expect(parsed > 2000 && accepted > 200, "\(parsed) parsed, \(accepted) accepted")
    #expect(slowest < .seconds(2))
  }

  @Test("may stand behind --set")
  func overrides() {
    for index in 0..<3000 {
      var random = RandomStream(seed: 5, purpose: .testing, index: index)
      let seeds = [
        "ppo.hiddenSizes.1=[64, 64]", "observations.tilt.body='a'", "pushes=[{impulse: [0, 1]}]",
        "goal={survivalRate: 1}",
      ]
      let bytes = Self.mutate(Array(seeds[random.index(below: seeds.count)].utf8), &random)
      let argument = String(decoding: bytes, as: UTF8.self)
      do {
        _ = try read("model: m", overrides: [argument])
      } catch {
        #expect(error.problems.allSatisfy { $0.file == "--set \(argument)" && $0.line == nil }, "mutation \(index)")
      }
    }
  }
}
