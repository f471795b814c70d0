import PoiseCore
import Yams

/// Explains libyaml's errors to authors of scenarios.
enum YAMLProblem {
  static func problem(for error: any Error, text: String, file: String) -> Problem {
    switch error {
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _),
      YamlError.composer(let context, let problem, let mark, _):
      return explained(problem, context: context, mark: mark, text: text, file: file)
    case YamlError.reader(let problem, let offset, _, _):
      let index = offset.map { text.index(text.startIndex, offsetBy: $0, limitedBy: text.endIndex) ?? text.endIndex }
      return Problem(
        file: file, line: index.map { text.lineNumber(at: $0) }, found: "text that YAML cannot hold (\(problem))",
        allowed: "printable text")
    default:
      return Problem(file: file, found: "text that is not YAML (\(error))", allowed: "YAML")
    }
  }

  private static func explained(
    _ problem: String, context: YamlError.Context?, mark: Mark, text: String, file: String
  ) -> Problem {
    let setting = context?.text ?? ""
    func make(_ found: String, allowed: String, remedy: String = "", line: Int = mark.line) -> Problem {
      Problem(file: file, line: line, found: found, allowed: allowed, remedy: remedy)
    }
    // An unfinished construct is best shown where it begins.
    let beginning = context?.mark.line ?? mark.line
    if hasTab(at: mark, in: text) {
      return make("a tab in the indentation", allowed: "spaces", remedy: "Replace each tab by two spaces.")
    }
    switch (problem, setting) {
    case (_, _) where problem == "but found another document" || problem.contains("document start"):
      return make(
        "a second document or a stray line", allowed: "one document in each file",
        remedy: "Check the indentation of this line, or remove '---'.")
    case ("found undefined alias", _):
      return make(
        "an alias (*name)", allowed: "no anchors and aliases", remedy: "Write the value out, or put it in quotes.")
    case (_, _) where problem.hasPrefix("Maximum nesting level"):
      return make("far too many levels of lists and sections", allowed: "at most \(YAMLLimit.nesting)")
    case ("found unexpected end of stream", _) where setting.contains("quoted scalar"),
      ("found unexpected document indicator", _) where setting.contains("quoted scalar"):
      return make("a quote that is not closed", allowed: "text in quotes", remedy: "Close it.", line: beginning)
    case (_, "while parsing a flow node"):
      return make(
        "a value that is missing in brackets or braces, or brackets that are not closed",
        allowed: "[a, b, c] or {key: value, …}")
    case (_, "while parsing a flow sequence"):
      return make("a list in brackets that is not well formed or not closed", allowed: "[a, b, c]", line: beginning)
    case (_, "while parsing a flow mapping"):
      return make(
        "a section in braces that is not well formed or not closed", allowed: "{key: value, …}", line: beginning)
    case ("mapping values are not allowed in this context", _):
      return make(
        "a second colon, or a line with the wrong indentation", allowed: "one 'key: value' on each line",
        remedy: "Indent all keys of a section alike, and put text with a colon in quotes.")
    case ("could not find expected ':'", _):
      return make(
        "a line without a colon, or with the wrong indentation", allowed: "key: value",
        remedy: "Add ': ' behind the key.", line: beginning)
    case ("did not find expected key", _), ("did not find expected '-' indicator", _):
      return make(
        "a line that does not fit the lines above it",
        allowed: "all keys of a section, and all dashes of a list, indented alike",
        remedy: "Check the indentation.")
    case ("block sequence entries are not allowed in this context", _):
      return make(
        "a dash behind a key", allowed: "a list on lines of its own or in brackets",
        remedy: "Start a new line before the dash.")
    case ("found character that cannot start any token", _):
      return make("a character that no value can start with", allowed: "a value", remedy: "Put the text in quotes.")
    case (_, _) where problem.contains("escape"):
      return make(
        "an unknown escape in double quotes", allowed: "\\n, \\t, \\\", \\\\",
        remedy: "Use single quotes for text with backslashes.")
    default:
      let words = setting.isEmpty ? problem : "\(problem), \(setting)"
      return make("text that is not YAML (\(words))", allowed: "YAML")
    }
  }

  /// Whether the white space before the place of an error contains a tab.
  private static func hasTab(at mark: Mark, in text: String) -> Bool {
    let lines = text.split(separator: "\n", maxSplits: mark.line, omittingEmptySubsequences: false)
    guard lines.indices.contains(mark.line - 1) else { return false }
    return lines[mark.line - 1].prefix { $0 == " " || $0 == "\t" }.contains("\t")
  }
}
