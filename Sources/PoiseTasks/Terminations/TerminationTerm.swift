public import PoiseCore

/// A reason to end an episode before its time: the task is over and nothing follows.
public protocol TerminationTerm: ConfigurableTerm {
  /// Resolves names; called once, before any episode.
  func bind(_ binder: inout TermBinder) -> BoundTermination
}

/// A termination that knows its robot.
public struct BoundTermination: Sendable {
  /// The condition in words and numbers, for tables.
  public var condition: String
  public var applies: @Sendable (_ transition: borrowing Transition) -> Bool

  public init(_ condition: String, applies: @escaping @Sendable (_ transition: borrowing Transition) -> Bool) {
    self.condition = condition
    self.applies = applies
  }
}

/// A termination of a task; in files its name with its keys.
public struct Termination: Sendable, Hashable {
  public var term: any TerminationTerm

  public init(_ term: any TerminationTerm) { self.term = term }

  public var name: String { type(of: term).termName }

  public static func == (a: Self, b: Self) -> Bool { AnyHashable(a.term) == AnyHashable(b.term) }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(term)) }

  public static func configurationCase<Term: TerminationTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation, wrap: { (term: Term) in Self(term) }, unwrap: { $0.term as? Term })
  }
}
