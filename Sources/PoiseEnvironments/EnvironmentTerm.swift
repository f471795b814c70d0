public import PoiseCore

/// A kind of environment that a scenario can name, in place of a robot's model:
///
///     environment: {corridor: {length: 12}}
///     episodeSteps: 100
///
/// A `DecisionProcess` that conforms to this protocol needs no method of its own.
public protocol EnvironmentTerm: ConfigurableTerm {
  /// Makes the task that the term's keys describe.
  ///
  /// - Parameters:
  ///   - name: the name of the scenario.
  ///   - stepLimit: control steps after which an episode is truncated.
  /// - Throws: `InvalidInput` if the keys describe no task.
  func specification(name: String, stepLimit: Int) throws -> any EnvironmentSpecification
}

extension EnvironmentTerm where Self: DecisionProcess {
  /// The decision process as a task.
  public func specification(name: String, stepLimit: Int) throws -> any EnvironmentSpecification {
    DecisionTask(self, name: name, stepLimit: stepLimit)
  }
}

/// An environment that a scenario names, with its keys.
public struct NamedEnvironment: Hashable, Sendable {
  /// The kind of environment with its keys.
  public var term: any EnvironmentTerm

  /// Wraps a kind of environment with its keys.
  public init(_ term: any EnvironmentTerm) { self.term = term }

  public static func == (a: Self, b: Self) -> Bool { AnyHashable(a.term) == AnyHashable(b.term) }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(term)) }

  /// The format in files: the name of a kind, with its keys below it.
  public static let format = ConfigurationFormat<Self>.oneOf(Environments.all.map { configurationCase($0) })

  private static func configurationCase<Term: EnvironmentTerm>(_ type: Term.Type) -> ConfigurationCase<Self> {
    ConfigurationCase(
      Term.termName, Term.documentation, wrap: { (term: Term) in Self(term) }, unwrap: { $0.term as? Term })
  }
}

/// All kinds of environment that a scenario can name in place of a robot's model.
public enum Environments {
  private static let registry = Registry<any EnvironmentTerm.Type>("environments")

  /// All kinds, in the order in which they were added.
  public static var all: [any EnvironmentTerm.Type] { registry.all }

  /// Adds a kind of another package. Call it before anything else in the program.
  public static func register(_ kind: any EnvironmentTerm.Type) { registry.register(kind) }
}
