import Foundation
import PoiseCore

/// A command of a page to a live simulation: a JSON object with a `kind`.
enum LiveCommand: Sendable, Equatable {
  /// Start the episode of a seed.
  case episode(seed: UInt64)
  /// Stop the clock.
  case pause
  /// Start the clock again.
  case resume
  /// Take control steps while paused.
  case step(Int)
  /// Seconds of the simulation for each second of the clock.
  case speed(Double)
  /// Pull a point of a body of the page (m, in its frame) towards a target (m, world frame), in this episode only where one is named.
  case grab(body: Int, point: Vector3, target: Vector3, episode: UInt32?)
  /// End a pull.
  case release
  /// Push the robot for a moment; the direction lies in the world's x–y plane and is not zero.
  case push(Vector3)
  /// Hold an actuator's joint at a position (rad or m) in place of the controller; `nil` returns it to the controller.
  case drive(actuator: Int, target: Double?)
  /// Use the policy of a checkpoint.
  case checkpoint(String)

  /// Largest size of a message in bytes.
  static let sizeLimit = 2048
  /// The allowed speeds.
  static let speeds = 0.05...8.0
  /// The largest whole number that JavaScript holds exactly.
  static let largestSeed = UInt64(1) << 53 - 1
  /// Largest magnitude of a coordinate, m or rad.
  private static let farthest = 1000.0

  /// Reads a message.
  ///
  /// - Returns: `nil` for anything that is not a command.
  init?(_ text: String, bodyCount: Int, actuatorCount: Int = 0) {
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
      self = .grab(body: body, point: point, target: target, episode: message.episode)
    case "release": self = .release
    case "push":
      guard let direction = vector(message.direction.map { $0 + [0] }), direction.length > 1e-6 else { return nil }
      self = .push(direction)
    case "drive":
      guard let actuator = message.actuator, (0..<actuatorCount).contains(actuator) else { return nil }
      guard message.value.map({ abs($0) <= Self.farthest }) ?? true else { return nil }
      self = .drive(actuator: actuator, target: message.value)
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
    var episode: UInt32?
    var direction: [Double]?
    var actuator: Int?
    var value: Double?
    var name: String?
  }
}
