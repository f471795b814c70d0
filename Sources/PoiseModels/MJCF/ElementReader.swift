import PoiseCore

/// An attribute's text and where it is written: at the element itself, or in the default class that gives it.
struct Attribute: Sendable {
  var text: String
  var source: SourceLine
  /// Name of the default class, `nil` at the element itself.
  var defaultClass: String?
}

/// Reads the attributes of one element as numbers, vectors and words; notes a problem where a text is not one.
///
/// Every method returns `nil` both where the attribute is missing and where it is wrong: after a problem the model is
/// not used, so any value will do to go on and find the next problem.
struct ElementReader {
  let element: MJCFElement
  /// The element's own attributes over those of its default class.
  let attributes: [String: Attribute]
  /// The element's place, for messages: `body 'torso', geom 'head'`.
  let place: String
  let findings: Findings

  init(_ element: MJCFElement, inheriting defaults: [String: Attribute] = [:], place: String, findings: Findings) {
    self.element = element
    self.place = place
    self.findings = findings
    var attributes = defaults
    attributes.overlay(element)
    self.attributes = attributes
  }

  var source: SourceLine { element.source }

  func has(_ name: String) -> Bool { attributes[name] != nil }
  func text(_ name: String) -> String? { attributes[name]?.text }

  /// Notes a problem with attribute `name`, at the line where it is written.
  func problem(_ name: String, found: String, allowed: String, remedy: @autoclosure () -> String = "") {
    findings.problem(
      attributes[name]?.source ?? source, place(of: name), found: found, allowed: allowed, remedy: remedy())
  }

  /// Notes a problem with the element as a whole.
  func problem(found: String, allowed: String, remedy: @autoclosure () -> String = "") {
    findings.problem(source, place, found: found, allowed: allowed, remedy: remedy())
  }

  /// Notes that ODE only approximates attribute `name`.
  func approximation(_ name: String, _ meaning: String) {
    guard let attribute = attributes[name] else { return }
    findings.approximation(attribute.source, place(of: name), meaning)
  }

  private func place(of name: String) -> String {
    guard let origin = attributes[name]?.defaultClass else { return place.isEmpty ? name : "\(place), \(name)" }
    return "default '\(origin)', \(element.name), \(name)"
  }

  // MARK: Words

  func keyword(_ name: String, of allowed: [String]) -> String? {
    guard let text = text(name) else { return nil }
    guard allowed.contains(text) else {
      problem(
        name, found: quoted(text), allowed: listed(allowed),
        remedy: suggestion(for: text, among: allowed))
      return nil
    }
    return text
  }

  func bool(_ name: String) -> Bool? { keyword(name, of: ["true", "false"]).map { $0 == "true" } }

  // MARK: Numbers

  /// - Parameters:
  ///   - name: name of the attribute.
  ///   - range: the allowed range, which messages quote.
  func number(_ name: String, in range: NumberRange = .physical) -> Double? {
    numbers(name, count: 1...1, in: range)?.first
  }

  func vector(_ name: String, in range: NumberRange = .physical) -> Vector3? {
    numbers(name, count: 3...3, in: range).map { Vector3($0[0], $0[1], $0[2]) }
  }

  func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard let text = text(name) else { return nil }
    guard let token = tokens(text).first, tokens(text).count == 1, let value = Int(String(token)),
      range.contains(value)
    else {
      problem(
        name, found: quoted(text), allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }

  /// - Returns: the numbers, `count` of them, each in `range`; `nil` after noting a problem.
  func numbers(_ name: String, count: ClosedRange<Int>, in range: NumberRange = .physical) -> [Double]? {
    guard let text = text(name) else { return nil }
    let tokens = tokens(text)
    guard count.contains(tokens.count) else {
      let expected =
        count.lowerBound == count.upperBound ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
      let noun = count.upperBound == 1 ? "number" : "numbers"
      problem(name, found: "\(tokens.count) in \(quoted(text))", allowed: "\(expected) \(noun)")
      return nil
    }
    var values: [Double] = []
    for token in tokens {
      guard let value = strictNumber(token), range.contains(value) else {
        problem(name, found: quoted(token), allowed: range.description)
        return nil
      }
      values.append(value)
    }
    return values
  }

  private func tokens(_ text: String) -> [Substring] {
    text.split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
  }
}

extension [String: Attribute] {
  /// Puts an element's attributes over these.
  ///
  /// `size` is special, as in MuJoCo: fewer numbers than before replace only the first ones.
  mutating func overlay(_ element: MJCFElement, defaultClass: String? = nil) {
    for (name, text) in element.attributes where name != "name" && name != "class" {
      var text = text
      if name == "size", let inherited = self[name] {
        let kept = inherited.text.split(separator: " ").dropFirst(text.split(separator: " ").count)
        text = ([text] + kept.map(String.init)).joined(separator: " ")
      }
      self[name] = Attribute(text: text, source: element.source, defaultClass: defaultClass)
    }
    for name in ["name", "class"] {
      self[name] = element.attributes[name].map { Attribute(text: $0, source: element.source) }
    }
  }
}

/// The allowed range of a number in a file.
struct NumberRange: Sendable, CustomStringConvertible {
  var bounds: ClosedRange<Double>
  var excludesZero = false
  var description: String

  func contains(_ value: Double) -> Bool { bounds.contains(value) && !(excludesZero && value == 0) }

  /// Lengths, angles, ranges: any number that a robot's description could mean.
  static let physical = Self(bounds: -1e6...1e6, description: "a number from -1e6 to 1e6")
  static let positive = Self(bounds: 1e-9...1e6, description: "a number from 1e-9 to 1e6")
  static let notNegative = Self(bounds: 0...1e6, description: "a number from 0 to 1e6")
  static let gain = Self(bounds: 0...1e9, description: "a number from 0 to 1e9")
  static let fraction = Self(bounds: 0...1, description: "a number from 0 to 1")
  static let share = Self(bounds: 0...1, excludesZero: true, description: "a number above 0 and at most 1")
  /// For values that are looked at only to see whether they are zero.
  static let any = Self(bounds: -1e300...1e300, description: "a number")
}

/// Reads a decimal number of MJCF, and nothing else: no hexadecimal, no `nan`, no `inf`, no overflow.
func strictNumber(_ token: some StringProtocol) -> Double? {
  var hasDigit = false
  var hasDot = false
  var hasExponent = false
  var mayHaveSign = true
  for character in token.utf8 {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      hasDigit = true
      mayHaveSign = false
    case UInt8(ascii: "."):
      guard !hasDot, !hasExponent else { return nil }
      hasDot = true
      mayHaveSign = false
    case UInt8(ascii: "e"), UInt8(ascii: "E"):
      guard hasDigit, !hasExponent else { return nil }
      hasExponent = true
      hasDigit = false
      mayHaveSign = true
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard mayHaveSign else { return nil }
      mayHaveSign = false
    default: return nil
    }
  }
  guard hasDigit, let value = Double(String(token)), value.isFinite else { return nil }
  return value
}
