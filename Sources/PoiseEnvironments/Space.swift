/// What an observation or an action can be: a box of named numbers, one of several named things, an image, or several of these by
/// name.
///
/// A value of a space is one row of floats, so that rows of many environments stand in one buffer: a box takes one float for each
/// element, a discrete value the index of what it names, an image one float for each pixel and channel in 0 … 1, and a composite
/// its parts one after the other.
public indirect enum Space: Hashable, Sendable {
  /// Named numbers with bounds, [elements].
  case box([Element])
  /// One of several things by name; the value is the index.
  case discrete([String])
  /// Rows of pixels from the top, [height, width, channels].
  case image(ImageSize)
  /// Several spaces by name, in this order.
  case composite([Part])

  /// One number.
  public struct Element: Hashable, Sendable, Codable {
    /// Unique in its space, ends in no unit: `hinge_cosine`, `torso_velocity_x`.
    public var name: String
    /// SI symbols; empty for numbers without a unit.
    public var unit: String
    /// The number never leaves these; ±∞ where nothing bounds it.
    public var lowerBound: Double
    /// The greatest value of the number.
    public var upperBound: Double

    /// - Parameter bounds: what the number never leaves.
    public init(name: String, unit: String = "", bounds: ClosedRange<Double> = -.infinity ... .infinity) {
      self.name = name
      self.unit = unit
      lowerBound = bounds.lowerBound
      upperBound = bounds.upperBound
    }

    /// What the number never leaves.
    public var bounds: ClosedRange<Double> { lowerBound...upperBound }
  }

  /// The size of an image, pixels.
  public struct ImageSize: Hashable, Sendable, Codable {
    public var width, height: Int
    /// 1 for grey, 3 for colour; stacked frames multiply it.
    public var channels: Int

    /// - Parameters: as the properties, each at least 1.
    public init(width: Int, height: Int, channels: Int) {
      precondition(width > 0 && height > 0 && channels > 0, "an image of \(width) × \(height) × \(channels)")
      self.width = width
      self.height = height
      self.channels = channels
    }
  }

  /// A space of a composite, with its name.
  public struct Part: Hashable, Sendable {
    public var name: String
    public var space: Space

    public init(name: String, space: Space) {
      self.name = name
      self.space = space
    }
  }

  /// A box.
  public init(_ elements: [Element]) { self = .box(elements) }

  /// Floats that a value takes.
  public var count: Int {
    switch self {
    case .box(let elements): elements.count
    case .discrete: 1
    case .image(let size): size.width * size.height * size.channels
    case .composite(let parts): parts.reduce(0) { $0 + $1.space.count }
    }
  }

  /// A description of each float of a value, [count].
  public var elements: [Element] {
    switch self {
    case .box(let elements): elements
    case .discrete(let names): [Element(name: "choice", bounds: 0...Double(max(1, names.count) - 1))]
    case .image(let size):
      (0..<size.height * size.width * size.channels).map { k in
        let (pixel, channel) = k.quotientAndRemainder(dividingBy: size.channels)
        let (row, column) = pixel.quotientAndRemainder(dividingBy: size.width)
        return Element(name: "pixel_\(row)_\(column)_\(channel)", bounds: 0...1)
      }
    case .composite(let parts):
      parts.flatMap { part in
        part.space.elements.map { Element(name: "\(part.name)_\($0.name)", unit: $0.unit, bounds: $0.bounds) }
      }
    }
  }

  /// The names of `elements`, [count].
  public var names: [String] { elements.map(\.name) }

  /// The names of what can be chosen; `nil` where the space is not discrete.
  public var choices: [String]? {
    if case .discrete(let names) = self { names } else { nil }
  }

  /// For people: "17 numbers", "one of left, right", "an image of 64 × 64 × 1".
  public var summary: String {
    switch self {
    case .box(let elements): "\(elements.count) number\(elements.count == 1 ? "" : "s")"
    case .discrete(let names):
      names.count > 8 ? "one of \(names.count)" : "one of \(names.joined(separator: ", "))"
    case .image(let size): "an image of \(size.width) × \(size.height) × \(size.channels)"
    case .composite(let parts): parts.map { "\($0.name): \($0.space.summary)" }.joined(separator: "; ")
    }
  }

  /// The first element whose number is not finite or beyond its bounds, with a sentence that says so.
  public func violation(by values: Span<Float>) -> String? {
    precondition(values.count == count, "a space of \(count) elements, \(values.count) values")
    for (i, element) in elements.enumerated() {
      let value = Double(values[i])
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
