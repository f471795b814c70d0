public import PoiseCore

/// A finite problem in a scenario, below the key `mdp`: as lists, as a map, or as a file of numbers.
///
///     public var mdp: FiniteProblemForm?
///     .key("mdp", \.mdp, .optional(FiniteProblemForm.format), "A finite problem in place of a robot and a task.")
public enum FiniteProblemForm: Hashable, Sendable {
  /// Every transition is written out in the scenario.
  case lists(ProblemLists)
  /// A world of cells, drawn in characters.
  case map(ProblemMap)
  /// The transitions are in a file of their own.
  case file(ProblemFile)

  /// The format of the section: exactly one of `lists: {…}`, `map: {…}` and `file: {…}`.
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

  /// Makes the problem of a section that was read without errors.
  ///
  /// - Parameters:
  ///   - folder: the folder that the path of a file is relative to.
  ///   - source: where the keys of the section are, for messages about the file.
  ///   - path: the path of the section's key, `mdp` in a scenario.
  /// - Throws: `InvalidInput` or `InputOutputError` for the form `file`; the other two are checked when they are read.
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
