import Foundation
import PoiseCore
import PoiseNetworks
import PoiseTraining
import Synchronization

/// A sweep's folder: everything that is needed to resume, and the results.
///
///     sweep.json          plan, scenario, instruction set, and a digest of them
///     outcomes/           one file for each trial: its outcome at each rung
///     runs/               one run folder for each trial, as `poise train` makes them
///     lock                while a process works on it
///     trials.csv          a row for each trial
///     candidates.csv      a row for each candidate, the best first
///
/// Files appear complete or not at all; results that a killed process had not written are computed again.
struct SweepFolder: Sendable {
  let path: String
  let description: Description

  /// `sweep.json`.
  struct Description: Codable, Hashable {
    var format = "poise-sweep"
    var formatVersion = 1
    var poiseVersion: String
    /// Absolute path of the plan.
    var plan: String
    /// Changes of the plan, each `key.path=value`.
    var overrides: [String]
    var instructionSet: InstructionSet
    /// Digest of plan, scenario and model; resuming with others would mix two sweeps.
    var digest: String
  }

  /// The stored results of a trial.
  struct Record: Codable, Hashable {
    /// The outcome at each rung that was reached.
    var outcomes: [TrialOutcome] = []
    /// The outcome so far between two rungs, after an interruption.
    var partial: TrialOutcome?
    /// Whether a process works on it, or was killed while it did.
    var isRunning = false

    /// Whether sums and tables may be made of it; a file may say anything.
    var isPossible: Bool {
      (outcomes + [partial].compactMap(\.self)).allSatisfy {
        $0.environmentSteps.isPossibleCount && $0.faults.isPossibleCount
      }
    }

    /// The latest outcome.
    var latest: TrialOutcome? { partial ?? outcomes.last }
  }

  // MARK: Creating and opening

  /// Creates the folder of a new sweep, under its lock. The description is written last: only with it the folder is a sweep.
  init(creating path: String, _ description: Description) throws {
    (self.path, self.description) = (path, description)
    try Self.checkIsNew(path)
    for folder in ["outcomes", "runs"] { try RunFolder.makeFolder("\(path)/\(folder)") }
    try Self.write(description, to: "\(path)/sweep.json")
  }

  /// - Throws: `InvalidInput` if the folder contains files that a new sweep could damage.
  static func checkIsNew(_ path: String) throws {
    // A sweep that was killed before it had a description has its lock, and folders with nothing in them.
    let isOurs = FolderLock.isPresent(in: path)
    let isNew = try RunFolder.contents(of: path).allSatisfy { name in
      isOurs && (name == FolderLock.fileName || WholeFile.isTemporary(name))
        || ["outcomes", "runs"].contains(name)
          && (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")) == []
    }
    guard !isNew else { return }
    throw InvalidInput(
      Problem(
        file: path, found: "a folder that is not empty", allowed: "a new or empty folder for the sweep",
        remedy: "Choose another --out, or resume the sweep with --resume \(path)."))
  }

  init(contentsOf path: String) throws {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let file = "\(self.path)/sweep.json"
    let bytes: [UInt8]
    do {
      bytes = try BoundedFile.read(file, limit: 1 << 20)
    } catch {
      throw InputOutputError(
        path: file, operation: "read", reason: error.reason,
        remedy: FileManager.default.fileExists(atPath: "\(self.path)/outcomes")
          ? "The sweep was killed before it had begun, or is just beginning: start it again with --out \(self.path)."
          : "A sweep is a folder that 'poise sweep' has created.")
    }
    guard let description = try? JSONDecoder().decode(Description.self, from: Data(bytes)),
      description.format == "poise-sweep", description.formatVersion == 1
    else {
      throw InvalidInput(
        Problem(
          file: file, found: "no description of a sweep", allowed: "what 'poise sweep' of version 0.1 writes",
          remedy: "It is damaged, or from another version of Poise."))
    }
    self.description = description
  }

  /// Removes what processes that were killed while writing left. Only under the lock.
  func removeLeftovers() {
    for folder in [path, "\(path)/outcomes"] { WholeFile.removeLeftovers(in: folder) }
  }

  // MARK: Trials

  var runs: String { "\(path)/runs" }
  private func file(_ trial: SweepTrial) -> String { "\(path)/outcomes/\(trial.name).json" }

  func record(_ trial: SweepTrial) throws -> Record {
    let file = file(trial)
    guard FileManager.default.fileExists(atPath: file) else { return Record() }
    guard let bytes = try? BoundedFile.read(file, limit: 1 << 20),
      let record = try? decoder().decode(Record.self, from: Data(bytes)), record.isPossible
    else {
      throw InvalidInput(
        Problem(
          file: file, found: "no outcome of a trial", allowed: "what 'poise sweep' writes",
          remedy: "Remove it and the run of the same name; the trial will be run again."))
    }
    return record
  }

  private func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  func write(_ record: Record, of trial: SweepTrial) throws { try Self.write(record, to: file(trial)) }

  func write(_ text: String, to name: String) throws { try Self.write(text, to: "\(path)/\(name)") }

  private static func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // A return may be beyond all numbers.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try write(String(decoding: encoder.encode(value), as: UTF8.self) + "\n", to: path)
  }

  private static func write(_ text: String, to path: String) throws {
    let file = try WholeFile(path)
    try file.write(text)
    try file.commit()
  }
}
