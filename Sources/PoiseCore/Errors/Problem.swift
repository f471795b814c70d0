/// One mistake in the user's input: where it is, what was found, what is allowed, what to do.
///
/// Printed as `models/robot.xml:12: body 'torso', geom 'head', size: found -1; allowed a length above 0 m. Make it positive.`
public struct Problem: Hashable, Sendable, CustomStringConvertible {
  /// The file as the user named it, or a command-line option.
  public var file: String
  /// The line in `file`, counted from 1; `nil` for the whole file.
  public var line: Int?
  /// The place inside the file: element, key path or name. May be empty.
  public var place: String
  /// The offending value, as it is written.
  public var found: String
  /// The legal values, listed or bounded.
  public var allowed: String
  /// What to do about it, as a sentence. May be empty.
  public var remedy: String

  /// A problem; `found` and `allowed` are phrases without a full stop, `remedy` is a sentence.
  public init(
    file: String, line: Int? = nil, place: String = "", found: String, allowed: String, remedy: String = ""
  ) {
    self.file = file
    self.line = line
    self.place = place
    self.found = found
    self.allowed = allowed
    self.remedy = remedy
  }

  /// `file:line`, or `file` alone.
  public var location: String { line.map { "\(file):\($0)" } ?? file }

  public var description: String {
    let position = place.isEmpty ? location : "\(location): \(place)"
    let sentence = "\(position): found \(found); allowed \(allowed)."
    return (remedy.isEmpty ? sentence : "\(sentence) \(remedy)").printable
  }
}

/// Invalid input, with every problem that was found, in the order of the file.
public struct InvalidInput: PoiseError, Equatable {
  /// At least one, in the order of the file.
  public var problems: [Problem]

  /// Input with the given problems.
  ///
  /// - Parameter problems: at least one.
  public init(_ problems: [Problem]) {
    precondition(!problems.isEmpty, "InvalidInput without a problem")
    self.problems = problems
  }

  /// Input with a single problem.
  public init(_ problem: Problem) { self.init([problem]) }

  public var exitStatus: ExitStatus { .badInput }
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A file or folder that could not be read or written, with the system's own reason.
public struct InputOutputError: PoiseError, Equatable {
  /// The file or folder, as the user named it.
  public var path: String
  /// What was tried, as a verb: "read", "write", "create".
  public var operation: String
  /// Why it failed, as a clause without a full stop, mostly in the system's own words.
  public var reason: String
  /// What to do about it, as a sentence; may be empty.
  public var remedy: String

  /// An error of the given operation on the given path.
  public init(path: String, operation: String, reason: String, remedy: String = "") {
    self.path = path
    self.operation = operation
    self.reason = reason
    self.remedy = remedy
  }

  public var exitStatus: ExitStatus { .inputOutput }
  public var description: String {
    let sentence = "\(path): cannot \(operation): \(reason)."
    return (remedy.isEmpty ? sentence : "\(sentence) \(remedy)").printable
  }
}
