/// The commands of this program as a person types them, for messages that propose one.
public enum ProgramCommand {
  private static let guarded = Guarded("poise")

  /// How the program is called: `poise`, or the name of another package's program with the same command line.
  public static var name: String {
    get { guarded.withLock { $0 } }
    set { guarded.withLock { $0 = newValue } }
  }

  /// A command to copy into a shell: `poise train --resume 'runs/my first'`.
  ///
  /// - Parameter arguments: each is quoted where the shell would read it as anything but itself.
  public static func line(_ arguments: String...) -> String { line(arguments) }

  /// As the other `line`, for arguments in an array.
  public static func line(_ arguments: [String]) -> String {
    ([name] + arguments).map(shellQuoted).joined(separator: " ")
  }
}

/// A word that a POSIX shell reads as this very text: unchanged where it is harmless, in single quotes otherwise.
///
/// Source: POSIX.1-2017, Shell Command Language, 2.2.2: nothing is special between single quotes but the quote itself.
public func shellQuoted(_ text: String) -> String {
  let isHarmless = text.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-_./:=,+@%".utf8.contains(byte)
    }
  }
  // A leading `~` or `=` is expanded by shells; the first is not harmless, and the second is one of zsh alone.
  if isHarmless, !text.isEmpty, !text.hasPrefix("=") { return text }
  return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
