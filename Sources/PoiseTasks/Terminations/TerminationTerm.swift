public import PoiseCore

/// A condition that terminates an episode before its time limit: the task is over and nothing follows.
public protocol TerminationTerm: ConfigurableTerm {
  /// Resolves names; called once, before any episode.
  func bind(_ binder: inout TermBinder) -> BoundTermination
}

/// A termination term bound to a robot.
public struct BoundTermination: Sendable {
  /// The condition in words and numbers, for tables.
  public var condition: String
  /// Whether the episode terminates with this transition.
  public var applies: @Sendable (_ transition: borrowing Transition) -> Bool

  /// Makes a bound termination from its description and its condition.
  public init(_ condition: String, applies: @escaping @Sendable (_ transition: borrowing Transition) -> Bool) {
    self.condition = condition
    self.applies = applies
  }
}

/// A termination of a task; in files its name with its keys.
public struct Termination: Sendable, Hashable {
  /// The term itself.
  public var term: any TerminationTerm

  /// Wraps a term.
  public init(_ term: any TerminationTerm) { self.term = term }

  /// The name of the term in scenario files.
  public var name: String { type(of: term).termName }

  public static func == (a: Self, b: Self) -> Bool { AnyHashable(a.term) == AnyHashable(b.term) }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(term)) }

  /// How a term type is written in files: its name with its keys.
  public static func configurationCase<Term: TerminationTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation, wrap: { (term: Term) in Self(term) }, unwrap: { $0.term as? Term })
  }
}
