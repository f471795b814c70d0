/// A line of one of a model's files; ordered as the files were opened.
struct SourceLine: Hashable, Comparable, Sendable {
  /// Index into the model's list of files.
  var file: Int
  /// Counted from 1.
  var line: Int

  static func < (a: Self, b: Self) -> Bool { (a.file, a.line) < (b.file, b.line) }
}

/// One element of a model file: its name, attributes, children, and where its tag starts.
struct MJCFElement: Sendable {
  var name: String
  var attributes: [String: String]
  var children: [MJCFElement]
  var source: SourceLine

  /// The children called `name`, in the order of the file.
  func children(named name: String) -> [MJCFElement] { children.filter { $0.name == name } }

  /// This element without some of its attributes.
  func without(_ names: Set<String>) -> Self {
    var result = self
    result.attributes = attributes.filter { !names.contains($0.key) }
    return result
  }

  /// `geom 'head'`, or `geom` where the element has no name.
  var label: String {
    guard let label = attributes["name"], !label.isEmpty else { return name }
    return "\(name) '\(label.prefix(80))'"
  }
}
