/// A value that is set in a file. Its keys are declared once, and that declaration is code, file format and
/// documentation.
///
///     public struct AliveReward: Configurable, Hashable {
///       public var weight = 1.0
///       public init() {}
///       public static let keys: [ConfigurationKey<Self>] = [
///         .key("weight", \.weight, .number(), "Reward for each control step.")
///       ]
///     }
///
/// Keys are spelled in lowerCamelCase like the property, without their unit, which the declaration states. A missing
/// key keeps the value of `init()`; an unknown key is a problem.
public protocol Configurable: Sendable {
  /// Makes a value of the documented defaults.
  init()

  /// Every key, in the order in which files and tables show them.
  static var keys: [ConfigurationKey<Self>] { get }

  /// Reports contradictions between keys. Called only if each key is valid by itself.
  func crossChecks(_ checks: inout ConfigurationChecks)
}

extension Configurable {
  /// Reports nothing: no key contradicts another, unless the type says otherwise.
  public func crossChecks(_ checks: inout ConfigurationChecks) {}
}

/// One key of a `Root`: its name, its property, its format, and a line of documentation.
public struct ConfigurationKey<Root>: Sendable {
  /// The name in files, in lowerCamelCase.
  public let name: String
  /// One sentence on what the key means, for `poise inspect --schema`.
  public let documentation: String
  /// Whether a file must have the key, because there is no suitable default.
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
  ///   - property: the property that holds the value; its default is the value after `Root.init()`.
  ///   - format: what may be written, and its unit.
  ///   - documentation: one sentence that adds something to the name.
  ///   - isRequired: `true` if every file must give the key.
  ///   - formerNames: names of the key in older files, which are read as `name`.
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
