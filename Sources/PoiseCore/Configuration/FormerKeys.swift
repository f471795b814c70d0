/// The keys of a configuration that had other names in older files.
///
/// They are renamed in the tree before it is read, so that everything later, messages and schema included, uses one
/// name.
struct FormerKeys {
  /// By the former path: `ddpg.targetSmoothing` to `targetUpdateRate`.
  private let names: [String: String]

  init<Value: Configurable>(of type: Value.Type) {
    var names: [String: String] = [:]
    for entry in ConfigurationSchema(of: type).entries where !entry.formerNames.isEmpty {
      let path = entry.path.split(separator: ".").map(String.init)
      for former in entry.formerNames {
        names[(path.dropLast() + [former]).joined(separator: ".")] = path.last
      }
    }
    self.names = names
  }

  var isEmpty: Bool { names.isEmpty }

  /// The present name of the last part of a path; the last part itself if it never changed.
  func presentName(of path: [String]) -> String { names[path.joined(separator: ".")] ?? path.last ?? "" }
}

extension ConfigurationNode {
  /// Renames the former keys of older files to the present ones. Keys below lists are not renamed.
  public mutating func renameFormerKeys<Value: Configurable>(of type: Value.Type) {
    let former = FormerKeys(of: type)
    if !former.isEmpty { rename(former, below: []) }
  }

  private mutating func rename(_ former: FormerKeys, below path: [String]) {
    guard case .mapping(var entries) = content else { return }
    for i in entries.indices {
      entries[i].key = former.presentName(of: path + [entries[i].key])
      entries[i].value.rename(former, below: path + [entries[i].key])
    }
    content = .mapping(entries)
  }
}

extension ConfigurationOverride {
  /// The same override with the present names of former keys.
  public func renamingFormerKeys<Value: Configurable>(of type: Value.Type) -> Self {
    let former = FormerKeys(of: type)
    var renamed = self
    // A path that is far too long is refused where it is used.
    guard path.count <= Self.pathLimit else { return self }
    for i in path.indices { renamed.path[i] = former.presentName(of: Array(renamed.path[...i])) }
    return renamed
  }
}
