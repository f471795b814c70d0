internal import PoiseCore

/// Reads tensors by name and collects all problems, so that one error reports all of them.
struct TensorReader {
  let tensors: [String: Tensor]
  /// The name of the tensors' file, for messages.
  let file: String
  private var problems: [Problem] = []

  init(tensors: [String: Tensor], file: String) {
    self.tensors = tensors
    self.file = file
  }

  /// Ends the reading. Arrays that were returned before may be empty if it throws.
  ///
  /// - Throws: `InvalidInput` with all problems, if there are any.
  func finish() throws(InvalidInput) {
    if !problems.isEmpty { throw InvalidInput(problems) }
  }

  /// Adds problems that were found elsewhere.
  mutating func add(_ more: [Problem]) { problems += more }

  /// Finite, legal floats of a given shape; empty after a problem.
  mutating func floats(
    _ key: String, shape: [Int], where isLegal: (Float) -> Bool = { _ in true }, _ legal: String = ""
  ) -> [Float] {
    values(key, shape, "F32 (or F16, BF16)", legal, { $0.floats }, { $0.isFinite && isLegal($0) })
  }

  /// Finite, legal doubles of a given shape; empty after a problem.
  mutating func doubles(_ key: String, shape: [Int], where isLegal: (Double) -> Bool, _ legal: String) -> [Double] {
    values(key, shape, "F64", legal, { $0.doubles }, { $0.isFinite && isLegal($0) })
  }

  /// Legal integers of a given shape; empty after a problem.
  mutating func integers(_ key: String, shape: [Int], where isLegal: (Int64) -> Bool, _ legal: String) -> [Int64] {
    values(key, shape, "I64", legal, { $0.integers }, isLegal)
  }

  private mutating func values<Value>(
    _ key: String, _ shape: [Int], _ kind: String, _ legal: String, _ read: (Tensor) -> [Value]?,
    _ isLegal: (Value) -> Bool
  ) -> [Value] {
    func report(_ found: String, _ allowed: String, _ remedy: String) {
      problems.append(
        Problem(file: file, place: "tensor '\(key)'", found: found, allowed: allowed, remedy: remedy))
    }
    let wanted = "\(kind) of shape \(shape)"
    guard let tensor = tensors[key] else {
      report("no such tensor", wanted, suggestion(for: key, among: tensors.keys.sorted()))
      return []
    }
    guard tensor.shape == shape else {
      report("shape \(tensor.shape)", wanted, "The file belongs to another network or robot.")
      return []
    }
    guard let values = read(tensor) else {
      report(tensor.elementType.rawValue, wanted, "")
      return []
    }
    if let index = values.firstIndex(where: { !isLegal($0) }) {
      report(
        "\(values[index]) at element \(index)", legal.isEmpty ? "finite numbers" : legal,
        "The training that wrote it had diverged, or the file is damaged.")
      return []
    }
    return values
  }
}
