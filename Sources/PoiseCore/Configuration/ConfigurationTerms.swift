/// A piece of a configuration that is chosen by name, such as a reward term or a disturbance.
///
///     rewards:
///       - tilt: {body: torso}
///       - alive
public protocol ConfigurableTerm: Configurable, Hashable {
  /// The name in files, in lowerCamelCase.
  static var termName: String { get }
  /// One sentence that says what the term does.
  static var documentation: String { get }
}

/// One of the named alternatives of a `Term`, which is an existential such as `any RewardTerm`, or an enumeration with
/// payloads.
public struct ConfigurationCase<Term: Sendable>: Sendable {
  /// The name in files, in lowerCamelCase.
  public let name: String
  /// One sentence on what the alternative does.
  public let documentation: String
  let read: @Sendable (ConfigurationNode, inout ConfigurationReader) -> Term?
  /// The mapping of the term's keys; `nil` if the term is another case.
  let write: @Sendable (Term) -> ConfigurationNode?
  let schema: @Sendable (_ path: String) -> [ConfigurationSchema.Entry]

  /// A case of an enumeration, or any other type that wraps a `Payload`.
  public init<Payload: Configurable>(
    _ name: String, _ documentation: String, wrap: @escaping @Sendable (Payload) -> Term,
    unwrap: @escaping @Sendable (Term) -> Payload?
  ) {
    self.name = name
    self.documentation = documentation
    read = { node, reader in Payload.read(node, startingFrom: Payload(), &reader).map(wrap) }
    write = { unwrap($0).map(\.written) }
    schema = { Payload.schemaEntries(defaults: Payload(), prefix: "\($0).") }
  }

  /// A type that conforms to the protocol of which `Term` is the existential.
  public static func term<Payload: ConfigurableTerm>(_ type: Payload.Type) -> Self {
    Self(
      Payload.termName, Payload.documentation,
      wrap: { (payload: Payload) in
        guard let term = payload as? Term else { preconditionFailure("\(Payload.self) is not \(Term.self)") }
        return term
      },
      unwrap: { $0 as? Payload })
  }
}

extension ConfigurationCase {
  /// Reads `name` alone or `name: {keys}` and returns the term.
  static func read(
    _ node: ConfigurationNode, among cases: [Self], _ reader: inout ConfigurationReader
  ) -> Term? {
    let names = cases.map(\.name)
    let allowed = names.count == 1 ? quotedList(names) : "one of \(quotedList(names))"
    guard let (name, location, body) = node.namedBody else {
      if let entries = node.entries, entries.count > 1, let term = entries.first(where: { names.contains($0.key) }) {
        // `- tilt:` with its keys on the same level as the name is the usual slip.
        let others = entries.filter { $0.key != term.key }
        // An override that leaves out the name: `disturbances.0.scale`.
        if let option = others.first(where: { $0.location.line == nil && !$0.location.file.isEmpty }) {
          let address = "\(reader.path).\(term.key).\(option.key)"
          reader.report(
            at: option.location, found: "the key \(quoted(option.key)) beside the name \(quoted(term.key))",
            allowed: "keys below the name", remedy: "The address is \(address).")
          return nil
        }
        reader.report(
          node, allowed: "one name with its keys below it",
          remedy: "Indent \(quotedList(others.map(\.key))) further than '\(term.key)'.")
      } else {
        reader.report(node, allowed: "\(allowed), with its keys below it")
      }
      return nil
    }
    guard let match = cases.first(where: { $0.name == name }) else {
      reader.report(at: location, found: quoted(name), allowed: allowed, remedy: suggestion(for: name, among: names))
      return nil
    }
    var term: Term?
    reader.descend(into: name, at: location) { term = match.read(body, &$0) }
    return term
  }

  /// `name: {keys}`, or `name` alone for a term without keys.
  static func written(_ term: Term, among cases: [Self]) -> ConfigurationNode {
    for candidate in cases {
      guard let body = candidate.write(term) else { continue }
      return body.entries?.isEmpty == true ? .text(candidate.name) : .mapping([(candidate.name, body)])
    }
    preconditionFailure("\(term) is none of the declared terms \(cases.map(\.name))")
  }

  static func schemaEntries(_ cases: [Self], path: String) -> [ConfigurationSchema.Entry] {
    cases.flatMap { item in
      let path = "\(path).\(item.name)"
      return [ConfigurationSchema.Entry(path: path, type: "term", documentation: item.documentation)]
        + item.schema(path)
    }
  }

  static func name(of term: Term, among cases: [Self]) -> String {
    written(term, among: cases).namedBody?.name ?? ""
  }
}

extension ConfigurationNode {
  /// The name and keys of a node that is written as `name` or `name: {keys}`.
  var namedBody: (name: String, location: ConfigurationLocation, body: ConfigurationNode)? {
    switch content {
    case .scalar(let scalar):
      return isEmpty || isNull ? nil : (scalar.text, location, Self(.mapping([]), at: location))
    case .mapping(let entries) where entries.count == 1:
      return (entries[0].key, entries[0].location, entries[0].value)
    default: return nil
    }
  }
}

// MARK: - Formats

extension ConfigurationFormat {
  /// Exactly one of several named alternatives, each with its own keys: `solver: direct` or `solver: {iterative: {…}}`.
  public static func oneOf(_ cases: [ConfigurationCase<Value>]) -> Self {
    let names = cases.map(\.name)
    return Self(
      typeName: "one term", allowed: names.joined(separator: ", "), phrase: "one of \(quotedList(names))",
      read: { node, _, reader in ConfigurationCase.read(node, among: cases, &reader) },
      write: { ConfigurationCase.written($0, among: cases) },
      summary: { ConfigurationCase.name(of: $0, among: cases) },
      children: { ConfigurationCase.schemaEntries(cases, path: $1) })
  }

  /// A list of named terms, each a bare name or a name with its keys.
  ///
  /// In paths a term is named by its name, or by index and name if the name occurs in the list twice:
  /// `rewards.1.tilt.weight`.
  public static func terms<Term>(_ cases: [ConfigurationCase<Term>]) -> Self where Value == TermList<Term> {
    let names = cases.map(\.name)
    return Self(
      typeName: "list of terms", allowed: names.joined(separator: ", "),
      phrase: "a list of terms, each one of \(quotedList(names))",
      read: { node, _, reader in
        guard case .sequence(let items) = node.content else {
          reader.report(
            node, allowed: "a list of terms, each one of \(quotedList(names))",
            remedy: node.isEmpty ? "Write [] for none." : "Put a dash and a space before each term.")
          return nil
        }
        let itemNames = items.map { $0.namedBody?.name }
        var terms: [Term] = []
        for (index, item) in items.enumerated() {
          func readItem(_ reader: inout ConfigurationReader) {
            if let term = ConfigurationCase.read(item, among: cases, &reader) { terms.append(term) }
          }
          let isUnique =
            itemNames[index].map { name in itemNames.count { $0 == name } == 1 && names.contains(name) } ?? false
          if isUnique {
            readItem(&reader)
          } else {
            reader.descend(into: "\(index)", at: item.location, readItem)
          }
        }
        return terms.count == items.count ? TermList(terms) : nil
      },
      write: { .sequence($0.map { ConfigurationCase.written($0, among: cases) }) },
      summary: { "[" + $0.map { ConfigurationCase.name(of: $0, among: cases) }.joined(separator: ", ") + "]" },
      children: { ConfigurationCase.schemaEntries(cases, path: $1) })
  }
}
