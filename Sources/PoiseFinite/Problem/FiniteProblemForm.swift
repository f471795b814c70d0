public import PoiseCore

/// A finite problem as a scenario writes it, below the key `mdp`: as lists, as a map, or as a file of numbers.
///
///     public var mdp: FiniteProblemForm?
///     .key("mdp", \.mdp, .optional(FiniteProblemForm.format), "A finite problem in place of a robot and a task.")
public enum FiniteProblemForm: Hashable, Sendable {
  case lists(ProblemLists)
  case map(ProblemMap)
  case file(ProblemFile)

  /// `lists: {…}`, `map: {…}` or `file: {…}`, one of them.
  public static var format: ConfigurationFormat<Self> {
    .oneOf([
      ConfigurationCase(
        "lists", "States, actions, probabilities and rewards, each written out.", wrap: Self.lists,
        unwrap: { if case .lists(let lists) = $0 { lists } else { nil } }),
      ConfigurationCase(
        "map", "A world of cells, drawn in characters.", wrap: Self.map,
        unwrap: { if case .map(let map) = $0 { map } else { nil } }),
      ConfigurationCase(
        "file", "Transitions in a file of their own, for large problems.", wrap: Self.file,
        unwrap: { if case .file(let file) = $0 { file } else { nil } }),
    ])
  }

  /// Makes the problem of a section that was read without problems.
  ///
  /// - Parameters:
  ///   - folder: what the path of a file is relative to.
  ///   - source: where keys stand, for what only the file's content can tell.
  ///   - path: of the section, `mdp` where it is the scenario's.
  /// - Throws: `InvalidInput` or `InputOutputError` for the form `file`; the other two were checked when they were read.
  public func problem(
    relativeTo folder: String = "", source: ConfigurationSource = .init(file: ""), path: String = "mdp"
  ) throws -> FiniteProblem {
    switch self {
    case .lists(let lists): lists.problem
    case .map(let map): map.problem
    case .file(let file): try file.problem(relativeTo: folder, source: source, path: "\(path).file")
    }
  }
}
