import Foundation
import PoiseCore
import PoiseModels
import TestSupport
import Testing

/// Small seeded damage to the text of a model.
private struct Mutator {
  var random: RandomStream
  /// Other models' text, to take pieces from.
  let corpus: [[UInt8]]

  private static let values = [
    "nan", "inf", "-inf", "1e308", "-1e308", "1e-308", "1e400", "0x10", "0", "-0", "-1", "1e6", "1e7", "1,5", "", " ",
    "1 2", "1 2 3 4 5 6 7 8", "true", "free", "mesh", "plane", "ball", "world", "main", "\u{0}", "é", "&amp;", "&a;",
    "%s%n", "2147483648", "-2147483649", "1_000", "++1", "1e", ".", "١",
  ]
  private static let plausibleValues = [
    "0.5", "1", "2", "0.1 0.2 0.3", "0 1 0", "1 0 0", "0.3 0.4", "-30 30", "0 0 0.5 0 0.3 0.5", "1 0.2 0 0", "10 20 30",
    "sphere", "capsule", "box", "cylinder", "hinge", "slide", "false", "auto", "radian", "zyx",
  ]
  private static let pieces = [
    "<", ">", "/>", "\"", "<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "<?xml version=\"1.0\"?>",
    "<joint/>", "<freejoint/>", "<body>", "</body>", "<geom type=\"mesh\"/>", "<include file=\"model.xml\"/>",
    "<include file=\"/dev/zero\"/>", "<default class=\"a\"/>", "<inertial pos=\"0 0 0\" mass=\"0\"/>", "&#0;", "&#x41;",
    "<frame euler=\"1 2 3\">", "</frame>", "<worldbody>", "<motor joint=\"hinge\"/>",
  ]

  mutating func mutated(_ text: [UInt8]) -> [UInt8] {
    var text = text
    for _ in 0..<(1 + random.index(below: 3)) { damage(&text) }
    return text
  }

  private mutating func damage(_ text: inout [UInt8]) {
    guard !text.isEmpty else { return text = Array("<mujoco>".utf8) }
    switch random.index(below: 18) {
    case 0: text[random.index(below: text.count)] = UInt8(random.index(below: 256))
    case 1: text.removeSubrange(span(of: text, upTo: 40))
    case 2: text.insert(contentsOf: text[span(of: text, upTo: 400)], at: random.index(below: text.count + 1))
    case 3: text.removeSubrange(random.index(below: text.count)...)
    case 4: text.insert(contentsOf: choice(Self.pieces).utf8, at: random.index(below: text.count + 1))
    case 5:
      let other = corpus[random.index(below: corpus.count)]
      text.replaceSubrange(span(of: text, upTo: 200), with: other[span(of: other, upTo: 400)])
    default:
      // Damage inside an attribute's value reaches furthest.
      guard let value = randomValue(in: text) else { return }
      switch random.index(below: 4) {
      case 0: text.replaceSubrange(value, with: choice(Self.values).utf8)
      case 1:
        guard let other = randomValue(in: text) else { return }
        text.replaceSubrange(value, with: text[other])
      default: text.replaceSubrange(value, with: choice(Self.plausibleValues).utf8)
      }
    }
  }

  private mutating func choice(_ list: [String]) -> String { list[random.index(below: list.count)] }

  private mutating func span(of text: [UInt8], upTo length: Int) -> Range<Int> {
    let start = random.index(below: text.count)
    return start..<min(text.count, start + 1 + random.index(below: length))
  }

  private mutating func randomValue(in text: [UInt8]) -> Range<Int>? {
    let start = random.index(below: text.count)
    guard let open = text[start...].firstIndex(of: UInt8(ascii: "\"")),
      let close = text[(open + 1)...].firstIndex(of: UInt8(ascii: "\""))
    else { return nil }
    return (open + 1)..<close
  }
}

@Suite("A damaged model")
struct MutatedModelTests {
  @Test("never crashes the reader, never hangs it, and gives problems or a model that keeps its promises")
  func fuzz() throws {
    let folders = [Folders.root.appending(path: "models"), Folders.golden.appending(path: "snippets")]
    let corpus = try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "xml" }.sorted { $0.path < $1.path }.map { [UInt8](try Data(contentsOf: $0)) }
    }
    #expect(corpus.count >= 10)
    var mutator = Mutator(random: RandomStream(seed: 2, purpose: .testing), corpus: corpus)
    let folder = try TemporaryFolder()
    let count = 6_000
    var (modelCount, slowest) = (0, Duration.zero)

    for i in 0..<count {
      let text = mutator.mutated(corpus[i % corpus.count])
      let path = try folder.write(text)
      let duration = try processorTime {
        do {
          let model = try RobotModel(contentsOf: path)
          modelCount += 1
          let broken = model.brokenPromises
          #expect(broken.isEmpty, "mutation \(i): \(broken)\n\(String(decoding: text, as: UTF8.self))")
          // What `check` accepts can be built, and ODE takes it.
          try Robot(model).step(2)
        } catch let error as InvalidInput {
          #expect(error.problems.allSatisfy { !$0.found.isEmpty && !$0.allowed.isEmpty }, "mutation \(i)")
        }
      }
      slowest = max(slowest, duration)
    }
    #expect(slowest < .seconds(2))
    // Both outcomes are common, or the mutations are too mild or too wild to show anything.
    #expect((count / 10..<count * 9 / 10).contains(modelCount), "\(modelCount) of \(count) were models")
  }
}
