import Foundation
import PoiseExperiments
import PoiseNetworks
import PoiseScenarios
@testable import PoiseViewer
import TestSupport
import Testing
import PoiseControl

/// Programs on the path.
private let folders = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":").map(String.init)

private func find(_ names: [String]) -> String? {
  names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// A software-drawn page takes a minute or more, so these run where they are asked for: `make test-browser`.
private let hasBrowser =
  ProcessInfo.processInfo.environment["POISE_BROWSER_TESTS"] == "1" && find(["python3"]) != nil
  && find(["chromium", "chromium-browser", "google-chrome"]) != nil

/// The pages in headless Chromium, by `Browser/check_page.py`; run by `make test-browser`, where Chromium and Python are there.
@Suite(
  "The page in a browser", .serialized,
  .enabled(
    if: hasThree && hasBrowser,
    "not asked for by `make test-browser`, or Chromium, Python or Debian's libjs-three is missing"),
  .timeLimit(.minutes(15)))
struct BrowserTests {
  /// Runs the checks and passes on what they say.
  static func check(_ arguments: [String]) throws {
    let scratch = try ScratchFolder()
    let process = Process()
    process.executableURL = URL(filePath: try #require(find(["python3"])))
    process.arguments = ["\(ProjectFolders.root)/Tests/PoiseViewerTests/Browser/check_page.py"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    process.standardInput = FileHandle.nullDevice
    let output = try scratch.file("output", "")
    let handle = try #require(FileHandle(forWritingAtPath: output))
    (process.standardOutput, process.standardError) = (handle, handle)
    try process.run()
    process.waitUntilExit()
    let text = try String(contentsOfFile: output, encoding: .utf8)
    #expect(process.terminationStatus == 0, "\(text)")
  }

  @Test("a page from disk plays, scrubs, seeks and steps, draws what the CSV has, and asks nobody for anything")
  func recorded() throws {
    let scratch = try ScratchFolder()
    let scenario = try PageTests.scenario("humanoid-balance")
    let recording = try Recording(scenario, .baseline(.hold), seed: 4, episodes: 2, instructionSet: .baseline)
    let page = try scratch.file("page.html", try PageTests.page(recording).html())
    let player = try EpisodePlayer(scenario, .baseline(.hold), seed: 4, instructionSet: .baseline)
    let recorder = try TrajectoryRecorder("\(scratch.path)/t.csv", player)
    try recorder.record(0)
    try recorder.commit()
    try Self.check(["recorded", page, "\(scratch.path)/t.csv"])
  }

  @Test("a live episode that ends says so, and goes on with the next")
  func ends() async throws {
    let scenario = try PageTests.scenario("cartpole-balance", ["terminations=[]", "episodeSeconds=3"])
    try await ServerTests.serving(scenario) { _, server in try Self.check(["ends", server.address]) }
  }

  @Test("a page from the server follows the robot, and lets the mouse pull it")
  func live() async throws {
    // No episode ends while the mouse pulls.
    let scenario = try PageTests.scenario("humanoid-balance", ["terminations=[]", "episodeSeconds=600"])
    try await ServerTests.serving(scenario) { _, server in try Self.check(["live", server.address]) }
  }
}
