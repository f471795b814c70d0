public import PoiseCore
public import PoiseEnvironments

/// A piece of what the policy sees.
public protocol ObservationTerm: ConfigurableTerm {
  /// Resolves names; called once, before any episode.
  func bind(_ binder: inout TermBinder) -> BoundObservation
}

/// An observation term that knows its robot.
public struct BoundObservation: Sendable {
  /// What is written, before scale, noise and clip.
  public var elements: [Space.Element]
  /// Appends exactly one number for each element, read from `after`.
  public var write: @Sendable (_ transition: borrowing Transition, _ output: inout ObservationWriter) -> Void

  public init(
    _ elements: [Space.Element],
    write: @escaping @Sendable (_ transition: borrowing Transition, _ output: inout ObservationWriter) -> Void
  ) {
    self.elements = elements
    self.write = write
  }
}

/// Where observation terms put their numbers, one after the other.
public struct ObservationWriter: Sendable {
  /// [elements of all terms]
  private(set) var values: [Double]
  private(set) var count = 0

  init(capacity: Int) { values = Array(repeating: 0, count: capacity) }

  @inline(__always) mutating func restart() { count = 0 }

  public mutating func append(_ value: Double) {
    values[count] = value
    count += 1
  }

  public mutating func append(_ vector: Vector3) {
    append(vector.x)
    append(vector.y)
    append(vector.z)
  }
}

/// What any observation term can be given beside its own keys.
public struct ObservationShaping: Configurable, Hashable {
  public var scale = 1.0
  public var clip: ClosedRange<Double>?
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
  public var term: any ObservationTerm
  public var shaping: ObservationShaping

  public init(_ term: any ObservationTerm, shaping: ObservationShaping = .init()) {
    self.term = term
    self.shaping = shaping
  }

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
