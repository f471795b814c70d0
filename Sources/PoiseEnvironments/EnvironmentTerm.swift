public import PoiseCore

/// A kind of environment that a scenario can name, in place of a robot's model:
///
///     environment: {corridor: {length: 12}}
///     episodeSteps: 100
///
/// A `DecisionProcess` that is a `ConfigurableTerm` needs nothing more than its name here.
public protocol EnvironmentTerm: ConfigurableTerm {
  /// The task that the term's keys describe.
  ///
  /// - Parameters:
  ///   - name: of the scenario.
  ///   - stepLimit: control steps after which an episode is truncated.
  /// - Throws: `InvalidInput` for keys that make no task.
  func specification(name: String, stepLimit: Int) throws -> any EnvironmentSpecification
}

extension EnvironmentTerm where Self: DecisionProcess {
  public func specification(name: String, stepLimit: Int) throws -> any EnvironmentSpecification {
    DecisionTask(self, name: name, stepLimit: stepLimit)
  }
}

/// An environment as a scenario names it.
public struct NamedEnvironment: Hashable, Sendable {
  public var term: any EnvironmentTerm

  public init(_ term: any EnvironmentTerm) { self.term = term }

  public static func == (a: Self, b: Self) -> Bool { AnyHashable(a.term) == AnyHashable(b.term) }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(term)) }

  /// In files: the name of a kind, with its keys below it.
  public static let format = ConfigurationFormat<Self>.oneOf(Environments.all.map { configurationCase($0) })

  private static func configurationCase<Term: EnvironmentTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation, wrap: { (term: Term) in Self(term) }, unwrap: { $0.term as? Term })
  }
}

/// Every kind of environment that a scenario can name beside robots.
public enum Environments {
  private static let registry = Registry<any EnvironmentTerm.Type>("environments")

  /// All kinds, in the order in which they were added.
  public static var all: [any EnvironmentTerm.Type] { registry.all }

  /// Adds a kind from another package; first thing in a program.
  public static func register(_ kind: any EnvironmentTerm.Type) { registry.register(kind) }
}
