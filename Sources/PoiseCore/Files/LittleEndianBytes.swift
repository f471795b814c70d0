extension [UInt8] {
  /// Appends the bytes of an integer, the least significant one first.
  package mutating func append<Integer: FixedWidthInteger>(littleEndian value: Integer) {
    for k in 0..<Integer.bitWidth / 8 { append(UInt8(truncatingIfNeeded: value >> (8 * k))) }
  }
}
