/// The possible values of an observation or an action: a box of named numbers, one of several named things, an image,
/// or several named spaces of these kinds.
///
/// A value of a space is one row of floats, so that one buffer holds the rows of many environments. A box has one float
/// for each element, a discrete space the index of a name, an image one float in 0 … 1 for each pixel and channel, and
/// a composite its parts one after the other.
public indirect enum Space: Hashable, Sendable {
  /// Named numbers with bounds, [elements].
  case box([Element])
  /// One of several named things; the value is the index.
  case discrete([String])
  /// Rows of pixels from the top, [height, width, channels].
  case image(ImageSize)
  /// Several named spaces, in this order.
  case composite([Part])

  /// The description of one number.
  public struct Element: Hashable, Sendable, Codable {
    /// The name, unique in its space and without a unit at its end: `hinge_cosine`, `torso_velocity_x`.
    public var name: String
    /// The unit in SI symbols; empty for numbers without a unit.
    public var unit: String
    /// The smallest value of the number; −∞ if there is no bound.
    public var lowerBound: Double
    /// The largest value of the number; ∞ if there is no bound.
    public var upperBound: Double

    /// Describes a number.
    ///
    /// - Parameters:
    ///   - name: the name, unique in its space.
    ///   - unit: the unit in SI symbols; empty for none.
    ///   - bounds: the smallest and the largest value.
    public init(name: String, unit: String = "", bounds: ClosedRange<Double> = -.infinity ... .infinity) {
      self.name = name
      self.unit = unit
      lowerBound = bounds.lowerBound
      upperBound = bounds.upperBound
    }

    /// The smallest and the largest value.
    public var bounds: ClosedRange<Double> { lowerBound...upperBound }
  }

  /// The size of an image, pixels.
  public struct ImageSize: Hashable, Sendable, Codable {
    /// Pixels of a row, and the number of rows.
    public var width, height: Int
    /// Numbers of a pixel: 1 for grey, 3 for colour, times the number of stacked frames.
    public var channels: Int

    /// Makes a size; parameters are as the properties, each at least 1.
    public init(width: Int, height: Int, channels: Int) {
      precondition(width > 0 && height > 0 && channels > 0, "an image of \(width) × \(height) × \(channels)")
      self.width = width
      self.height = height
      self.channels = channels
    }
  }

  /// A part of a composite: a space with a name.
  public struct Part: Hashable, Sendable {
    /// The name, unique in its composite.
    public var name: String
    /// The space.
    public var space: Space

    /// Makes a part; parameters are as the properties.
    public init(name: String, space: Space) {
      self.name = name
      self.space = space
    }
  }

  /// Makes a box of named numbers.
  public init(_ elements: [Element]) { self = .box(elements) }

  /// The number of floats of a value.
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

  /// The names among which a value chooses; `nil` if the space is not discrete.
  public var choices: [String]? {
    if case .discrete(let names) = self { names } else { nil }
  }

  /// A description for display: "17 numbers", "one of left, right", "an image of 64 × 64 × 1".
  public var summary: String {
    switch self {
    case .box(let elements): "\(elements.count) number\(elements.count == 1 ? "" : "s")"
    case .discrete(let names):
      names.count > 8 ? "one of \(names.count)" : "one of \(names.joined(separator: ", "))"
    case .image(let size): "an image of \(size.width) × \(size.height) × \(size.channels)"
    case .composite(let parts): parts.map { "\($0.name): \($0.space.summary)" }.joined(separator: "; ")
    }
  }

  /// A sentence about the first number that is not finite or beyond its bounds; `nil` if there is none.
  ///
  /// - Parameter values: a value of the space, [count].
  public func violation(by values: Span<Float>) -> String? {
    precondition(values.count == count, "a space of \(count) elements, \(values.count) values")
    for (i, element) in elements.enumerated() {
      let value = Double(values[i])
      // Bounds are doubles, values floats: rounding to a float is no violation.
      let slack = 0x1p-23
      let low = element.lowerBound - slack * abs(element.lowerBound)
      let high = element.upperBound + slack * abs(element.upperBound)
      if value.isFinite && value >= low && value <= high { continue }
      return "'\(element.name)' is \(value), outside \(element.lowerBound) … \(element.upperBound)"
    }
    return nil
  }
}
