/// What the numbers of an observation or an action mean: one element for each, exact.
public struct Space: Hashable, Sendable, Codable {
  /// One number.
  public struct Element: Hashable, Sendable, Codable {
    /// Unique in its space, ends in no unit: `hinge_cosine`, `torso_velocity_x`.
    public var name: String
    /// SI symbols; empty for numbers without a unit.
    public var unit: String
    /// The number never leaves these; ±∞ where nothing bounds it.
    public var lowerBound: Double
    public var upperBound: Double

    public init(name: String, unit: String = "", bounds: ClosedRange<Double> = -.infinity ... .infinity) {
      self.name = name
      self.unit = unit
      lowerBound = bounds.lowerBound
      upperBound = bounds.upperBound
    }

    public var bounds: ClosedRange<Double> { lowerBound...upperBound }
  }

  public var elements: [Element]

  public init(_ elements: [Element]) { self.elements = elements }

  public var count: Int { elements.count }
  public var names: [String] { elements.map(\.name) }

  /// The first element whose number is not finite or beyond its bounds, with a sentence that says so.
  public func violation(by values: Span<Float>) -> String? {
    precondition(values.count == count, "a space of \(count) elements, \(values.count) values")
    for i in 0..<count {
      let value = Double(values[i])
      let element = elements[i]
      // Bounds are doubles, values floats: half a unit in the last place of a float is not beyond.
      let slack = 0x1p-23
      let low = element.lowerBound - slack * abs(element.lowerBound)
      let high = element.upperBound + slack * abs(element.upperBound)
      if value.isFinite && value >= low && value <= high { continue }
      return "'\(element.name)' is \(value), outside \(element.lowerBound) … \(element.upperBound)"
    }
    return nil
  }
}
