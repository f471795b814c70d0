public import PoiseCore
public import PoiseModels

/// A step on the way from the model's reference pose to the start of an episode; the steps are taken in the order of the
/// scenario.
public protocol ResetTerm: ConfigurableTerm {
  /// Resolves names; called once, before any episode.
  func bind(_ binder: inout TermBinder) -> BoundReset
}

/// A reset term that knows its robot.
public struct BoundReset: Sendable {
  /// What it does in words and numbers, for tables.
  public var effect: String
  /// Changes the start; draws what is random from `random`. A term that needs to know where the bodies are may place
  /// the robot to find out; the final start is placed after the last term.
  public var apply: @Sendable (_ start: inout JointConfiguration, _ random: inout RandomStream, _ robot: Robot) -> Void

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
  public var term: any ResetTerm

  public init(_ term: any ResetTerm) { self.term = term }

  public var name: String { type(of: term).termName }

  public static func == (a: Self, b: Self) -> Bool { AnyHashable(a.term) == AnyHashable(b.term) }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(term)) }

  public static func configurationCase<Term: ResetTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation, wrap: { (term: Term) in Self(term) }, unwrap: { $0.term as? Term })
  }
}
