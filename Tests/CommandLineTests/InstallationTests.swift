import Foundation
import TestSupport
import Testing

/// A program with its files, as `make install` lays them out.
private struct Installation {
  let folder = try? ScratchFolder()
  var prefix: String { "\(folder?.path ?? "")/prefix" }

  init() throws {
    let make = try CapturedProcess(
      URL(filePath: "/usr/bin/env"),
      ["make", "-s", "-o", "build", "install", "PREFIX=\(prefix)", "POISE=\(PoiseProcess.program.path)"],
      in: ProjectFolders.root)
    try #require(make.status == 0, "\(make.errors)")
  }

  /// A line of shell, with the program on the PATH and without POISE_HOME.
  func shell(_ line: String, in folder: String = "/", environment: [String: String?] = [:]) throws -> CapturedProcess {
    var environment = environment
    environment["PATH"] = "\(prefix)/bin:/usr/bin:/bin"
    if environment["POISE_HOME"] == nil { environment["POISE_HOME"] = .some(nil) }
    return try CapturedProcess(URL(filePath: "/bin/sh"), ["-c", line], in: folder, environment: environment)
  }
}

@Suite("An installed poise", .timeLimit(.minutes(5)))
struct InstallationTests {
  @Test("is found on the PATH, finds its files from anywhere, and moves with them")
  func anywhere() throws {
    let installed = try Installation()
    let list = try installed.shell("poise list")
    #expect(
      list.status == 0
        && list.output.replacing(#/ +/#, with: " ").contains(
          "humanoid-balance \(installed.prefix)/share/poise/scenarios/")
    )
    #expect(list.output.contains("\(installed.prefix)/share/poise/models/trained/humanoid-balance"))
    let evaluated = try installed.shell(
      "poise evaluate models/trained/humanoid-balance --episodes 1 --json --threads 1")
    #expect(evaluated.status == 0 && evaluated.output.contains("\"algorithm\" : \"ppo\""), "\(evaluated.errors)")
    let scenario = try installed.shell("poise evaluate humanoid-balance --episodes 1 --json --threads 1")
    #expect(scenario.status == 0 && scenario.output.contains("\"algorithm\" : \"hold\""), "\(scenario.errors)")
    #expect(scenario.errors.contains("the trained run of this name is models/trained/humanoid-balance"))
    let simulated = try installed.shell("poise simulate pendulum-balance --seconds 0.1")
    #expect(simulated.status == 0, "\(simulated.errors)")
    // By a symbolic link, as package managers have it.
    let linked = try installed.shell(
      "ln -s \(installed.prefix)/bin/poise ../link && ../link list", in: installed.prefix)
    #expect(linked.status == 0 && linked.output.contains("cartpole-balance"), "\(linked.errors)")
    // From the folder that is no more.
    let gone = try installed.shell(
      "mkdir gone && cd gone && rmdir ../gone && poise list && poise check humanoid", in: installed.prefix)
    #expect(gone.status == 0 && gone.output.contains("humanoid-balance") && gone.output.contains("good"), "\(gone)")
    let moved = try installed.shell(
      "mv \(installed.prefix) \(installed.prefix)2 && \(installed.prefix)2/bin/poise list")
    #expect(moved.status == 0 && moved.output.contains("\(installed.prefix)2/share/poise/scenarios"), "\(moved)")
  }

  @Test("without its files it says where it looked and what to do, with exit code 74, and prints no empty list")
  func lost() throws {
    let installed = try Installation()
    for command in ["poise list", "poise inspect humanoid", "poise train humanoid-balance"] {
      let result = try installed.shell("rm -rf \(installed.prefix)/share && \(command)")
      #expect(result.status == 74 && result.output.isEmpty, "\(result)")
      #expect(result.errors.contains("POISE_HOME") && result.errors.contains("make install"), "\(result.errors)")
    }
    let found = try installed.shell("poise list", environment: ["POISE_HOME": ProjectFolders.root])
    #expect(found.status == 0 && found.output.contains("\(ProjectFolders.root)/scenarios/humanoid-balance.yaml"))
    let wrong = try installed.shell("poise list", environment: ["POISE_HOME": "/nowhere"])
    #expect(wrong.status == 74 && wrong.errors.contains("POISE_HOME=/nowhere"), "\(wrong)")
  }

  @Test("a project's own models and scenarios stand beside those that ship, and go before equal names")
  func project() throws {
    let installed = try Installation()
    let scratch = try ScratchFolder()
    _ = try scratch.file("models/mine.xml", "<mujoco/>")
    _ = try scratch.file("scenarios/cartpole-balance.yaml", "model: cartpole\n")
    let list = try installed.shell("poise list", in: scratch.path).output
    #expect(list.replacing(#/ +/#, with: " ").contains("cartpole-balance scenarios/cartpole-balance.yaml"), "\(list)")
    #expect(list.replacing(#/ +/#, with: " ").contains("mine models/mine.xml"), "\(list)")
    #expect(list.contains("\(installed.prefix)/share/poise/scenarios/humanoid-balance.yaml"), "\(list)")
  }

  @Test("has completions that know scenarios and options, and a manual page that man shows without a warning")
  func completionsAndManual() throws {
    let installed = try Installation()
    let share = "\(installed.prefix)/share"
    let bash = try CapturedProcess(
      URL(filePath: "/bin/bash"),
      [
        "-c",
        """
        source \(share)/bash-completion/completions/poise
        COMP_WORDS=(poise train humanoid-b); COMP_CWORD=2; COMP_LINE='poise train humanoid-b'; COMP_POINT=22
        _poise; printf '%s\\n' "${COMPREPLY[@]}"
        """,
      ], in: "/", environment: ["PATH": "\(installed.prefix)/bin:/usr/bin:/bin"])
    #expect(bash.output.contains("humanoid-balance"), "\(bash)")
    for file in ["zsh/site-functions/_poise", "fish/vendor_completions.d/poise.fish"] {
      #expect(
        try String(contentsOfFile: "\(share)/\(file)", encoding: .utf8).contains("--resume")
          || String(contentsOfFile: "\(share)/\(file)", encoding: .utf8).contains("'resume'"), "\(file)")
    }
    let page = try String(contentsOfFile: "\(share)/man/man1/poise.1", encoding: .utf8)
    #expect(page.contains(".SH ENVIRONMENT") && page.contains("POISE_HOME") && page.contains(".SS poise train"))
    #expect(page.split(separator: "\n").allSatisfy { !$0.hasPrefix("'") })
    let licences = try String(contentsOfFile: "\(share)/poise/NOTICE", encoding: .utf8)
    #expect(licences.contains("three.js"))
  }

  @Test("make uninstall takes away all that make install has brought")
  func uninstall() throws {
    let installed = try Installation()
    let make = try CapturedProcess(
      URL(filePath: "/usr/bin/env"), ["make", "-s", "uninstall", "PREFIX=\(installed.prefix)"], in: ProjectFolders.root)
    #expect(make.status == 0, "\(make.errors)")
    let files = FileManager.default.enumerator(atPath: installed.prefix)?.compactMap { $0 as? String } ?? []
    let left = files.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(installed.prefix)/\(name)", isDirectory: &isFolder)
        && !isFolder.boolValue
    }
    #expect(left.isEmpty, "\(left)")
  }
}
