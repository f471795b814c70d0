import Testing

@testable import PoiseCore

@Suite("Numbers in a configuration")
struct ConfigurationNumberTests {
  @Test(
    "are decimal, with point and exponent as people write them",
    arguments: ["0", "-1", "+2", "0.5", ".5", "1.", "1e5", "1E-05", "-1.5e+3", "0e0", "100"])
  func accepted(_ text: String) {
    #expect(NumberSyntax(text) == .number)
    #expect(Double(text) != nil)
  }

  @Test(
    "are not text, and the message says what to do",
    arguments: [
      ("", ""), ("-", ""), ("fast", ""), ("e5", ""), ("true", ""), (".inf", "Write a finite number."),
      ("-.INF", "Write a finite number."), ("nan", "Write a finite number."), ("0x1F", "Write it in decimal."),
      ("0o17", "Write it in decimal."), ("017", "Write it without leading zeros, which some readers take for base 8."),
      ("1:30", "Write a plain number; some readers take this for base 60."),
      ("1_000", "Write the digits without separators."),
      ("0,5", "Write a decimal point, and no separators between thousands."),
      ("5 deg", "Write the number alone; its unit is rad."),
      ("1e", "Write the number alone; its unit is rad."), (".", "Write the number alone; its unit is rad."),
      ("1.2.3", "Write the number alone; its unit is rad."),
    ])
  func refused(_ text: String, _ hint: String) {
    #expect(NumberSyntax(text, unit: "rad") == .other(hint: hint))
  }

  @Test("keep every bit in their exact text, which also readers of YAML 1.1 take for a number")
  func exact() {
    var random = RandomStream(seed: 2, purpose: .testing)
    for _ in 0..<20_000 {
      let number = Double(bitPattern: random.next())
      guard number.isFinite else { continue }
      let text = exactText(number)
      #expect(NumberSyntax(text) == .number)
      #expect(Double(text)?.bitPattern == number.bitPattern)
      #expect(text.contains("."))
    }
    #expect(exactText(1e-5) == "1.0e-05")
    #expect(exactText(1e16) == "1.0e+16")
    #expect(exactText(-0.0) == "-0.0")
  }

  @Test("have bounds that say what they contain")
  func bounds() {
    let cases: [(Bounds<Double>, String, String)] = [
      (.any, "", ""), (.positive, " above 0", "(0, ∞)"), (.notNegative, " of at least 0", "[0, ∞)"),
      (.below(1), " below 1", "(−∞, 1)"), (.atMost(1), " of at most 1", "(−∞, 1]"),
      (.from(0, through: 1), " from 0 to 1", "[0, 1]"),
      (.above(0, through: 1), " above 0 and at most 1", "(0, 1]"),
      (.from(0, below: 1), " of at least 0 and below 1", "[0, 1)"),
      (.above(0, below: 1), " above 0 and below 1", "(0, 1)"),
    ]
    for (bounds, phrase, interval) in cases {
      #expect(bounds.phrase(shortText) == phrase)
      #expect(bounds.interval(shortText) == interval)
      for number in [-1, 0, 0.5, 1, 2.0] {
        let isAbove = phrase.contains("above 0") ? number > 0 : phrase.contains("0") ? number >= 0 : true
        let isBelow = phrase.contains("below 1") ? number < 1 : phrase.contains("1") ? number <= 1 : true
        #expect(bounds.contains(number) == (isAbove && isBelow))
      }
    }
  }
}
