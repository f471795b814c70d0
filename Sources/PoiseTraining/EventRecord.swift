import PoiseCore

/// Writes scalars in the format that TensorBoard reads: records of a length, its checksum, an `Event` message, and its
/// checksum.
///
/// Source: tensorflow/core/lib/io/record_writer.h; tensorflow/core/util/event.proto (Event: 1 wall_time, 2 step, 3 file_version,
/// 5 summary) and framework/summary.proto (Summary.Value: 1 tag, 2 simple_value). These four fields are all we write, by hand.
enum EventRecord {
  /// The first record of a file.
  static func header(wallTime: Double) -> [UInt8] {
    var event: [UInt8] = []
    event.append(double: wallTime, field: 1)
    event.append(bytes: Array("brain.Event:2".utf8), field: 3)
    return record(event)
  }

  /// Scalars of one step.
  static func scalars(_ values: [(tag: String, value: Double)], step: Int, wallTime: Double) -> [UInt8] {
    var summary: [UInt8] = []
    for (tag, value) in values {
      var item: [UInt8] = []
      item.append(bytes: Array(tag.utf8), field: 1)
      item.append(float: Float(value), field: 2)
      summary.append(bytes: item, field: 1)
    }
    var event: [UInt8] = []
    event.append(double: wallTime, field: 1)
    event.append(varint: UInt64(step), field: 2)
    event.append(bytes: summary, field: 5)
    return record(event)
  }

  private static func record(_ data: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    length.append(littleEndian: UInt64(data.count))
    var record = length
    record.append(littleEndian: maskedChecksum(length))
    record += data
    record.append(littleEndian: maskedChecksum(data))
    return record
  }

  /// CRC-32C rotated right by 15 bits plus a constant, as the record format requires.
  static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
    let crc = CRC32.castagnoli.checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}

extension [UInt8] {
  fileprivate mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func append(varint value: UInt64, field: UInt64) {
    append(varint: field << 3)
    append(varint: value)
  }

  fileprivate mutating func append(double value: Double, field: UInt64) {
    append(varint: field << 3 | 1)
    append(littleEndian: value.bitPattern)
  }

  fileprivate mutating func append(float value: Float, field: UInt64) {
    append(varint: field << 3 | 5)
    append(littleEndian: value.bitPattern)
  }

  fileprivate mutating func append(bytes: [UInt8], field: UInt64) {
    append(varint: field << 3 | 2)
    append(varint: UInt64(bytes.count))
    self += bytes
  }
}
