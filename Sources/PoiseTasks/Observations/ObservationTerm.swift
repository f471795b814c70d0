public import PoiseCore
public import PoiseEnvironments

/// A named part of the observation.
public protocol ObservationTerm: ConfigurableTerm {
  /// Resolves names; called once, before any episode.
  func bind(_ binder: inout TermBinder) -> BoundObservation
}

/// An observation term bound to a robot.
public struct BoundObservation: Sendable {
  /// Names, units and bounds of the written numbers, before noise, scale and clip.
  public var elements: [Space.Element]
  /// Appends exactly one number for each element, read from `after`.
  public var write: @Sendable (_ transition: borrowing Transition, _ output: inout ObservationWriter) -> Void

  /// Makes a bound observation from its elements and the function that writes them.
  public init(
    _ elements: [Space.Element],
    write: @escaping @Sendable (_ transition: borrowing Transition, _ output: inout ObservationWriter) -> Void
  ) {
    self.elements = elements
    self.write = write
  }
}

/// Collects the numbers of all observation terms, one after the other.
public struct ObservationWriter: Sendable {
  /// [elements of all terms]
  private(set) var values: [Double]
  private(set) var count = 0

  init(capacity: Int) { values = Array(repeating: 0, count: capacity) }

  @inline(__always) mutating func restart() { count = 0 }

  /// Appends one number. A term that appends more numbers than it has elements traps.
  public mutating func append(_ value: Double) {
    values[count] = value
    count += 1
  }

  /// Appends x, y and z.
  public mutating func append(_ vector: Vector3) {
    append(vector.x)
    append(vector.y)
    append(vector.z)
  }
}

/// Keys that every observation term has beside its own.
public struct ObservationShaping: Configurable, Hashable {
  /// Factor on each element, applied after the noise.
  public var scale = 1.0
  /// Range that each element is clipped to, after noise and scale; `nil` for none.
  public var clip: ClosedRange<Double>?
  /// Standard deviation of the normal noise on each element, in the element's own unit.
  public var noise = 0.0
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("scale", \.scale, .number(), "Factor on each element, after the noise."),
    .key("clip", \.clip, .optional(.range()), "Each element is cut to this range, after noise and scale."),
    .key(
      "noise", \.noise, .number(.notNegative),
      "Standard deviation of normal noise on each element, in the element's own unit, new in every step."),
  ]

  /// The element after `clip(scale · (value + noise · z))`, where |z| ≤ 6.66 (see `RandomStream.normal`).
  func shaped(_ element: Space.Element, noiseFactor: Double) -> Space.Element {
    let spread = noise * noiseFactor * 6.67
    let ends = [scale * (element.lowerBound - spread), scale * (element.upperBound + spread)].map { $0.isNaN ? 0 : $0 }
    var low = ends.min() ?? 0
    var high = ends.max() ?? 0
    if let clip {
      low = min(clip.upperBound, max(clip.lowerBound, low))
      high = min(clip.upperBound, max(clip.lowerBound, high))
    }
    let unit = scale == 1 || element.unit.isEmpty ? element.unit : "\(scale.rounded(significant: 6)) × \(element.unit)"
    return Space.Element(name: element.name, unit: unit, bounds: low...high)
  }
}

/// An observation term of a task with its shaping; in files `name: {own keys, scale, clip, noise}`.
public struct Observation: Sendable, Hashable {
  /// The term itself.
  public var term: any ObservationTerm
  /// Scale, clip range and noise.
  public var shaping: ObservationShaping

  /// Wraps a term with its shaping.
  public init(_ term: any ObservationTerm, shaping: ObservationShaping = .init()) {
    self.term = term
    self.shaping = shaping
  }

  /// The name of the term in scenario files.
  public var name: String { type(of: term).termName }

  public static func == (a: Self, b: Self) -> Bool {
    AnyHashable(a.term) == AnyHashable(b.term) && a.shaping == b.shaping
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(AnyHashable(term))
    hasher.combine(shaping)
  }

  /// How a term type is written with its shaping.
  public static func configurationCase<Term: ObservationTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation,
      wrap: { (shaped: Shaped<Term>) in Self(shaped.term, shaping: shaped.shaping) },
      unwrap: { observation in
        guard let term = observation.term as? Term else { return nil }
        var shaped = Shaped<Term>()
        (shaped.term, shaped.shaping) = (term, observation.shaping)
        return shaped
      })
  }
}

/// A term's own keys and those of the shaping on one level.
struct Shaped<Term: ObservationTerm>: Configurable {
  var term = Term()
  var shaping = ObservationShaping()
  init() {}

  static var keys: [ConfigurationKey<Self>] {
    Term.keys.map { $0.lifted(through: \.term) } + ObservationShaping.keys.map { $0.lifted(through: \.shaping) }
  }

  func crossChecks(_ checks: inout ConfigurationChecks) { term.crossChecks(&checks) }
}
