import Foundation
import PoiseCore
@testable import PoiseScenarios
import TestSupport
import Testing

@Suite("A file that is no scenario")
struct ScenarioSafetyTests {
  @Test(
    "is refused in words, with the line",
    arguments: [
      ("", "s.yaml: found nothing; allowed keys with their values. See 'poise inspect --schema'."),
      ("# only a comment\n", "s.yaml: found nothing; allowed keys with their values. See 'poise inspect --schema'."),
      ("- a\n- b", "s.yaml: found a list of 2 values; allowed a section of keys with their values."),
      ("42", "s.yaml: found 42; allowed a section of keys with their values."),
      ("ppo:\n\tseed: 1", "s.yaml:2: found a tab in the indentation; allowed spaces. Replace each tab by two spaces."),
      (
        "ppo:\n  seed: 1\n\tmodel: m",
        "s.yaml:3: found a tab in the indentation; allowed spaces. Replace each tab by two spaces."
      ),
      (
        "model: m\n---\nmodel: n",
        "s.yaml:2: found a second document or a stray line; allowed one document in each file. Check the indentation of this line, or remove '---'."
      ),
      ("a: &x 1", "s.yaml:1: found an anchor (&name); allowed no anchors and aliases. Write the values out."),
      (
        "a: 1\nb: *x",
        "s.yaml:2: found an alias (*name); allowed no anchors and aliases. Write the value out, or put it in quotes."
      ),
      (
        "a: !!python/object:os.system x",
        "s.yaml:1: found the tag 'tag:yaml.org,2002:python/object:os.system'; allowed no tags. Remove it."
      ),
      (
        "a: !x [1]\nb: !!int \"2\"",
        "s.yaml:1: found the tag '!x'; allowed no tags. Remove it.\ns.yaml:2: found the tag 'tag:yaml.org,2002:int'; allowed no tags. Remove it."
      ),
      ("? [a]\n: 1", "s.yaml:1: found a list or a section in place of a key; allowed names as keys."),
      (
        "? [a]\n: 1\n? [a]\n: 2",
        "s.yaml:1: found a list or a section in place of a key; allowed names as keys."
      ),
      ("'': 1", "s.yaml:1: found an empty key; allowed names as keys."),
      ("a: \"b", "s.yaml:1: found a quote that is not closed; allowed text in quotes. Close it."),
      (
        "a: 1\nb: [1, 2\nc: 3",
        "s.yaml:2: found a list in brackets that is not well formed or not closed; allowed [a, b, c]."
      ),
      (
        "a: {b: 1",
        "s.yaml:1: found a section in braces that is not well formed or not closed; allowed {key: value, …}."
      ),
      (
        "a: b: c",
        "s.yaml:1: found a second colon, or a line with the wrong indentation; allowed one 'key: value' on each line. Indent all keys of a section alike, and put text with a colon in quotes."
      ),
      (
        "a: 1\nb\nc: 2",
        "s.yaml:2: found a line without a colon, or with the wrong indentation; allowed key: value. Add ': ' behind the key."
      ),
      (
        "a:\n    b: 1\n  c: 2",
        "s.yaml:3: found a line that does not fit the lines above it; allowed all keys of a section, and all dashes of a list, indented alike. Check the indentation."
      ),
      (
        "a: - b",
        "s.yaml:1: found a dash behind a key; allowed a list on lines of its own or in brackets. Start a new line before the dash."
      ),
      ("a: @b", "s.yaml:1: found a character that no value can start with; allowed a value. Put the text in quotes."),
      (
        "a: \"\\d\"",
        "s.yaml:1: found an unknown escape in double quotes; allowed \\n, \\t, \\\", \\\\. Use single quotes for text with backslashes."
      ),
      (
        "a: 1\nb:\u{A0} 5   # no-break space\n\u{3000}c: 2\nd: [1,\u{2009}2]",
        """
        s.yaml:2: found the white space U+00A0 (no-break space), which looks like a blank; allowed plain blanks. Replace it by a blank; it was probably copied from a web page or a document.
        s.yaml:3: found the white space U+3000 (ideographic space), which looks like a blank; allowed plain blanks. Replace it by a blank; it was probably copied from a web page or a document.
        s.yaml:4: found the white space U+2009 (thin space), which looks like a blank; allowed plain blanks. Replace it by a blank; it was probably copied from a web page or a document.
        """
      ),
      ("a: 1\nb: x\u{0}", "s.yaml:2: found the control character U+0000; allowed printable text. Remove it."),
    ])
  func words(_ yaml: String, _ message: String) {
    #expect(refusal(of: yaml) == message)
  }

  @Test("is refused if its bytes are not UTF-8")
  func notUTF8() {
    #expect(
      throws: InvalidInput(
        Problem(
          file: "s", line: 2, found: "bytes that are not UTF-8", allowed: "text in UTF-8",
          remedy: "Save the file as UTF-8."))
    ) {
      try YAMLTree.read([0x61, 0x0A, 0xFF, 0x0A], file: "s")
    }
  }

  @Test("is refused fast, however deep, wide or self-similar it is")
  func bombs() {
    let size = ScenarioFile.sizeLimit
    func filled(_ unit: String, prefix: String = "", suffix: String = "") -> String {
      prefix + String(repeating: unit, count: (size - prefix.utf8.count - suffix.utf8.count) / unit.utf8.count) + suffix
    }
    let laughs = (1..<30).reduce("a0: &a0 [x]\n") { text, i in text + "a\(i): &a\(i) [*a\(i - 1), *a\(i - 1)]\n" }
    let keys = (1..<30).reduce("a0: &a0 [x]\n") { text, i in
      text + "a\(i): &a\(i) {? *a\(i - 1) : 1, ? [*a\(i - 1)] : 1}\n"
    }
    // As many aliases as pass the first look, around as large a list as fits.
    let few = filled(
      "x,", prefix: "a: &a [",
      suffix: "]\nb: &b {? *a : 1, ? [*a, 2] : 1}\nc: &c {? *b : 1, ? [*b] : 1}\nd: {? *c : 1, ? [*c] : 1}")
    let staircase = (0..<700).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
    let bombs: [(String, String)] = [
      ("brackets", filled("[")), ("closed brackets", filled("[", suffix: String(repeating: "]", count: size / 2))),
      ("braces", filled("{")),
      ("braces with keys", filled("{a: ")), ("dashes", filled("- ")), ("question marks", filled("? ")),
      ("laughs", laughs), ("keys", keys), ("few aliases", few),
      ("staircase", staircase), ("wide", filled("a,", prefix: "x: [")),
      ("deep and wide", filled("a,", prefix: String(repeating: "[", count: 999))),
      ("duplicates", filled("a: 1\n")), ("many keys", (0..<20_000).map { "k\($0): 1" }.joined(separator: "\n")),
      ("quotes", filled("'")),
      ("long key", filled("k")), ("colons", filled(":")), ("tags", filled("!")), ("newlines", filled("\n")),
      ("folded", filled(" \n", prefix: "a: >\n")),
      ("comment", filled("#")), ("anchors", filled("&a ")), ("aliases", filled("*a ")), ("percent", filled("%")),
      ("nested duplicates", filled("{a: 1, a: 2},", prefix: "x: [", suffix: "{}]")),
    ]
    for (name, text) in bombs {
      var message = ""
      let time = processorTime { message = refusal(of: text) }
      #expect(!message.hasPrefix("accepted"), "\(name)")
      #expect(time < .seconds(2), "\(name) took \(time)")
    }
  }

  @Test("is refused if it nests deeper than any scenario")
  func nesting() {
    func nested(_ levels: Int) -> String {
      "x: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    #expect(refusal(of: nested(31)).hasPrefix("s.yaml: model"))
    #expect(refusal(of: nested(32)) == "s.yaml:1: found more than 32 levels of lists and sections; allowed at most 32.")
    #expect(
      refusal(of: nested(2000)) == "s.yaml:1: found far too many levels of lists and sections; allowed at most 32.")
  }

  @Test("is an error of reading if it is missing or a folder, and refused if it is too large")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("poise-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func message(_ path: String) -> String {
      do { return "accepted: \(try Configured<ExampleScenario>(contentsOf: path).value)" } catch { return "\(error)" }
    }
    try Data("model: m\nseed: 5".utf8).write(to: URL(fileURLWithPath: "\(folder)/balance.yaml"))
    #expect(
      try Configured<ExampleScenario>(contentsOf: "\(folder)/balance.yaml", overrides: ["model=n"]).value.seed == 5)
    #expect(
      message("\(folder)/balanse.yaml")
        == "\(folder)/balanse.yaml: cannot read: No such file or directory. Did you mean '\(folder)/balance.yaml'?")
    #expect(message(folder) == "\(folder): cannot read: it is a folder. Name a file in it.")
    #expect(throws: InputOutputError.self) { try YAMLTree.read(contentsOf: folder) }
    try Data(repeating: 0x20, count: ScenarioFile.sizeLimit + 1).write(to: URL(fileURLWithPath: "\(folder)/large.yaml"))
    #expect(
      message("\(folder)/large.yaml")
        == "\(folder)/large.yaml: found 262145 bytes; allowed at most 262144 bytes. Is this a scenario? They are a few kilobytes long."
    )
    #expect(
      message("/dev/zero")
        == "/dev/zero: cannot read: it is not a regular file."
    )
  }
}
