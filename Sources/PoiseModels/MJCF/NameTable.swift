import PoiseCore

/// The names of one kind of element: checks those in the file, generates the missing ones.
///
/// An element without a name gets its kind and its number among all of its kind, counted from 1: `body_3`; underscores are
/// appended where another element has that name.
struct NameTable {
  static let lengthLimit = 100

  let kind: String
  /// In the order of the elements; `nil` has no usable name.
  private var names: [String?] = []
  private var firstUse: [String: SourceLine?]

  init(kind: String, reserved: [String] = []) {
    self.kind = kind
    firstUse = Dictionary(uniqueKeysWithValues: reserved.map { ($0, nil) })
  }

  /// Adds the next element's name.
  mutating func add(_ reader: ElementReader) {
    guard let name = reader.text("name"), !name.isEmpty else {
      names.append(nil)
      return
    }
    names.append(nil)
    // Names become parts of CSV columns, of key paths in scenarios and of lines in messages.
    guard name.count <= Self.lengthLimit,
      name.unicodeScalars.allSatisfy({
        $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F).contains($0.value) && $0 != "," && $0 != "\""
          && $0.value != 0x2028 && $0.value != 0x2029
      }), name.first != " ", name.last != " "
    else {
      reader.problem(
        "name", found: quoted(name.filter { !$0.isNewline }),
        allowed:
          "up to \(Self.lengthLimit) characters, without comma, double quote, control characters, or spaces at the ends",
        remedy: "Rename it.")
      return
    }
    if let first = firstUse[name] {
      let where_ = first.map { " (first: \(reader.findings.files[$0.file]):\($0.line))" } ?? " (reserved)"
      reader.problem(
        "name", found: "\(quoted(name)) for a second \(kind)\(where_)", allowed: "each name once",
        remedy: "Rename one of them.")
      return
    }
    firstUse[name] = reader.source
    names[names.count - 1] = name
  }

  /// One name for each element, all different.
  func resolved() -> [String] {
    var taken = Set(firstUse.keys)
    return names.enumerated().map { index, name in
      if let name { return name }
      var candidate = "\(kind)_\(index + 1)"
      while !taken.insert(candidate).inserted { candidate += "_" }
      return candidate
    }
  }
}
