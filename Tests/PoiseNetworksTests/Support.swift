import Foundation
import PoiseCore

@testable import PoiseNetworks

/// A stream of this test's own.
func testStream(_ index: Int = 0) -> RandomStream { RandomStream(seed: 4, purpose: .testing, index: index) }

/// Standard normal numbers.
func normalVector<S: NetworkScalar>(_ count: Int, using random: inout RandomStream) -> AlignedVector<S> {
  AlignedVector((0..<count).map { _ in S(random.normal()) })
}

/// The folder of this test target.
let testFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path

func goldenFile() throws -> SafetensorsFile {
  try SafetensorsFile(contentsOf: "\(testFolder)/Fixtures/golden.safetensors")
}

/// Largest |a − b| / max(|a|, |b|, floor).
func worstRelativeDifference<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
  _ a: [A], _ b: [B], floor: Double
) -> Double {
  precondition(a.count == b.count, "\(a.count) against \(b.count) numbers")
  var worst = 0.0
  for (x, y) in zip(a, b) {
    let (x, y) = (Double(x), Double(y))
    let difference = abs(x - y) / max(abs(x), abs(y), floor)
    worst = difference.isNaN ? .infinity : max(worst, difference)
  }
  return worst
}

/// The central difference of `loss` with respect to element `i`.
func centralDifference(
  _ i: Int, of vector: AlignedVector<Double>, step: Double = 1e-6, _ loss: (AlignedVector<Double>) -> Double
) -> Double {
  var moved = vector
  moved[i] = vector[i] + step
  let above = loss(moved)
  moved[i] = vector[i] - step
  return (above - loss(moved)) / (2 * step)
}
