import Foundation
import PoiseCore

/// What a page may ask of a live simulation: JSON objects with a `kind`.
enum LiveCommand: Sendable, Equatable {
  case episode(seed: UInt64)
  case pause
  case resume
  case step(Int)
  case speed(Double)
  /// A body of the page, a point in its frame and a target in the world, m.
  case grab(body: Int, point: Vector3, target: Vector3)
  case release
  /// In the world's x–y plane, not zero.
  case shove(Vector3)
  case checkpoint(String)

  /// Bytes of a message, at most.
  static let sizeLimit = 2048
  static let speeds = 0.05...8.0
  static let largestSeed = UInt64(1) << 53 - 1
  private static let farthest = 1000.0

  /// - Returns: `nil` for what is no command, whatever it is.
  init?(_ text: String, bodyCount: Int) {
    guard text.utf8.count <= Self.sizeLimit,
      let message = try? JSONDecoder().decode(Message.self, from: Data(text.utf8))
    else { return nil }
    func vector(_ values: [Double]?) -> Vector3? {
      guard let values, values.count == 3, values.allSatisfy({ abs($0) <= Self.farthest }) else { return nil }
      return Vector3(values[0], values[1], values[2])
    }
    switch message.kind {
    case "episode":
      guard let seed = message.seed, seed <= Self.largestSeed else { return nil }
      self = .episode(seed: seed)
    case "pause": self = .pause
    case "resume": self = .resume
    case "step":
      guard let steps = message.steps, (1...1000).contains(steps) else { return nil }
      self = .step(steps)
    case "speed":
      guard let speed = message.speed, Self.speeds.contains(speed) else { return nil }
      self = .speed(speed)
    case "grab":
      guard let body = message.body, (0..<bodyCount).contains(body), let point = vector(message.point),
        let target = vector(message.target)
      else { return nil }
      self = .grab(body: body, point: point, target: target)
    case "release": self = .release
    case "shove":
      guard let direction = vector(message.direction.map { $0 + [0] }), direction.length > 1e-6 else { return nil }
      self = .shove(direction)
    case "checkpoint":
      guard let name = message.name, ["best", "latest"].contains(name) else { return nil }
      self = .checkpoint(name)
    default: return nil
    }
  }

  private struct Message: Decodable {
    var kind: String
    var seed: UInt64?
    var steps: Int?
    var speed: Double?
    var body: Int?
    var point: [Double]?
    var target: [Double]?
    var direction: [Double]?
    var name: String?
  }
}
