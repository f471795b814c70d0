import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport

/// Folders that the tests read from.
enum Folders {
  /// The project's root, found from where this file stands.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let golden = root.appending(path: "Tests/PoiseModelsTests/Golden")
  /// The file behind a key of golden.json; `nil` for a public model where there are none.
  static func file(for key: String) -> String? {
    if key.hasPrefix("shared/") {
      return ProjectFolders.hasPublicModels ? "\(ProjectFolders.publicModels)/\(key.dropFirst("shared/".count))" : nil
    }
    return (key.hasPrefix("snippets/") ? golden : root).appending(path: key).path
  }
}

/// What MuJoCo made of a model; written by `Golden/make_golden.py`.
struct GoldenModel: Decodable {
  struct Body: Decodable {
    var name: String
    var parent: Int
    var mass: Double
    var center: [Double]
    var tensor: [Double]
    var position: [Double]
    var rotation: [Double]
  }
  struct Geometry: Decodable {
    var name: String
    var body: Int
    var shape: String
    var size: [Double]
    var position: [Double]
    var rotation: [Double]
    var friction: Double
    var contactType: UInt32
    var contactAffinity: UInt32
    var color: [Double]
  }
  struct Joint: Decodable {
    var name: String
    var kind: RobotModel.Joint.Kind.RawValue
    var body: Int
    var anchor: [Double]
    var axis: [Double]
    var range: [Double]?
    var damping: Double
    var stiffness: Double
    var springReference: Double
    var reference: Double
    var armature: Double
  }
  struct Actuator: Decodable {
    var name: String
    var joint: Int
    var gear: Double
    var gain: Double
    var bias: [Double]
    var controlRange: [Double]?
    var forceRange: [Double]?
  }
  var timeStep: Double
  var gravity: [Double]
  var bodies: [Body]
  var geoms: [Geometry]
  var joints: [Joint]
  var actuators: [Actuator]

  /// By key: `models/humanoid.xml`, `snippets/…`, `shared/…`.
  static func all() throws -> [String: GoldenModel] {
    struct File: Decodable { var models: [String: GoldenModel] }
    let data = try Data(contentsOf: Folders.golden.appending(path: "golden.json"))
    return try JSONDecoder().decode(File.self, from: data).models
  }
}

extension RobotModel {
  /// Where every body stands in the world, in the reference pose.
  var worldPoses: [Pose] {
    var poses: [Pose] = []
    for body in bodies { poses.append((body.parent.map { poses[$0] } ?? .identity) * body.pose) }
    return poses
  }
}

/// The largest difference between two lists of numbers, relative to the larger of 1 and the numbers.
func difference(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) / max(1, abs($0), abs($1)) }.max() ?? 0
}

func list(_ v: Vector3) -> [Double] { [v.x, v.y, v.z] }

/// Row by row, as NumPy writes it.
func list(_ m: Matrix3) -> [Double] { (0..<9).map { m[$0 / 3, $0 % 3] } }

func list(_ range: ClosedRange<Double>?) -> [Double]? { range.map { [$0.lowerBound, $0.upperBound] } }
