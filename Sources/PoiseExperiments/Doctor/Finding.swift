import PoiseCore

/// What one look at the machine found.
public struct Finding: Hashable, Sendable {
  public enum Verdict: String, Hashable, Sendable {
    /// As it should be.
    case kept
    /// Something that Poise promises does not hold here.
    case broken
    /// No promise hangs on it, but something is missing, or cannot be told.
    case noted
  }

  /// What was looked at, in a word or two.
  public var name: String
  public var verdict: Verdict
  /// What was found, as a phrase.
  public var found: String
  /// What to do about it, as sentences; empty where all is well.
  public var remedy: String

  public init(_ name: String, _ verdict: Verdict, _ found: String, remedy: String = "") {
    (self.name, self.verdict, self.found, self.remedy) = (name, verdict, found, remedy)
  }
}

/// One look at the machine. What it throws is a finding too: a promise that could not be tried is not kept.
public struct Probe: Sendable {
  public let name: String
  private let look: @Sendable () throws -> Finding

  /// - Parameter look: the finding; its name is that of the probe.
  public init(_ name: String, _ look: @escaping @Sendable () throws -> Finding) {
    (self.name, self.look) = (name, look)
  }

  public func run() -> Finding {
    do {
      return try look()
    } catch {
      return Finding(name, .broken, "could not be tried: \(error)")
    }
  }
}

/// All that was found, in the order of looking.
public struct Diagnosis: Hashable, Sendable {
  public var findings: [Finding]

  public init(_ findings: [Finding]) { self.findings = findings }

  /// Whether every promise is kept.
  public var isHealthy: Bool { broken.isEmpty }
  public var broken: [Finding] { findings.filter { $0.verdict == .broken } }

  /// A line for each finding, what to do below it, and a sentence at the end.
  ///
  /// - Parameter isASCII: whether the marks are words and arrows, for terminals without UTF-8.
  public func text(isASCII: Bool) -> String {
    let width = (findings.map(\.name.count).max() ?? 0) + 2
    let markWidth = isASCII ? 5 : 2
    var lines = findings.map { finding in
      let mark = Self.mark(finding.verdict, isASCII: isASCII)
      let start = Self.padded(mark, markWidth) + Self.padded(finding.name, width)
      let remedy =
        finding.remedy.isEmpty
        ? "" : "\n" + String(repeating: " ", count: markWidth + width) + (isASCII ? "-> " : "→ ") + finding.remedy
      return start + finding.found + remedy
    }
    lines.append(
      isHealthy
        ? "This machine keeps the promises."
        : "Not kept: \(broken.map(\.name).joined(separator: ", ")).")
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

  /// One object: `healthy`, and `findings` with `name`, `verdict`, `found`, `remedy`.
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
