/// The state of reading a configuration: the problems so far, the place of each key, and the path of the key being
/// read.
public struct ConfigurationReader: Sendable {
  /// The problems that are reported to the user; empty if only the valid part of the configuration is needed.
  public private(set) var problems: [Problem] = []
  private var problemCount = 0
  /// The number of contradictions between keys that are valid by themselves.
  fileprivate(set) var contradictionCount = 0
  /// The number of problems that leave a key without a value.
  var faultCount: Int { problemCount - contradictionCount }
  private(set) var locations: [String: ConfigurationLocation] = [:]
  private var components: [String] = []
  /// For each name of a key, the paths that end in it; made when the first unknown key is found.
  private lazy var pathsByName: [String: [String]] = Dictionary(
    grouping: schemaPaths(), by: { $0.split(separator: ".").last.map(String.init) ?? $0 })
  private let schemaPaths: @Sendable () -> [String]
  /// Whether a section with a faulty key is read without that key, instead of not at all.
  let keepsWhatIsGood: Bool

  /// - Parameter schemaPaths: the paths of all keys of the whole configuration, for hints about keys in the wrong
  ///   place.
  init(keepsWhatIsGood: Bool = false, schemaPaths: @escaping @Sendable () -> [String]) {
    self.keepsWhatIsGood = keepsWhatIsGood
    self.schemaPaths = schemaPaths
  }

  /// The key that is being read: `ppo.clipRange`, `rewards.tilt.weight`; empty at the top.
  public var path: String { components.joined(separator: ".") }

  /// Reports a problem with the key that is being read, at a place in a file.
  ///
  /// - Parameters:
  ///   - location: the place.
  ///   - found: what was found there, quoted: `-1`, `'fast'`.
  ///   - allowed: the legal values, as a phrase that follows "allowed".
  ///   - remedy: what to do, as a sentence; may be empty.
  public mutating func report(
    at location: ConfigurationLocation, found: @autoclosure () -> String, allowed: @autoclosure () -> String,
    remedy: @autoclosure () -> String = ""
  ) {
    problemCount += 1
    guard !keepsWhatIsGood else { return }
    problems.append(
      Problem(
        file: location.file, line: location.line, place: path, found: found(), allowed: allowed(), remedy: remedy()))
  }

  /// Reports that a node is not what its key allows.
  public mutating func report(
    _ node: ConfigurationNode, allowed: @autoclosure () -> String, remedy: @autoclosure () -> String = ""
  ) {
    report(at: node.location, found: node.found, allowed: allowed(), remedy: remedy())
  }

  /// Reads what is below a key. With a location, it becomes the place where later problems with this key are shown.
  public mutating func descend(
    into component: String, at location: ConfigurationLocation?, _ body: (inout Self) -> Void
  ) {
    components.append(component)
    if let location { locations[path] = location }
    body(&self)
    components.removeLast()
  }

  mutating func reportUnknown(_ entry: ConfigurationNode.Entry, known: KnownKeys) {
    // Suggestions would take most of the time for a file with many unknown keys.
    guard !keepsWhatIsGood else { return report(at: entry.location, found: "", allowed: "") }
    var remedy = known.names.suggestion(for: entry.key)
    // By meaning before spelling: `gamma` is near to nothing here, and `n_steps` to the wrong key.
    if let row = FieldNames.row(for: entry.key) {
      let meant = FieldNames.paths(for: entry.key, in: path, among: schemaPaths())
      if !meant.isEmpty {
        // Outside of an algorithm's section many may be meant.
        let shown = meant.prefix(4).joined(separator: " or ") + (meant.count > 4 ? ", and so on," : "")
        remedy = "It is called \(shown) here." + (row.remark.isEmpty ? "" : " \(row.remark)")
      }
    }
    if remedy.isEmpty, let elsewhere = pathsByName[entry.key] {
      let more = elsewhere.count > 3 ? ", and so on" : ""
      remedy = "It is a key in another place: \(quotedList(Array(elsewhere.prefix(3))))\(more)."
    }
    // The keys of a section can fill a screen; a hint says more.
    report(
      at: entry.location, found: "the unknown key \(quoted(entry.key))",
      allowed: remedy.isEmpty ? known.phrase : "a known key", remedy: remedy)
  }

  mutating func reportDuplicate(_ entry: ConfigurationNode.Entry, first: ConfigurationLocation) {
    let line = first.line.map { ", first in line \($0)" } ?? ""
    descend(into: entry.key, at: nil) {
      $0.report(
        at: entry.location, found: "the key for the second time\(line)", allowed: "each key once",
        remedy: "Remove one of them.")
    }
  }
}

/// The keys of a section, for messages about unknown ones; made once for all messages.
struct KnownKeys {
  let names: NearNames
  let phrase: String

  init(_ names: [String]) {
    self.names = NearNames(names)
    phrase =
      names.isEmpty
      ? "no keys here" : names.count == 1 ? "the key \(quotedList(names))" : "the keys \(quotedList(names))"
  }
}

/// Collects contradictions between the keys of one value.
public struct ConfigurationChecks: Sendable {
  fileprivate(set) var reader: ConfigurationReader
  private let fallback: ConfigurationLocation

  init(reader: ConfigurationReader, fallback: ConfigurationLocation) {
    self.reader = reader
    self.fallback = fallback
  }

  /// Reports a problem with `key` (a path below the value that is checked) unless `condition` holds.
  public mutating func require(
    _ condition: Bool, at key: String, found: @autoclosure () -> String, allowed: @autoclosure () -> String,
    remedy: @autoclosure () -> String = ""
  ) {
    guard !condition else { return }
    let prefix = reader.path
    let place = prefix.isEmpty ? key : key.isEmpty ? prefix : "\(prefix).\(key)"
    let location = ConfigurationSource.nearest(to: place, in: reader.locations) ?? fallback
    reader.contradictionCount += 1
    if key.isEmpty { return reader.report(at: location, found: found(), allowed: allowed(), remedy: remedy()) }
    reader.descend(into: key, at: nil) {
      $0.report(at: location, found: found(), allowed: allowed(), remedy: remedy())
    }
  }
}

/// The place of each key of a configuration, for problems that only a later stage can find, such as a body that the
/// model lacks.
public struct ConfigurationSource: Hashable, Sendable {
  /// The main file, or a name for another source.
  public let file: String
  let locations: [String: ConfigurationLocation]

  /// Makes the source of a configuration that was made in code: no key has a line.
  public init(file: String) { self.init(file: file, locations: [:]) }

  init(file: String, locations: [String: ConfigurationLocation]) {
    self.file = file
    self.locations = locations
  }

  /// The place of a key; for a key that was left out, the place of its section.
  public func location(of path: String) -> ConfigurationLocation {
    Self.nearest(to: path, in: locations) ?? ConfigurationLocation(file: file)
  }

  /// Makes a problem with a key, at the place of the key.
  public func problem(at path: String, found: String, allowed: String, remedy: String = "") -> Problem {
    let location = location(of: path)
    return Problem(
      file: location.file, line: location.line, place: path, found: found, allowed: allowed, remedy: remedy)
  }

  static func nearest(to path: String, in locations: [String: ConfigurationLocation]) -> ConfigurationLocation? {
    var path = path[...]
    while true {
      if let location = locations[String(path)] { return location }
      guard let dot = path.lastIndex(of: ".") else { return nil }
      path = path[..<dot]
    }
  }

  /// Sorts problems: the file from top to bottom, then the command line.
  public func sorted(_ problems: [Problem]) -> [Problem] {
    let keys = problems.map { ($0.file == file ? 0 : 1, $0.file == file ? $0.line ?? 0 : 0) }
    return problems.indices.sorted { (keys[$0].0, keys[$0].1, $0) < (keys[$1].0, keys[$1].1, $1) }.map { problems[$0] }
  }
}
