/// Order statistics of a few numbers, which may be infinite.
public struct Quantiles: Sendable {
  private let sorted: [Double]

  /// Sorts the values.
  ///
  /// - Parameter values: none of them NaN.
  public init(_ values: [Double]) {
    precondition(values.allSatisfy { !$0.isNaN }, "quantiles of NaN")
    sorted = values.sorted()
  }

  /// The quantile at `share`, in 0 … 1, with linear interpolation (type 7 of Hyndman and Fan 1996); NaN without values.
  public subscript(share: Double) -> Double {
    guard let last = sorted.last else { return .nan }
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    guard low + 1 < sorted.count else { return last }
    let weight = place - Double(low)
    // Infinite values are not interpolated.
    if weight == 0 || sorted[low].isInfinite { return sorted[low] }
    return sorted[low] + weight * (sorted[low + 1] - sorted[low])
  }
}
