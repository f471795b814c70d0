import Foundation
import PoiseCore

/// The manual page of the program in roff's macros `man`, made from the same declarations as `--help`. `make install` puts what `poise manual`
/// prints into share/man/man1.
///
/// Source: man-pages(7) and groff_man(7).
struct ManualPage {
  let text: String

  /// As much of the parser's description as a page needs.
  private struct Description: Decodable {
    var command: Command

    struct Command: Decodable {
      var commandName: String
      var abstract: String?
      var discussion: String?
      var shouldDisplay: Bool?
      var subcommands: [Command]?
      var arguments: [Argument]?
    }
    struct Argument: Decodable {
      var kind: String
      var shouldDisplay: Bool?
      var isOptional: Bool
      var isRepeating: Bool
      var names: [Name]?
      var valueName: String?
      var abstract: String?
      var defaultValue: String?
    }
    struct Name: Decodable {
      var kind: String
      var name: String
      var text: String { (kind == "long" ? "--" : "-") + name }
    }
  }

  /// - Parameter json: ArgumentParser's description of a command.
  init(_ json: String) {
    guard let root = try? JSONDecoder().decode(Description.self, from: Data(json.utf8)).command else {
      text = ""
      return
    }
    let name = root.commandName
    var lines = [
      ".TH \(Self.escaped(name.uppercased())) 1 \"\" \"Poise \(PoiseVersion.current)\" \"User Commands\"",
      ".SH NAME", "\(Self.escaped(name)) \\- \(Self.escaped(root.abstract ?? ""))",
      ".SH SYNOPSIS", ".B \(Self.escaped(name))", ".I command", "[\\fIarguments\\fR]",
      ".SH DESCRIPTION",
    ]
    lines += Self.paragraphs(root.discussion ?? "")
    lines.append(".SH COMMANDS")
    for command in root.subcommands ?? [] where command.shouldDisplay ?? true && command.commandName != "help" {
      let arguments = (command.arguments ?? []).filter { $0.shouldDisplay ?? true }
      lines.append(".SS \(Self.escaped(name)) \(Self.escaped(command.commandName))" + Self.synopsis(arguments))
      lines.append(Self.escaped(command.abstract ?? ""))
      lines += Self.paragraphs(command.discussion ?? "")
      for argument in arguments
      where !(argument.names ?? []).contains(where: { $0.name == "help" || $0.name == "version" }) {
        lines += Self.item(argument)
      }
    }
    lines += [
      ".SH ENVIRONMENT", ".TP", ".B POISE_HOME",
      "A folder with the folders \\fImodels\\fR and \\fIscenarios\\fR: a clone of Poise, or \\fIPREFIX/share/poise\\fR. It comes before",
      "the working folder, those above it, and the folder where the program is installed.", ".TP", ".B POISE_THREE_JS",
      "A build of three.js, r111 to r130, for the pages of \\fBreplay\\fR.", ".TP", ".B NO_COLOR",
      "If it is set and not empty, nothing is coloured.",
      ".SH SEE ALSO", "\\fB\(Self.escaped(name))\\fR \\fIcommand\\fR \\fB\\-\\-help\\fR",
    ]
    text = lines.joined(separator: "\n") + "\n"
  }

  private static func synopsis(_ arguments: [Description.Argument]) -> String {
    let places = arguments.filter { $0.kind == "positional" }.map { argument in
      let name = "\\fI\(escaped(argument.valueName ?? "value"))\\fR" + (argument.isRepeating ? "..." : "")
      return argument.isOptional ? "[\(name)]" : name
    }
    return places.isEmpty ? "" : " " + places.joined(separator: " ")
  }

  private static func item(_ argument: Description.Argument) -> [String] {
    let names = (argument.names ?? []).map { "\\fB\(escaped($0.text))\\fR" }.joined(separator: ", ")
    let value = "\\fI\(escaped(argument.valueName ?? "value"))\\fR"
    let title = argument.kind == "positional" ? value : argument.kind == "flag" ? names : "\(names) \(value)"
    let text = (argument.abstract ?? "") + (argument.defaultValue.map { " (default: \($0))" } ?? "")
    return [".TP", title, escaped(text.isEmpty ? " " : text)]
  }

  /// Text in paragraphs; lines that are indented stay as they are.
  private static func paragraphs(_ text: String) -> [String] {
    var lines: [String] = []
    var isExample = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isIndented = line.hasPrefix("  ")
      if isIndented != isExample { lines.append(isIndented ? ".nf\n.RS" : ".RE\n.fi") }
      isExample = isIndented
      lines.append(
        line.allSatisfy(\.isWhitespace) ? ".PP" : escaped(isIndented ? String(line.dropFirst(2)) : String(line)))
    }
    return lines.isEmpty ? [] : [".PP"] + lines + (isExample ? [".RE", ".fi"] : [])
  }

  /// Text that roff prints unchanged.
  static func escaped(_ text: String) -> String {
    let text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    // A dot or an apostrophe at the start of a line would be a request.
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}
