import Foundation
import PoiseCore
import PoiseExperiments
import PoiseNetworks
import PoiseScenarios
@testable import PoiseViewer
import TestSupport
import Testing
import PoiseControl

@Suite("A trajectory that is rubbish")
struct TrajectoryFuzzTests {
  private static let vocabulary = Mutator.Vocabulary(
    pieces: [
      ",", "\n", "\r\n", "\"", "\"\"", "\u{FEFF}", ";", "\t", "{", "}", "[", "]", ":", "null", ",,,,,,", "\n\n", "true",
    ],
    plausibleValues: ["0", "1", "2", "0.5", "-1", "1e3", "1e9", "true", "false", "", "\"1\""], valueStarts: ",\n:",
    valueEnds: ",\n}]", valueShare: 12)

  /// A recorded episode of a robot: the bytes of the CSV and of its metadata.
  private static func record(_ name: String, to path: String) throws -> [[UInt8]] {
    let scenario = try LoadedScenario(
      contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml", overrides: ["episodeSeconds=0.2"])
    let player = try EpisodePlayer(scenario, .baseline(.random), seed: 3, instructionSet: .baseline)
    let recorder = try TrajectoryRecorder(path, player)
    for episode in 0..<2 { try recorder.record(episode) }
    try recorder.commit()
    return try [path, TrajectoryMetadata.path(beside: path)].map { [UInt8](try Data(contentsOf: URL(filePath: $0))) }
  }

  @Test("is refused with a message, or drawn", arguments: ["cartpole-balance", "humanoid-balance"])
  func rubbish(name: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "poise-rubbish-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/t.csv"
    let files = try Self.record(name, to: path)
    var mutator = Mutator(Self.vocabulary, corpus: files, random: Torture.random(40))
    var drawn = 0
    let screen = TerminalReplay.Screen(columns: 80, rows: 24, isTerminal: false, isASCII: true)
    let trial = try Torture.trial(
      "csv-\(name)", count: 250, inputs: { mutator.mutated(files[$0.isMultiple(of: 3) ? 1 : 0]) }
    ) { index, bytes in
      // Every third time the metadata, else the CSV, with its metadata or without.
      let metadata = TrajectoryMetadata.path(beside: path)
      try Data(index.isMultiple(of: 3) ? files[0] : bytes).write(to: URL(filePath: path))
      try? FileManager.default.removeItem(atPath: metadata)
      if index.isMultiple(of: 3) { try Data(bytes).write(to: URL(filePath: metadata)) }
      if index % 3 == 1 { try Data(files[1]).write(to: URL(filePath: metadata)) }
      do {
        let recording = try Recording(trajectory: path)
        TerminalReplay(recording, screen: screen).show(write: { _ in }, isStopped: { false })
        drawn += 1
      } catch let error as any PoiseError {
        #expect(!error.description.isEmpty && error.exitStatus != .internalFault, "mutation \(index)")
      }
    }
    #expect((trial.count / 20..<trial.count).contains(drawn), "\(drawn) of \(trial.count) were drawn")
    #expect(trial.slowest < .seconds(60))
  }
}
