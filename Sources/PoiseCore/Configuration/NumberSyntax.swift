/// Whether a text is a decimal number, and what to do if it is not.
///
/// Decimal numbers of YAML 1.2 and JSON are accepted: `3`, `-0.5`, `.5`, `1.`, `1e-3`, `+2E6`. Texts that some YAML
/// readers read as numbers and others as text (octal, hexadecimal, base 60, underscores) are refused with a hint.
enum NumberSyntax: Equatable {
  case number
  /// What to do about it, as a sentence; empty if the text does not resemble a number.
  case other(hint: String)

  init(_ text: String, unit: String = "") {
    let bytes = Array(text.utf8)
    self = Self.isDecimal(bytes) ? .number : .other(hint: Self.hint(text, bytes, unit: unit))
  }

  /// `[-+]? (digits [. digits?]? | . digits) ([eE] [-+]? digits)?`, without leading zeros.
  private static func isDecimal(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    rest.dropSign()
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let whole = rest.dropDigits()
    if startsWithZero, whole > 1 { return false }
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = rest.dropDigits()
    }
    guard whole + fraction > 0 else { return false }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      rest.dropSign()
      guard rest.dropDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  private static func hint(_ text: String, _ bytes: [UInt8], unit: String) -> String {
    var rest = bytes[...]
    rest.dropSign()
    guard let first = rest.first else { return "" }
    let lowered = String(decoding: rest, as: UTF8.self).lowercased()
    if [".inf", "inf", "infinity", ".nan", "nan"].contains(lowered) { return "Write a finite number." }
    guard (48...57).contains(first) || first == UInt8(ascii: ".") else { return "" }
    if lowered.hasPrefix("0x") || lowered.hasPrefix("0o") || lowered.hasPrefix("0b") { return "Write it in decimal." }
    let digits = rest.dropDigits()
    if rest.isEmpty, digits > 1 { return "Write it without leading zeros, which some readers take for base 8." }
    if rest.first == UInt8(ascii: ":") { return "Write a plain number; some readers take this for base 60." }
    if rest.first == UInt8(ascii: "_") || rest.first == UInt8(ascii: "'") {
      return "Write the digits without separators."
    }
    if rest.first == UInt8(ascii: ",") { return "Write a decimal point, and no separators between thousands." }
    if unit.isEmpty { return "Write the number alone." }
    return "Write the number alone; its unit is \(unit)."
  }
}

extension ArraySlice<UInt8> {
  fileprivate mutating func dropSign() {
    if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { self = dropFirst() }
  }

  /// Returns how many digits there were.
  fileprivate mutating func dropDigits() -> Int {
    let before = count
    self = drop { (48...57).contains($0) }
    return before - count
  }
}

/// The shortest text that reads back as exactly this number, for sentences: `0`, `0.1`, `1e-05`.
func shortText(_ number: Double) -> String {
  let text = number.description
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// The shortest text that every YAML and JSON reader reads as exactly this number: `1.0`, `0.1`, `1.0e-05`.
///
/// Readers of YAML 1.1 such as PyYAML read `1e-05` as text, because it has no point.
func exactText(_ number: Double) -> String {
  precondition(number.isFinite, "a configuration holds finite numbers, got \(number)")
  let text = number.description
  guard !text.contains("."), let exponent = text.firstIndex(of: "e") else { return text }
  return text[..<exponent] + ".0" + text[exponent...]
}
