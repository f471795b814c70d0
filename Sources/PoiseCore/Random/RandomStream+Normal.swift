public import Foundation  // log, cos, sin

extension RandomStream {
  /// A standard normal number; each costs one draw of 64 bits, so the stream's state stays a counter.
  ///
  /// z = √(−2 ln u₁) · cos(2π u₂), u from 32 bits each, hence |z| ≤ 6.66.
  /// Source: Box and Muller 1958, "A Note on the Generation of Random Normal Deviates".
  @inlinable public mutating func normal() -> Double {
    let (radius, angle) = boxMuller(next())
    return radius * cos(angle)
  }

  /// Fills `values` with standard normal numbers, two per draw of 64 bits.
  @inlinable public mutating func fillNormal(_ values: inout MutableSpan<Float>) {
    var i = 0
    while i < values.count {
      let (radius, angle) = boxMuller(next())
      values[i] = Float(radius * cos(angle))
      if i + 1 < values.count { values[i + 1] = Float(radius * sin(angle)) }
      i += 2
    }
  }
}

@inlinable
func boxMuller(_ bits: UInt64) -> (radius: Double, angle: Double) {
  // u₁ in (0, 1], so that its logarithm is finite.
  let u1 = (Double(bits >> 32) + 1) * 0x1p-32
  let u2 = Double(bits & 0xFFFF_FFFF) * 0x1p-32
  return ((-2 * log(u1)).squareRoot(), 2 * Double.pi * u2)
}
