import PoiseCore

/// The result of one check of the machine.
public struct Finding: Hashable, Sendable {
  /// The outcome of a check.
  public enum Verdict: String, Hashable, Sendable {
    /// The check passed.
    case kept
    /// A promise of Poise does not hold here.
    case broken
    /// No promise is affected, but something is missing or unknown.
    case noted
  }

  /// What was checked, in a word or two.
  public var name: String
  /// The outcome of the check.
  public var verdict: Verdict
  /// What was found, as a phrase.
  public var found: String
  /// What to do about it, as sentences; empty where the check passed.
  public var remedy: String

  /// A finding of one check.
  public init(_ name: String, _ verdict: Verdict, _ found: String, remedy: String = "") {
    (self.name, self.verdict, self.found, self.remedy) = (name, verdict, found, remedy)
  }
}

/// One check of the machine. An error that it throws is a finding, too: a promise that could not be checked counts as broken.
public struct Probe: Sendable {
  /// What is checked, in a word or two.
  public let name: String
  private let look: @Sendable () throws -> Finding

  /// Makes a check from its name and the work to do.
  ///
  /// - Parameters:
  ///   - name: what is checked.
  ///   - look: does the check; the name of its finding is that of the probe.
  public init(_ name: String, _ look: @escaping @Sendable () throws -> Finding) {
    (self.name, self.look) = (name, look)
  }

  public func run() -> Finding {
    do {
      return try look()
    } catch {
      return Finding(name, .broken, "could not be checked: \(error)")
    }
  }
}

/// All findings about the machine.
public struct Diagnosis: Hashable, Sendable {
  /// The findings, in the order of the checks.
  public var findings: [Finding]

  /// A diagnosis of these findings.
  public init(_ findings: [Finding]) { self.findings = findings }

  /// Whether no check found a broken promise.
  public var isHealthy: Bool { broken.isEmpty }
  /// The findings whose promise does not hold.
  public var broken: [Finding] { findings.filter { $0.verdict == .broken } }

  /// A line for each finding, with its remedy below it, and a sentence at the end; wrapped to `TextTable.outputWidth`.
  ///
  /// - Parameter isASCII: whether the marks are words and arrows, for terminals without UTF-8.
  public func text(isASCII: Bool) -> String {
    let width = (findings.map(\.name.count).max() ?? 0) + 2
    let markWidth = isASCII ? 5 : 2
    let indent = "\n" + String(repeating: " ", count: markWidth + width)
    let room = TextTable.outputWidth.map { max(20, $0 - 1 - markWidth - width) } ?? .max
    func wrapped(_ text: String) -> String { wordWrapped(text, to: room).joined(separator: indent) }
    var lines = findings.map { finding in
      let mark = Self.mark(finding.verdict, isASCII: isASCII)
      let start = Self.padded(mark, markWidth) + Self.padded(finding.name, width)
      let remedy = finding.remedy.isEmpty ? "" : indent + wrapped((isASCII ? "-> " : "→ ") + finding.remedy)
      return start + wrapped(finding.found) + remedy
    }
    lines.append(
      isHealthy
        ? "All promises hold on this machine."
        : "Broken: \(broken.map(\.name).joined(separator: ", ")).")
    return lines.joined(separator: "\n")
  }

  private static func mark(_ verdict: Finding.Verdict, isASCII: Bool) -> String {
    switch verdict {
    case .kept: isASCII ? "ok" : "✓"
    case .broken: isASCII ? "FAIL" : "✗"
    case .noted: isASCII ? "note" : "–"
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// One JSON object: `version`, `healthy`, and `findings` with `name`, `verdict`, `found`, `remedy`.
  public var json: String {
    let items = findings.map { finding in
      ConfigurationNode.mapping([
        ("name", .text(finding.name)), ("verdict", .text(finding.verdict.rawValue)), ("found", .text(finding.found)),
        ("remedy", .text(finding.remedy)),
      ])
    }
    return ConfigurationNode.mapping([
      ("version", .text(PoiseVersion.current)), ("healthy", .plain(isHealthy ? "true" : "false")),
      ("findings", .sequence(items)),
    ]).jsonText
  }
}
