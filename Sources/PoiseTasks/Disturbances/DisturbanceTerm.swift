public import PoiseCore
public import PoiseModels

/// Something that happens to the robot during an episode.
public protocol DisturbanceTerm: ConfigurableTerm {
  /// Resolves names; called once, before any episode.
  func bind(_ binder: inout TermBinder) -> BoundDisturbance
}

/// A disturbance term bound to a robot. Its memory during an episode is an array of numbers that the environment owns,
/// so that all worlds can share one bound term.
public struct BoundDisturbance: Sendable {
  /// What it does in words and numbers, for tables.
  public var effect: String
  /// The number of values in its memory.
  public var memoryCount: Int
  /// Starts an episode: sets the memory, [memoryCount].
  public var begin: @Sendable (_ memory: inout [Double], _ random: inout RandomStream) -> Void
  /// Acts on the robot for the control step that begins `step` control steps after the episode did; returns the force it
  /// exerts (N, world frame), for the record.
  public var act:
    @Sendable (_ step: Int, _ memory: inout [Double], _ random: inout RandomStream, _ robot: Robot) -> Vector3

  /// Makes a bound disturbance from its two functions; see the properties of the same names.
  public init(
    _ effect: String, memoryCount: Int,
    begin: @escaping @Sendable (_ memory: inout [Double], _ random: inout RandomStream) -> Void,
    act:
      @escaping @Sendable (_ step: Int, _ memory: inout [Double], _ random: inout RandomStream, _ robot: Robot) ->
      Vector3
  ) {
    self.effect = effect
    self.memoryCount = memoryCount
    self.begin = begin
    self.act = act
  }
}

/// A disturbance of a task; in files its name with its keys.
public struct Disturbance: Sendable, Hashable {
  /// The term itself.
  public var term: any DisturbanceTerm

  /// Wraps a term.
  public init(_ term: any DisturbanceTerm) { self.term = term }

  /// The name of the term in scenario files.
  public var name: String { type(of: term).termName }

  public static func == (a: Self, b: Self) -> Bool { AnyHashable(a.term) == AnyHashable(b.term) }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(term)) }

  /// How a term type is written in files: its name with its keys.
  public static func configurationCase<Term: DisturbanceTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation, wrap: { (term: Term) in Self(term) }, unwrap: { $0.term as? Term })
  }
}
