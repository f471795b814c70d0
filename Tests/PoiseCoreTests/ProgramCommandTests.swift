import Foundation
import PoiseCore
import TestSupport
import Testing

@Suite("Commands to copy into a shell")
struct ProgramCommandTests {
  @Test("a shell reads each quoted word as it was, whatever stands in it")
  func roundTrip() throws {
    let words = [
      "runs/first", "my run", "it's", "a$HOME", "`id`", "$(id)", "a;b", "*", "?", "~", "~root", "#x", "!", "a\\b",
      "\"q\"", "é", "",
      "-n", "a\nb", "key=[1, 2]", "=ls", "&", "|", "<a>", "{a,b}", "\t",
    ]
    let script = "for word in \(words.map(shellQuoted).joined(separator: " ")); do printf '%s\\0' \"$word\"; done"
    let said = try CapturedProcess(URL(filePath: "/bin/sh"), ["-c", script], in: "/").output
    #expect(said.split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init) == words)
  }

  @Test("harmless words stay as they are; the program's name stands in front")
  func line() {
    #expect(ProgramCommand.line("train", "--resume", "runs/a-1.b_2") == "poise train --resume runs/a-1.b_2")
    #expect(ProgramCommand.line("train", "--resume", "my run") == "poise train --resume 'my run'")
  }
}
