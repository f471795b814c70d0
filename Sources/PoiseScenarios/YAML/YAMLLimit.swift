/// Limits of a YAML document.
enum YAMLLimit {
  /// Levels of lists and mappings. Scenarios need about six; libyaml's own limit is 1000.
  static let nesting = 32
}
