/// A value that a person sets in a file: its keys are declared once, and that declaration is code, file format and
/// documentation.
///
///     public struct AliveReward: Configurable, Hashable {
///       public var weight = 1.0
///       public init() {}
///       public static let keys: [ConfigurationKey<Self>] = [
///         .key("weight", \.weight, .number(), "Reward for each control step lived.")
///       ]
///     }
///
/// Keys are spelled in lowerCamelCase like the property, without their unit, which the declaration states. A missing
/// key keeps the value of `init()`; an unknown key is a problem.
public protocol Configurable: Sendable {
  /// The documented defaults.
  init()

  /// Every key, in the order in which files and tables show them.
  static var keys: [ConfigurationKey<Self>] { get }

  /// Reports what is wrong between keys that are fine one by one. Called only if they are.
  func crossChecks(_ checks: inout ConfigurationChecks)
}

extension Configurable {
  /// No key contradicts another.
  public func crossChecks(_ checks: inout ConfigurationChecks) {}
}

/// One key of a `Root`: its name, where its value lives, how it is written, and a line that explains it.
public struct ConfigurationKey<Root>: Sendable {
  /// The name in files, in lowerCamelCase.
  public let name: String
  /// One sentence on what the key means, for `poise inspect --schema`.
  public let documentation: String
  /// Whether a file must give the key, because no default can be right.
  public let isRequired: Bool

  /// The phrase of the key's format, for the message about a missing required key.
  let phrase: String
  let read: @Sendable (ConfigurationNode, inout Root, inout ConfigurationReader) -> Void
  let write: @Sendable (Root) -> ConfigurationNode
  let schema: @Sendable (_ defaults: Root, _ path: String) -> [ConfigurationSchema.Entry]

  /// Declares a key.
  ///
  /// - Parameters:
  ///   - name: in lowerCamelCase, equal to the property's name wherever possible.
  ///   - property: where the value lives; its default is what `Root.init()` puts there.
  ///   - format: what may be written, and its unit.
  ///   - documentation: one sentence that adds something the name does not say.
  ///   - isRequired: `true` if every file must give the key.
  ///   - formerNames: what older files call the key; they are read as if they had `name`.
  public static func key<Value>(
    _ name: String, _ property: any WritableKeyPath<Root, Value> & Sendable, _ format: ConfigurationFormat<Value>,
    _ documentation: String, isRequired: Bool = false, formerly formerNames: [String] = []
  ) -> Self {
    Self(
      name: name, documentation: documentation, isRequired: isRequired, phrase: format.phrase,
      read: { node, root, reader in
        if let value = format.read(node, root[keyPath: property], &reader) { root[keyPath: property] = value }
      },
      write: { format.write($0[keyPath: property]) },
      schema: { root, path in
        let value = root[keyPath: property]
        let entry = ConfigurationSchema.Entry(
          path: path, type: format.typeName,
          defaultText: isRequired ? ConfigurationSchema.requiredText : format.summary(value),
          unit: format.unit, allowed: format.allowed, documentation: documentation, formerNames: formerNames)
        return [entry] + format.children(value, path)
      })
  }
}

extension ConfigurationKey {
  /// The same key for a type that contains `Root`, so that several types share keys without one more level in the file.
  ///
  ///     static let keys = [...] + ObservationShaping.keys.map { $0.lifted(through: \.shaping) }
  ///
  /// The outer type's `crossChecks` has to call the inner one's.
  public func lifted<Outer>(through property: any WritableKeyPath<Outer, Root> & Sendable) -> ConfigurationKey<Outer> {
    let (read, write, schema) = (self.read, self.write, self.schema)
    return ConfigurationKey<Outer>(
      name: name, documentation: documentation, isRequired: isRequired, phrase: phrase,
      read: { node, outer, reader in read(node, &outer[keyPath: property], &reader) },
      write: { write($0[keyPath: property]) },
      schema: { outer, path in schema(outer[keyPath: property], path) })
  }
}
