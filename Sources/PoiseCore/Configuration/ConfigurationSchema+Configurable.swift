extension ConfigurationSchema {
  /// Collects the keys of a type, with the values of its `init()` as the defaults.
  public init<Value: Configurable>(of type: Value.Type) {
    self.init(entries: Value.schemaEntries(defaults: Value(), prefix: ""))
  }

  /// The mistakes in the declarations of a type, for tests: keys that are declared twice or badly spelled, missing
  /// documentation, defaults that lie outside their own range or fail a cross check.
  public static func faults<Value: Configurable>(of type: Value.Type) -> [String] {
    let schema = ConfigurationSchema(of: Value.self)
    var faults: [String] = []
    var seen: Set<String> = []
    for entry in schema.entries {
      if !seen.insert(entry.path).inserted { faults.append("\(entry.path): declared twice") }
      let isSpelledWell = entry.path.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { name in
        name == "N" || name == "NAME"
          || (name.first?.isLowercase ?? false) && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      }
      if !isSpelledWell { faults.append("\(entry.path): not in lowerCamelCase") }
      if entry.documentation.isEmpty || entry.documentation.contains("\n") {
        faults.append("\(entry.path): documentation is not one line")
      }
    }
    // The default of a required key is only a placeholder.
    let placeholders = Set(schema.entries.filter { $0.defaultText == requiredText }.map(\.path))
    do {
      _ = try Configured<Value>(reading: Value().written)
    } catch {
      let wrong = error.problems.filter { !placeholders.contains($0.place) }
      faults += wrong.map { "\($0.place): the default is \($0.found); allowed \($0.allowed)" }
    }
    return faults
  }
}
