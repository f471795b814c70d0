public import Foundation

/// A named array of a safetensors file: shape, kind of number, bytes in little-endian order.
public struct Tensor: Hashable, Sendable {
  /// The kinds of number that are read and written; a file with others is refused.
  public enum ElementType: String, Sendable, CaseIterable {
    case float16 = "F16"
    case bfloat16 = "BF16"
    case float32 = "F32"
    case float64 = "F64"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    /// Bytes of one element.
    public var size: Int {
      switch self {
      case .float64, .int64, .uint64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }
  }

  public let elementType: ElementType
  /// Outermost dimension first; empty for a single number.
  public let shape: [Int]
  /// `shape`'s product times the element size; row-major.
  public let bytes: Data

  public init(elementType: ElementType, shape: [Int], bytes: Data) {
    precondition(
      shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) * elementType.size == bytes.count,
      "\(bytes.count) bytes for shape \(shape) of \(elementType.rawValue)")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// - Parameter values: row-major, `shape`'s product of them.
  public init(_ values: [Float], shape: [Int]) {
    var bytes = Data(capacity: values.count * 4)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
    self.init(elementType: .float32, shape: shape, bytes: bytes)
  }

  /// - Parameter values: row-major, `shape`'s product of them.
  public init(_ values: [Double], shape: [Int]) {
    var bytes = Data(capacity: values.count * 8)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
    self.init(elementType: .float64, shape: shape, bytes: bytes)
  }

  /// - Parameter values: row-major, `shape`'s product of them.
  public init(_ values: [Int64], shape: [Int]) {
    var bytes = Data(capacity: values.count * 8)
    for value in values { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    self.init(elementType: .int64, shape: shape, bytes: bytes)
  }

  /// Elements, row-major.
  public var count: Int { bytes.count / elementType.size }

  /// The elements as floats, where that loses nothing: F32, F16 and BF16; else `nil`.
  public var floats: [Float]? {
    switch elementType {
    case .float32: (0..<count).map { Float(bitPattern: littleEndian(UInt32.self, $0)) }
    case .bfloat16: (0..<count).map { Float(bitPattern: UInt32(littleEndian(UInt16.self, $0)) << 16) }
    case .float16: (0..<count).map { floatFromHalf(littleEndian(UInt16.self, $0)) }
    default: nil
    }
  }

  /// The elements as doubles, where that loses nothing: F64 and all that `floats` takes; else `nil`.
  public var doubles: [Double]? {
    if elementType == .float64 { return (0..<count).map { Double(bitPattern: littleEndian(UInt64.self, $0)) } }
    return floats.map { $0.map(Double.init) }
  }

  /// The elements of an I64 tensor; else `nil`.
  public var integers: [Int64]? {
    elementType == .int64 ? (0..<count).map { Int64(bitPattern: littleEndian(UInt64.self, $0)) } : nil
  }

  private func littleEndian<Bits: FixedWidthInteger>(_: Bits.Type, _ index: Int) -> Bits {
    bytes.withUnsafeBytes {
      Bits(littleEndian: $0.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self))
    }
  }
}

/// IEEE binary16 to binary32, exactly.
private func floatFromHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 0x1F
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0:
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
