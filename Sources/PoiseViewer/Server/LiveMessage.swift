import Foundation

/// A message of a live simulation to its pages, which `live.js` reads.
enum LiveMessage: Sendable {
  /// A new episode has begun; its rows carry its number. `seconds` is its time limit.
  case episode(number: UInt32, seed: UInt64, seconds: Double)
  /// The clock, the policy, and the actuators that sliders hold.
  case state(isRunning: Bool, speed: Double, checkpoint: String, policy: String, driven: [DrivenActuator])
  /// The episode is over; `nextSeed` is that of the next one, which begins by itself unless the simulation is paused.
  case ended(result: String, nextSeed: UInt64)
  /// The learning curves of a run.
  case curves([LearningCurve])
  /// A problem, as a sentence for the user.
  case problem(String)

  /// The message as JSON.
  var text: String {
    let message: Message
    switch self {
    case .episode(let number, let seed, let seconds):
      message = Message(kind: "episode", number: number, seed: seed, seconds: seconds)
    case .state(let isRunning, let speed, let checkpoint, let policy, let driven):
      message = Message(
        kind: "state", isRunning: isRunning, speed: speed, checkpoint: checkpoint, policy: policy, driven: driven)
    case .ended(let result, let nextSeed): message = Message(kind: "ended", seed: nextSeed, result: result)
    case .curves(let curves): message = Message(kind: "curves", curves: curves)
    case .problem(let text): message = Message(kind: "problem", text: text)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    guard let data = try? encoder.encode(message) else { preconditionFailure("a message that is not JSON: \(self)") }
    return String(decoding: data, as: UTF8.self)
  }

  /// Rows of an episode: its number as uint32, then float32 for each column of each row, little-endian.
  static func rows(_ values: some Sequence<Double>, of number: UInt32) -> Data {
    var bytes = Data()
    func append(_ word: UInt32) { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
    append(number)
    for value in values { append(Float(value).bitPattern) }
    return bytes
  }

  private struct Message: Encodable {
    var kind: String
    var number: UInt32?
    var seed: UInt64?
    var seconds: Double?
    var isRunning: Bool?
    var speed: Double?
    var checkpoint: String?
    var policy: String?
    var driven: [DrivenActuator]?
    var result: String?
    var curves: [LearningCurve]?
    var text: String?
  }
}

/// An actuator whose joint a slider of the page holds.
struct DrivenActuator: Encodable, Sendable, Equatable {
  var actuator: Int
  /// rad or m
  var target: Double
}

/// A curve over environment steps.
struct LearningCurve: Encodable, Sendable, Equatable {
  var title: String
  /// [environment steps, value]
  var points: [[Double]]
}
