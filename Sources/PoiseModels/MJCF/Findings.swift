import PoiseCore

/// The findings of a reader so far: the files, every problem, every approximation.
///
/// A class, because the many small readers of one model all write to the same one.
final class Findings {
  /// Largest number of problems that are listed; the rest are counted.
  static let problemLimit = 100

  /// Paths as the user named them, the main file first.
  private(set) var files: [String]
  private var problems: [(source: SourceLine, problem: Problem)] = []
  private var approximationSources: Set<String> = []
  private var sortedApproximations: [(source: SourceLine, approximation: RobotModel.Approximation)] = []
  private var unlistedCount = 0

  init(mainFile: String) { files = [mainFile] }

  /// - Returns: the new file's index.
  func addFile(_ path: String) -> Int {
    files.append(path)
    return files.count - 1
  }

  var hasProblems: Bool { !problems.isEmpty }
  /// Whether further problems would only be counted.
  var isFull: Bool { problems.count >= Self.problemLimit }

  /// Notes something that keeps the model from being used.
  ///
  /// - Parameter remedy: evaluated only if the problem will be listed, so it may be costly.
  func problem(
    _ source: SourceLine, _ place: String, found: String, allowed: String, remedy: @autoclosure () -> String = ""
  ) {
    guard !isFull else {
      unlistedCount += 1
      return
    }
    let problem = Problem(
      file: files[source.file], line: source.line, place: place, found: found, allowed: allowed, remedy: remedy())
    // A problem in a default class appears at every element that uses it; it is listed once.
    if !problems.contains(where: { $0.problem == problem }) { problems.append((source, problem)) }
  }

  /// Notes something that ODE only approximates; the same place is noted once, however many elements share it.
  func approximation(_ source: SourceLine, _ place: String, _ meaning: String) {
    guard approximationSources.insert("\(source.file):\(source.line):\(place)").inserted else { return }
    let approximation = RobotModel.Approximation(
      file: files[source.file], line: source.line, place: place, meaning: meaning)
    sortedApproximations.append((source, approximation))
  }

  /// In the order of the files and lines.
  var approximations: [RobotModel.Approximation] {
    sortedApproximations.enumerated()
      .sorted { ($0.element.source, $0.offset) < ($1.element.source, $1.offset) }
      .map(\.element.approximation)
  }

  /// - Throws: `InvalidInput` with all problems, in the order of the files and lines, if there are any.
  func throwIfAny() throws(InvalidInput) {
    guard hasProblems else { return }
    var sorted = problems.enumerated()
      .sorted { ($0.element.source, $0.offset) < ($1.element.source, $1.offset) }
      .map(\.element.problem)
    if unlistedCount > 0 {
      sorted.append(
        Problem(
          file: files[0], found: "\(unlistedCount) more problems", allowed: "none",
          remedy: "Correct those above first."))
    }
    throw InvalidInput(sorted)
  }
}

/// Quotes a value from a file for a message, cut to a readable length.
func quoted(_ text: some StringProtocol) -> String {
  let limit = 60
  return text.count <= limit ? "'\(text)'" : "'\(text.prefix(limit))…' (\(text.count) characters)"
}

/// `'a', 'b', 'c'`, cut to a readable number of names.
func listed(_ names: some Collection<String>) -> String {
  let limit = 40
  let shown = names.prefix(limit).map { quoted($0) }.joined(separator: ", ")
  return names.count <= limit ? shown : "\(shown) and \(names.count - limit) more"
}
