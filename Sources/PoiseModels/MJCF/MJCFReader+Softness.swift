import PoiseCore
import PoiseSimulation

/// MuJoCo's softness of contacts and stops.
extension MJCFReader {
  /// Whether an attribute asks MuJoCo for constraints about as hard as Poise's, so that there is no approximation to note.
  ///
  /// `solref` gives a time constant and a damping ratio; MuJoCo's smallest time constant is two physics steps, and
  /// Poise corrects a third of a contact's error and a fifth of a stop's in a step of 5 ms. `solimp` begins with the
  /// impedances at no violation and at full width, and the width; MuJoCo's defaults, 0.9, 0.95 and 1 mm, or harder ones
  /// are accepted.
  func isAsHardAsPoise(_ reader: ElementReader, softness name: String) -> Bool {
    if name.hasPrefix("solref") {
      guard let values = reader.numbers(name, count: 1...2) else { return false }
      return values[0] > 0 && values[0] <= 2 * physics.timeStep * (1 + 1e-9) && (values.count < 2 || values[1] >= 1)
    }
    guard name.hasPrefix("solimp"), let values = reader.numbers(name, count: 1...5) else { return false }
    let softest = [0.9, 0.95]
    return zip(values, softest).allSatisfy { $0 >= $1 && $0 <= 1 }
      && (values.count < 3 || (0...0.001).contains(values[2]))
  }
}
