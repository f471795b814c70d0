extension ConfigurationFormat where Value == Double {
  /// A finite number.
  ///
  /// - Parameters:
  ///   - bounds: `.positive`, `.above(0, through: 1)`, ….
  ///   - unit: in SI symbols (`rad/s`, `N·m`); empty for numbers without one.
  public static func number(_ bounds: Bounds<Double> = .any, unit: String = "") -> Self {
    let range = bounds.phrase(shortText)
    let suffix = unit.isEmpty ? "" : range.isEmpty ? " in \(unit)" : " \(unit)"
    let phrase = "a number\(range)\(suffix)"
    return Self(
      typeName: "number", unit: unit, allowed: bounds.interval(shortText), phrase: phrase,
      read: { node, _, reader in
        guard let text = reader.numberText(node, allowed: phrase, unit: unit) else { return nil }
        if let number = Double(text), number.isFinite, bounds.contains(number) { return number }
        reader.report(node, allowed: phrase)
        return nil
      },
      write: { .plain(exactText($0)) },
      summary: { shortText($0) })
  }
}

extension ConfigurationFormat where Value: FixedWidthInteger & Sendable {
  /// A whole number; `2e6` and `3.0` are whole numbers, too.
  public static func integer(_ bounds: Bounds<Value> = .any, unit: String = "") -> Self {
    let implied = Bounds(lower: Value.isSigned ? .absent : .closed(0), upper: bounds.upper)
    let bounds = if case .absent = bounds.lower { implied } else { bounds }
    let range = bounds.phrase { "\($0)" }
    let suffix = unit.isEmpty ? "" : range.isEmpty ? " in \(unit)" : " \(unit)"
    let phrase = "a whole number\(range)\(suffix)"
    return Self(
      typeName: "integer", unit: unit, allowed: bounds.interval { "\($0)" }, phrase: phrase,
      read: { node, _, reader in
        guard let text = reader.numberText(node, allowed: phrase, unit: unit) else { return nil }
        let integer: Value? = wholeNumber(text)
        if let integer, bounds.contains(integer) { return integer }
        let isTooLarge = integer == nil && (Double(text) ?? 0).magnitude >= 0x1p31
        reader.report(node, allowed: phrase, remedy: isTooLarge ? "It must fit into \(Value.bitWidth) bits." : "")
        return nil
      },
      write: { .plain("\($0)") })
  }
}

/// The whole number that `text`, a decimal number, stands for, if it is one and fits.
private func wholeNumber<Integer: FixedWidthInteger>(_ text: String) -> Integer? {
  if let integer = Integer(text) { return integer }
  // Beyond 2⁵³ a Double cannot represent every whole number.
  guard let number = Double(text), number.magnitude <= 0x1p53 else { return nil }
  return Integer(exactly: number)
}

extension ConfigurationReader {
  /// The text of a node that is written as a decimal number; reports the node otherwise.
  mutating func numberText(_ node: ConfigurationNode, allowed: String, unit: String) -> String? {
    guard let scalar = node.scalar, !node.isEmpty else {
      report(node, allowed: allowed)
      return nil
    }
    switch NumberSyntax(scalar.text, unit: unit) {
    case .number where !scalar.isQuoted: return scalar.text
    case .number: report(node, allowed: allowed, remedy: "Remove the quotes.")
    case .other(let hint): report(node, allowed: allowed, remedy: hint)
    }
    return nil
  }
}

// MARK: - Pairs and vectors of numbers

extension ConfigurationFormat where Value == ClosedRange<Double> {
  /// Two numbers `[low, high]`; they may be equal.
  ///
  /// - Parameters:
  ///   - bounds: what both of them must satisfy.
  ///   - unit: in SI symbols; empty for numbers without one.
  public static func range(_ bounds: Bounds<Double> = .any, unit: String = "") -> Self {
    let number = ConfigurationFormat<Double>.number(bounds, unit: unit)
    let phrase = "two numbers [low, high], each \(number.phrase)"
    return Self(
      typeName: "[low, high]", unit: unit, allowed: number.allowed, phrase: phrase,
      read: { node, _, reader in
        guard case .sequence(let items) = node.content, items.count == 2 else {
          reader.report(node, allowed: phrase)
          return nil
        }
        let low = number.read(items[0], nil, &reader)
        let high = number.read(items[1], nil, &reader)
        guard let low, let high else { return nil }
        if low <= high { return low...high }
        reader.report(
          at: node.location, found: "[\(shortText(low)), \(shortText(high))]",
          allowed: "two numbers [low, high] with low ≤ high", remedy: "Swap them.")
        return nil
      },
      write: { .sequence([number.write($0.lowerBound), number.write($0.upperBound)]) },
      summary: { "[\(shortText($0.lowerBound)), \(shortText($0.upperBound))]" })
  }
}

extension ConfigurationFormat where Value == SIMD3<Double> {
  /// Three numbers `[x, y, z]`.
  public static func vector(_ bounds: Bounds<Double> = .any, unit: String = "") -> Self {
    let number = ConfigurationFormat<Double>.number(bounds, unit: unit)
    let phrase = "three numbers [x, y, z], each \(number.phrase)"
    return Self(
      typeName: "[x, y, z]", unit: unit, allowed: number.allowed, phrase: phrase,
      read: { node, _, reader in
        guard case .sequence(let items) = node.content, items.count == 3 else {
          reader.report(node, allowed: phrase)
          return nil
        }
        let components = items.compactMap { number.read($0, nil, &reader) }
        return components.count == 3 ? SIMD3(components) : nil
      },
      write: { vector in .sequence((0..<3).map { number.write(vector[$0]) }) },
      summary: { vector in "[" + (0..<3).map { shortText(vector[$0]) }.joined(separator: ", ") + "]" })
  }
}
