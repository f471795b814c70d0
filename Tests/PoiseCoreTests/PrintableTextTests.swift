import PoiseCore
import Testing

@Suite("Text from files in a terminal")
struct PrintableTextTests {
  @Test(
    "shows control characters as escapes and everything else as it is",
    arguments: [
      ("plain, é, 𝜋 and 😀", "plain, é, 𝜋 and 😀"), ("two\nlines\tand a tab", "two\nlines\tand a tab"),
      ("\u{1B}[2Jgone", "\\u001b[2Jgone"), ("\u{1B}]0;title\u{7}", "\\u001b]0;title\\u0007"),
      ("over\rwritten", "over\\u000dwritten"), ("\u{9B}31mred", "\\u009b31mred"), ("\u{7F}\u{0}", "\\u007f\\u0000"),
      ("abc\u{202E}cba", "abc\\u202ecba"), ("\r\n", "\\u000d\n"),
    ])
  func escaped(text: String, shown: String) {
    #expect(text.printable == shown)
    #expect(shown.printable == shown, "nothing is escaped twice")
  }

  @Test("stays on its line in the cells of a table, so that no name makes a row of its own")
  func table() {
    let text = TextTable(header: ["name", "value"], rows: [["a\nb\t\u{1B}[1m", "1"], ["c", "22"]]).text(indent: 0)
    #expect(text == "name                     value\na\\u000ab\\u0009\\u001b[1m      1\nc                           22")
  }

  @Test("is escaped in every message about a file")
  func messages() {
    let problem = Problem(file: "\u{1B}[2J.yaml", place: "\u{7}", found: "'\u{9B}'", allowed: "x", remedy: "\u{8}")
    let error = InputOutputError(path: "\u{1B}", operation: "read", reason: "\u{D}")
    for text in [problem.description, InvalidInput(problem).description, error.description] {
      #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9B }, "\(text.debugDescription)")
    }
  }
}
