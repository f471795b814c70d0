public import PoiseCore
public import PoiseModels

/// A change of the start of an episode. The first term changes the model's reference pose, each further one what the
/// one before it has left, in the order of the scenario.
public protocol ResetTerm: ConfigurableTerm {
  /// Resolves names; called once, before any episode.
  func bind(_ binder: inout TermBinder) -> BoundReset
}

/// A reset term bound to a robot.
public struct BoundReset: Sendable {
  /// What it does in words and numbers, for tables.
  public var effect: String
  /// Changes the start; draws random numbers from `random`. A term that needs the bodies' positions may place
  /// the robot to find out; the final start is placed after the last term.
  public var apply: @Sendable (_ start: inout JointConfiguration, _ random: inout RandomStream, _ robot: Robot) -> Void

  /// Makes a bound reset from its description and the function that changes the start.
  public init(
    _ effect: String,
    apply:
      @escaping @Sendable (_ start: inout JointConfiguration, _ random: inout RandomStream, _ robot: Robot) -> Void
  ) {
    self.effect = effect
    self.apply = apply
  }
}

/// A reset term of a task; in files its name with its keys.
public struct Reset: Sendable, Hashable {
  /// The term itself.
  public var term: any ResetTerm

  /// Wraps a term.
  public init(_ term: any ResetTerm) { self.term = term }

  /// The name of the term in scenario files.
  public var name: String { type(of: term).termName }

  public static func == (a: Self, b: Self) -> Bool { AnyHashable(a.term) == AnyHashable(b.term) }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(term)) }

  /// How a term type is written in files: its name with its keys.
  public static func configurationCase<Term: ResetTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation, wrap: { (term: Term) in Self(term) }, unwrap: { $0.term as? Term })
  }
}
