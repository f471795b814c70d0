import Foundation

/// Keys as they are pressed, without Enter and without showing them.
final class PressedKeys {
  private var before = termios()
  private var hasQuit = false

  /// `nil` where standard input is no terminal.
  init?() {
    guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
    var raw = before
    // Ctrl-C stays a signal.
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 else { return nil }
  }

  /// Whether q was pressed since the beginning.
  func wasQuit() -> Bool {
    var file = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    while !hasQuit, poll(&file, 1, 0) == 1, file.revents & Int16(POLLIN) != 0 {
      var byte: UInt8 = 0
      guard read(STDIN_FILENO, &byte, 1) == 1 else { break }
      hasQuit = byte == UInt8(ascii: "q") || byte == UInt8(ascii: "Q")
    }
    return hasQuit
  }

  /// Restores the terminal's settings. To be called however the work ends.
  func release() { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
}
