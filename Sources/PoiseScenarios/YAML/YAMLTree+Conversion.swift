import PoiseCore
import Yams

extension YAMLTree {
  /// Converts Yams's nodes to neutral ones and collects a problem for everything that is refused.
  struct Conversion {
    let file: String
    /// The character around the number in front of a renamed key; see `compose`.
    let marker: Unicode.Scalar?
    var problems: [Problem] = []

    init(file: String, marker: Unicode.Scalar?) {
      self.file = file
      self.marker = marker
    }

    mutating func node(_ node: Node, level: Int) -> ConfigurationNode {
      let location = ConfigurationLocation(file: file, line: node.mark?.line)
      refuseTag(of: node)
      if level > YAMLLimit.nesting, node.scalar == nil {
        report(
          node, found: "more than \(YAMLLimit.nesting) levels of lists and sections",
          allowed: "at most \(YAMLLimit.nesting)")
        return ConfigurationNode(.sequence([]), at: location)
      }
      switch node {
      case .scalar(let scalar):
        let isQuoted = scalar.style != .plain && scalar.style != .any
        return ConfigurationNode(.scalar(.init(scalar.string, isQuoted: isQuoted)), at: location)
      case .sequence(let items):
        return ConfigurationNode(.sequence(items.map { self.node($0, level: level + 1) }), at: location)
      case .mapping(let pairs):
        return ConfigurationNode(.mapping(pairs.compactMap { entry($0.key, $0.value, level: level) }), at: location)
      case .alias:
        report(node, found: "an alias", allowed: "no anchors and aliases")
        return ConfigurationNode(.sequence([]), at: location)
      }
    }

    private mutating func entry(_ key: Node, _ value: Node, level: Int) -> ConfigurationNode.Entry? {
      refuseTag(of: key)
      guard case .scalar(let scalar) = key else {
        report(key, found: "a list or a section in place of a key", allowed: "names as keys")
        return nil
      }
      guard !scalar.string.isEmpty else {
        report(key, found: "an empty key", allowed: "names as keys")
        return nil
      }
      let location = ConfigurationLocation(file: file, line: key.mark?.line)
      var value = node(value, level: level + 1)
      // A value that spans lines is reported at the line of its key.
      if value.location.line != location.line { value.location = location }
      return ConfigurationNode.Entry(unmarked(scalar.string), at: location, value)
    }

    private func unmarked(_ key: String) -> String {
      let scalars = key.unicodeScalars
      guard let marker, scalars.first == marker, let end = scalars.dropFirst().firstIndex(of: marker) else {
        return key
      }
      return String(scalars[scalars.index(after: end)...])
    }

    /// Plain scalars, lists and mappings have the implicit tag, quoted text has YAML's tag of strings; anything else
    /// was written.
    private mutating func refuseTag(of node: Node) {
      let tag =
        switch node {
        case .scalar(let scalar): scalar.tag
        case .sequence(let items): items.tag
        case .mapping(let pairs): pairs.tag
        case .alias(let alias): alias.tag
        }
      // Comparing two keys makes Yams resolve the tags of both.
      let name = tag.description
      let usual: [Tag.Name] = [.implicit, .nonSpecific] + (node.scalar != nil ? [.str] : [.seq, .map])
      guard !usual.contains(where: { $0.rawValue == name }) else { return }
      report(node, found: "the tag '\(name)'", allowed: "no tags", remedy: "Remove it.")
    }

    private mutating func report(_ node: Node, found: String, allowed: String, remedy: String = "") {
      problems.append(Problem(file: file, line: node.mark?.line, found: found, allowed: allowed, remedy: remedy))
    }
  }
}
