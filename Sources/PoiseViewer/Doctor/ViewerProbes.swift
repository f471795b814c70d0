public import PoiseExperiments

extension Machine {
  /// Checks of what replays need: the terminal, three.js and a browser. None of them is a promise of Poise.
  ///
  /// - Parameter screen: the screen to check; standard output where `nil`.
  public func viewerProbes(screen: TerminalReplay.Screen? = nil) -> [Probe] {
    let screen = screen ?? TerminalReplay.Screen(environment: environment)
    return [
      Probe("terminal") { terminal(screen) }, Probe("three.js") { three() }, Probe("browser") { browser() },
    ]
  }

  private func terminal(_ screen: TerminalReplay.Screen) -> Finding {
    let text = screen.isASCII ? "ASCII alone" : "UTF-8"
    guard screen.isTerminal else {
      return Finding(
        "terminal", .noted, "standard output is not a terminal; \(text)",
        remedy: "`poise replay --tty` prints a strip of pictures.")
    }
    let kind = environment["TERM"] ?? ""
    let hasColours = !kind.isEmpty && kind != "dumb" && environment["NO_COLOR"].map(\.isEmpty) ?? true
    let found = "\(screen.columns) × \(screen.rows), \(hasColours ? "colours" : "no colours"), \(text)"
    if screen.columns < 60 || screen.rows < 12 {
      return Finding("terminal", .noted, found, remedy: "Replays are drawn better on 60 × 12 or more.")
    }
    guard !screen.isASCII else {
      return Finding(
        "terminal", .noted, found, remedy: "Set LANG to a UTF-8 locale, such as C.UTF-8, for finer pictures.")
    }
    return Finding("terminal", .kept, found)
  }

  private func three() -> Finding {
    do {
      let library = try ThreeLibrary.text(environment: environment)
      return Finding("three.js", .kept, "found, \(library.utf8.count / 1000) kB")
    } catch {
      return Finding("three.js", .noted, "`poise replay --html` and `--serve` cannot work", remedy: "\(error)")
    }
  }

  private func browser() -> Finding {
    let chosen = environment["BROWSER"].flatMap { $0.isEmpty ? nil : $0 }.map { [$0] } ?? []
    let known = ["chromium", "chromium-browser", "google-chrome", "firefox", "epiphany", "falkon", "xdg-open"]
    guard let path = program(chosen + known) else {
      return Finding(
        "browser", .noted, "none found",
        remedy: "Pages of `poise replay --html` open on any other machine; `make test-browser` needs Debian's chromium."
      )
    }
    return Finding("browser", .kept, path)
  }
}
