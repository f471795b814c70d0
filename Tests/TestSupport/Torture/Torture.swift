import Foundation
public import PoiseCore

/// How long the tests are that feed rubbish or wait for rare things: a few seconds in `make test`, as long as one likes in
/// `make torture`.
public enum Torture {
  /// From POISE_TORTURE: how many times as many inputs, or steps, as `make test` has.
  public static let factor = max(1, Int(ProcessInfo.processInfo.environment["POISE_TORTURE"] ?? "") ?? 1)
  /// From POISE_TORTURE_SEED: the root of all rubbish, another for other rubbish.
  public static let seed = UInt64(ProcessInfo.processInfo.environment["POISE_TORTURE_SEED"] ?? "") ?? 2
  /// From POISE_TORTURE_NOTES: where the input at hand is kept while it is tried, so that it outlives a crash.
  static let notes = ProcessInfo.processInfo.environment["POISE_TORTURE_NOTES"]

  /// A stream of the seed for one kind of rubbish.
  public static func random(_ index: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: .testing, index: index)
  }

  /// Tries `count` × `factor` inputs, one after the other.
  ///
  /// What a reader throws, `body` has to catch; what it traps at ends the process, and then the last input is found in the folder
  /// of POISE_TORTURE_NOTES, as `<room>.input`, with its number in `<room>.number`.
  ///
  /// - Returns: the number of inputs, and the processor time that the slowest took.
  @discardableResult
  public static func trial(
    _ room: String, count: Int, inputs: (Int) -> [UInt8], _ body: (Int, [UInt8]) throws -> Void
  ) rethrows -> (count: Int, slowest: Duration) {
    let note = notes.map { CrashNote(folder: $0, room: room) }
    var slowest = Duration.zero
    for index in 0..<count * factor {
      let input = inputs(index)
      note?.write(index, input)
      let time = try processorTime { try body(index, input) }
      slowest = max(slowest, time)
    }
    note?.remove()
    if notes != nil { print("rubbish: \(room): \(count * factor) inputs, seed \(seed), the slowest took \(slowest)") }
    return (count * factor, slowest)
  }
}

/// The input that is being tried, on disk.
private struct CrashNote {
  private let path: String

  init(folder: String, room: String) {
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    path = "\(folder)/\(room)"
  }

  func write(_ index: Int, _ input: [UInt8]) {
    try? Data(input).write(to: URL(filePath: "\(path).input"))
    try? Data("\(index)\n".utf8).write(to: URL(filePath: "\(path).number"))
  }

  func remove() {
    for name in ["input", "number"] { try? FileManager.default.removeItem(atPath: "\(path).\(name)") }
  }
}
