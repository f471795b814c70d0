/// The process exit codes of the command line, after BSD's sysexits.
public enum ExitStatus: Int32, Sendable {
  /// The work is done.
  case done = 0
  /// The command line itself is wrong (`EX_USAGE`).
  case usage = 64
  /// A scenario, model or run folder is wrong (`EX_DATAERR`).
  case badInput = 65
  /// `poise doctor`: this machine does not keep a promise (`EX_UNAVAILABLE`).
  case promiseBroken = 69
  /// A bug of Poise (`EX_SOFTWARE`).
  case internalFault = 70
  /// A file cannot be read or written (`EX_IOERR`).
  case inputOutput = 74
}

/// The base of every error that a user may see: a message, and the exit code of the process.
public protocol PoiseError: Error, CustomStringConvertible, Sendable {
  /// The exit code of a process that this error ends.
  var exitStatus: ExitStatus { get }
}
