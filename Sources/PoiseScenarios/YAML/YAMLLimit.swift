import PoiseCore

/// Limits of a YAML document.
enum YAMLLimit {
  /// Levels of lists and mappings. Scenarios need about six; libyaml itself gives up at 1000.
  static let nesting = ConfigurationOverride.pathLimit
}
