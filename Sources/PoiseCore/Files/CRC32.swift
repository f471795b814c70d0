/// A reflected cyclic redundancy check of 32 bits; all bits are set at the start and inverted at the end.
package struct CRC32: Sendable {
  private let table: [UInt32]

  /// CRC-32C (Castagnoli), for TensorBoard's records.
  package static let castagnoli = Self(polynomial: 0x82F6_3B78)
  /// CRC-32 (IEEE 802.3), for ZIP files.
  package static let ethernet = Self(polynomial: 0xEDB8_8320)

  private init(polynomial: UInt32) {
    table = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ polynomial : crc >> 1 }
    }
  }

  /// The check of a whole message.
  package func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = ~0
    for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8 }
    return ~crc
  }
}
