public import PoiseCore

/// Every algorithm that a scenario can name: the one place where a new one is added, one line in the list.
public enum Algorithms {
  private static let registry = Registry<any Algorithm.Type>(
    "algorithms",
    [PPO.self, REINFORCE.self, A2C.self, A3C.self, GRPO.self, DQN.self, DDPG.self, TD3.self, SAC.self]
      // In the order in which a lecture teaches them.
      + [
        TDLambda.self, MonteCarloControl.self, SARSA.self, ExpectedSARSA.self, QLearning.self, DoubleQLearning.self,
        QLambda.self, DynaQ.self, TabularREINFORCE.self, TabularActorCritic.self,
      ])

  /// Adds an algorithm of another package. Call it before anything else in the program; any thread may do so.
  ///
  /// - Parameter type: its name must be in lower case, words joined by hyphens, and unique.
  public static func register(_ type: any Algorithm.Type) { registry.register(type) }

  /// All algorithms, those of other packages last.
  public static let all: [any Algorithm.Type] = {
    let types = registry.all
    for (i, type) in types.enumerated() {
      precondition(
        type.name.first?.isLowercase == true
          && type.section.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) },
        "the algorithm '\(type.name)' has no name of letters, digits and hyphens that begins in lower case")
      precondition(!types[..<i].contains { $0.name == type.name }, "two algorithms are called '\(type.name)'")
    }
    return types
  }()

  /// The names of all algorithms, in the same order.
  public static var names: [String] { all.map { $0.name } }

  /// The algorithm with a name; `nil` if there is none.
  public static func named(_ name: String) -> (any Algorithm.Type)? { all.first { $0.name == name } }
}

/// The parameters of all algorithms: a section of a scenario for each.
public struct AlgorithmSections: Hashable, Sendable {
  /// The parameters by the algorithm's name; sections that equal the defaults are left out.
  private var sections: [String: any LearnerParameters] = [:]

  /// All sections with their defaults.
  public init() {}

  /// The parameters of an algorithm.
  public subscript<A: Algorithm>(_ type: A.Type) -> A.Parameters {
    get { sections[A.name] as? A.Parameters ?? A.Parameters() }
    set { sections[A.name] = newValue == A.Parameters() ? nil : newValue }
  }

  /// The algorithm of a name with its parameters; `nil` if there is none.
  public func configured(_ name: String) -> ConfiguredAlgorithm? {
    func configured<A: Algorithm>(_ type: A.Type) -> ConfiguredAlgorithm { ConfiguredAlgorithm(type, self[type]) }
    return Algorithms.named(name).map { configured($0) }
  }

  /// All algorithms with their parameters.
  public var all: [ConfiguredAlgorithm] { Algorithms.names.compactMap { configured($0) } }

  public static func == (a: Self, b: Self) -> Bool { a.hashables == b.hashables }
  public func hash(into hasher: inout Hasher) { hasher.combine(hashables) }
  private var hashables: [String: AnyHashable] { sections.mapValues { AnyHashable($0) } }
}

extension AlgorithmSections {
  /// The keys of sections that set a step limit of their own: `ddpg.stepLimit`.
  public static var ownStepLimits: [String] {
    ConfigurationSchema(of: Sections.self).entries.map(\.path).filter { $0.hasSuffix(".stepLimit") }
  }

  /// A configuration that consists of the sections alone.
  private struct Sections: Configurable {
    var sections = AlgorithmSections()
    static var keys: [ConfigurationKey<Self>] { AlgorithmSections.keys.map { $0.lifted(through: \.sections) } }
  }

  /// A section for each algorithm, under the name that it has there.
  public static var keys: [ConfigurationKey<Self>] { Algorithms.all.map { key($0) } }

  private static func key<A: Algorithm>(_ type: A.Type) -> ConfigurationKey<Self> {
    .key(A.section, \.[Name<A>()], .section, A.documentation)
  }

  /// Stands for an algorithm in a key path.
  private struct Name<A: Algorithm>: Hashable, Sendable {}

  private subscript<A: Algorithm>(_: Name<A>) -> A.Parameters {
    get { self[A.self] }
    set { self[A.self] = newValue }
  }
}
