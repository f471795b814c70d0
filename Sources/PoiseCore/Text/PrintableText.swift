extension String {
  /// The text as it can be shown in a terminal: control characters, which could move the cursor, clear the screen or
  /// rename the window, stand as `\u001b`; line ends and tabs stay.
  ///
  /// Names, units, keys and everything else that comes from a file may hold any of them. Inside the strings of JSON
  /// the result is the same JSON.
  public var printable: String { escaping { $0 != "\n" && $0 != "\t" } }

  /// The same on one line: line ends and tabs, too, stand as `\u000a`.
  public var printableLine: String { escaping { _ in true } }

  private func escaping(_ isEscaped: (Unicode.Scalar) -> Bool) -> String {
    guard unicodeScalars.contains(where: { Self.isControl($0) && isEscaped($0) }) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if Self.isControl(scalar), isEscaped(scalar) {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// C0, DEL, C1, and the marks that turn the direction of writing, so that a line seems to say something else.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
