public import PoiseCore

/// Every algorithm that a scenario can name: the one place where a new one is added, one line in `shipped`.
public enum Algorithms {
  private static let shipped: [any Algorithm.Type] = [PPO.self, DDPG.self, TD3.self]

  private struct Registry {
    var types: [any Algorithm.Type]
    /// Whether somebody has asked for the list, which is one for the whole process.
    var isInUse = false
  }

  private static let registry = Guarded(Registry(types: shipped))

  /// Adds an algorithm of another package, before anything else of Poise is used. May be called by any thread.
  ///
  /// - Parameter type: its name is lowerCamelCase, and nobody else's.
  public static func register(_ type: any Algorithm.Type) {
    registry.withLock { registry in
      precondition(
        !registry.isInUse, "'\(type.name)' is registered after the algorithms were used: register it at the start")
      precondition(
        type.name.first?.isLowercase == true && type.name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) },
        "'\(type.name)' is no name in lowerCamelCase")
      precondition(!registry.types.contains { $0.name == type.name }, "there is an algorithm '\(type.name)' already")
      registry.types.append(type)
    }
  }

  /// All of them, those of other packages last.
  public static var all: [any Algorithm.Type] {
    registry.withLock { registry in
      registry.isInUse = true
      return registry.types
    }
  }

  /// The names of all of them.
  public static var names: [String] { all.map { $0.name } }

  /// The algorithm of a name, if there is one.
  public static func named(_ name: String) -> (any Algorithm.Type)? { all.first { $0.name == name } }
}

/// The parameters of all algorithms: a section of a scenario for each.
public struct AlgorithmSections: Hashable, Sendable {
  /// By the algorithm's name; defaults are left out.
  private var sections: [String: any LearnerParameters] = [:]

  /// Every section with its defaults.
  public init() {}

  /// The parameters of an algorithm.
  public subscript<A: Algorithm>(_ type: A.Type) -> A.Parameters {
    get { sections[A.name] as? A.Parameters ?? A.Parameters() }
    set { sections[A.name] = newValue == A.Parameters() ? nil : newValue }
  }

  /// An algorithm with its parameters; `nil` where none is called so.
  public func configured(_ name: String) -> ConfiguredAlgorithm? {
    func configured<A: Algorithm>(_ type: A.Type) -> ConfiguredAlgorithm { ConfiguredAlgorithm(type, self[type]) }
    return Algorithms.named(name).map { configured($0) }
  }

  /// All algorithms with their parameters.
  public var all: [ConfiguredAlgorithm] { Algorithms.names.compactMap { configured($0) } }

  /// Changes what all algorithms have in common.
  ///
  /// - Parameter name: of the algorithm.
  public mutating func modify(_ name: String, _ change: (inout any LearnerParameters) -> Void) {
    func modify<A: Algorithm>(_ type: A.Type) {
      var parameters: any LearnerParameters = self[type]
      change(&parameters)
      if let own = parameters as? A.Parameters { self[type] = own }
    }
    if let type = Algorithms.named(name) { modify(type) }
  }

  public static func == (a: Self, b: Self) -> Bool { a.hashables == b.hashables }
  public func hash(into hasher: inout Hasher) { hasher.combine(hashables) }
  private var hashables: [String: AnyHashable] { sections.mapValues { AnyHashable($0) } }
}

extension AlgorithmSections {
  /// A section for each algorithm, under its name.
  public static var keys: [ConfigurationKey<Self>] { Algorithms.all.map { key($0) } }

  private static func key<A: Algorithm>(_ type: A.Type) -> ConfigurationKey<Self> {
    .key(A.name, \.[Name<A>()], .section, A.documentation)
  }

  /// Stands for an algorithm in a key path.
  private struct Name<A: Algorithm>: Hashable, Sendable {}

  private subscript<A: Algorithm>(_: Name<A>) -> A.Parameters {
    get { self[A.self] }
    set { self[A.self] = newValue }
  }
}
