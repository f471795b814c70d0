import Foundation
@testable import PoiseCommandLine
import PoiseCore
import TestSupport
import Testing

/// The program in a terminal of a certain size, which Python's pty makes; what it wrote, and its exit code.
private struct TerminalSession {
  var status: Int
  var text: String

  /// - Parameters:
  ///   - line: of a shell, in which `poise` is the program.
  ///   - keys: typed as soon as `moment` has been written.
  init(
    _ line: String, columns: Int, rows: Int = 24, keys: String = "", after moment: String = "",
    environment: [String: String] = [:]
  ) throws {
    let script = """
      import fcntl, os, pty, select, struct, sys, termios, time
      line, columns, rows, keys, moment = sys.argv[1:6]
      pid, terminal = pty.fork()
      if pid == 0:
          fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', int(rows), int(columns), 0, 0))
          os.environ.update(TERM='xterm', LC_ALL='C.UTF-8')
          os.environ.pop('NO_COLOR', None)
          os.environ.update(pair.split('=', 1) for pair in sys.argv[6:])
          os.execv('/bin/sh', ['sh', '-c', line])
      said, end = b'', time.time() + 240
      while time.time() < end:
          if not select.select([terminal], [], [], 1)[0]: continue
          try: part = os.read(terminal, 65536)
          except OSError: break
          if not part: break
          said += part
          if keys and moment.encode() in said:
              os.write(terminal, keys.encode()); keys = ''
      status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
      sys.stdout.buffer.write(b'%d\\n' % status + said)
      """
    let said = try Python.run(
      script,
      [
        line.replacing("poise", with: PoiseProcess.program.path), "\(columns)", "\(rows)", keys, moment,
      ] + environment.map { "\($0)=\($1)" })
    let end = said.firstIndex(of: "\n") ?? said.endIndex
    status = Int(said[..<end]) ?? -1
    text = String(said[end...].dropFirst())
  }

  /// What stood on lines, each as long as it was before it was rewritten.
  var lines: [String] {
    text.replacing(/\u{1B}\[[0-9;?]*[A-Za-z]/, with: "").replacing("\r\n", with: "\n").split(
      whereSeparator: \.isNewline
    )
    .flatMap { $0.split(separator: "\r") }.map(String.init)
  }
}

@Suite("poise in a terminal", .enabled(if: Python.has("pty", "fcntl", "termios")), .timeLimit(.minutes(10)))
struct TerminalCommandTests {
  @Test(
    "no table is wider than the terminal",
    arguments: [
      "inspect --schema", "inspect humanoid-balance", "inspect humanoid", "list --algorithms", "list --terms",
      "sweep --schema",
      "evaluate cartpole-balance --episodes 2", "inspect ppo",
    ], [80, 50])
  func tables(_ command: String, columns: Int) throws {
    let session = try TerminalSession("poise \(command)", columns: columns)
    #expect(session.status == 0)
    let tables = session.lines
    #expect(tables.count > 5)
    // Sentences beside the tables may be longer; a terminal breaks them.
    let wide = tables.filter { $0.count > columns && $0.contains("  ") }
    #expect(wide.isEmpty, "\(wide.prefix(3))")
  }

  @Test(
    "the progress line never passes the width, and has the curve of the return where there is room",
    arguments: [30, 80, 140])
  func progress(columns: Int) throws {
    let scratch = try ScratchFolder()
    let session = try TerminalSession(
      "poise train pendulum-balance --steps 60000 --threads 1 --out \(scratch.path)/run --set training.stopsAtGoal=false "
        + "--set evaluation.tuningEpisodes=2 --set training.evaluationInterval=20000", columns: columns)
    #expect(session.status == 0, "\(session.text)")
    let shown = session.lines.filter { $0.contains(" of 60") && $0.contains("steps") }
    #expect(!shown.isEmpty && shown.allSatisfy { $0.count < columns }, "\(shown)")
    if columns == 140 { #expect(session.text.contains("▁") || session.text.contains("█"), "\(shown)") }
  }

  @Test("replay quits with q, says so, gives the terminal back as it was, and ends well")
  func quits() throws {
    let session = try TerminalSession(
      "poise replay pendulum-balance --tty --controller random; echo \"status $?\"; stty -a", columns: 80, keys: "q",
      after: "q quits")
    #expect(session.text.contains("status 0"), "\(session.text.suffix(500))")
    #expect(session.text.contains(" icanon") && session.text.contains(" echo ") && !session.text.contains("-icanon"))
    // A terminal ends lines in a carriage return and a line feed, which Swift takes as one character.
    #expect(session.text.last?.isNewline == true && session.text.contains("\u{1B}[?25h"), "the cursor is there again")
    #expect(session.lines.allSatisfy { $0.count <= 80 })
  }

  @Test("errors have colours on a terminal, and none where NO_COLOR is set or the terminal is dumb")
  func colours() throws {
    let command = "poise train pendulum-balance --set ppo.clipRange=7"
    #expect(try TerminalSession(command, columns: 80).text.contains("\u{1B}[31m"))
    for quiet in ["NO_COLOR": "1", "TERM": "dumb"].map({ [$0: $1] }) {
      #expect(try !TerminalSession(command, columns: 80, environment: quiet).text.contains("\u{1B}"), "\(quiet)")
    }
  }

  @Test("a curve of a rising return rises, keeps its width, and takes a thousand values")
  func sparkline() {
    var curve = Sparkline()
    for i in 0..<5000 { curve.add(Double(i)) }
    #expect(curve.text(width: 8) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline().text(width: 8).isEmpty)
    #expect(ProgressLine.fitted("0123456789", curve, columns: 11, true) == "0123456789")
    #expect(ProgressLine.fitted("0123456789", curve, columns: 6, true) == "01234")
    #expect(ProgressLine.fitted("0123456789", curve, columns: 30, true).count == 29)
    #expect(ProgressLine.fitted("0123456789", curve, columns: 30, false) == "0123456789")
  }
}
