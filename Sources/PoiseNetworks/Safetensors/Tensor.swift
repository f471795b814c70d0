public import Foundation

/// An array of a safetensors file: shape, type of its elements, and bytes in little-endian order.
public struct Tensor: Hashable, Sendable {
  /// The types of elements that are read and written; a file with others is refused.
  public enum ElementType: String, Sendable, CaseIterable {
    /// IEEE 754 binary16.
    case float16 = "F16"
    /// The upper 16 bits of IEEE 754 binary32.
    case bfloat16 = "BF16"
    /// IEEE 754 binary32.
    case float32 = "F32"
    /// IEEE 754 binary64.
    case float64 = "F64"
    /// Signed integers of 64 bits.
    case int64 = "I64"
    /// Signed integers of 32 bits.
    case int32 = "I32"
    /// Signed integers of 16 bits.
    case int16 = "I16"
    /// Signed integers of 8 bits.
    case int8 = "I8"
    /// Unsigned integers of 64 bits.
    case uint64 = "U64"
    /// Unsigned integers of 32 bits.
    case uint32 = "U32"
    /// Unsigned integers of 16 bits.
    case uint16 = "U16"
    /// Unsigned integers of 8 bits.
    case uint8 = "U8"
    /// Truth values of one byte, 0 or 1.
    case bool = "BOOL"

    /// The number of bytes of an element.
    public var size: Int {
      switch self {
      case .float64, .int64, .uint64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }
  }

  /// The type of the elements.
  public let elementType: ElementType
  /// The shape, outermost dimension first; empty for a single number.
  public let shape: [Int]
  /// The elements in row-major order, little-endian.
  public let bytes: Data

  /// Makes a tensor of bytes.
  ///
  /// - Parameters:
  ///   - elementType: the type of the elements.
  ///   - shape: outermost dimension first.
  ///   - bytes: as many as shape and type require, row-major and little-endian.
  public init(elementType: ElementType, shape: [Int], bytes: Data) {
    precondition(
      shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) * elementType.size == bytes.count,
      "\(bytes.count) bytes for shape \(shape) of \(elementType.rawValue)")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// Makes an F32 tensor.
  ///
  /// - Parameters:
  ///   - values: row-major, as many as the shape has elements.
  ///   - shape: outermost dimension first.
  public init(_ values: [Float], shape: [Int]) {
    var bytes = Data(capacity: values.count * 4)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
    self.init(elementType: .float32, shape: shape, bytes: bytes)
  }

  /// Makes an F64 tensor.
  ///
  /// - Parameters:
  ///   - values: row-major, as many as the shape has elements.
  ///   - shape: outermost dimension first.
  public init(_ values: [Double], shape: [Int]) {
    var bytes = Data(capacity: values.count * 8)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
    self.init(elementType: .float64, shape: shape, bytes: bytes)
  }

  /// Makes an I64 tensor.
  ///
  /// - Parameters:
  ///   - values: row-major, as many as the shape has elements.
  ///   - shape: outermost dimension first.
  public init(_ values: [Int64], shape: [Int]) {
    var bytes = Data(capacity: values.count * 8)
    for value in values { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    self.init(elementType: .int64, shape: shape, bytes: bytes)
  }

  /// The number of elements.
  public var count: Int { bytes.count / elementType.size }

  /// The elements as floats, if that is exact: F32, F16 and BF16; `nil` for other types.
  public var floats: [Float]? {
    switch elementType {
    case .float32: (0..<count).map { Float(bitPattern: littleEndian(UInt32.self, $0)) }
    case .bfloat16: (0..<count).map { Float(bitPattern: UInt32(littleEndian(UInt16.self, $0)) << 16) }
    case .float16: (0..<count).map { floatFromHalf(littleEndian(UInt16.self, $0)) }
    default: nil
    }
  }

  /// The elements as doubles, if that is exact: F64 and the types of `floats`; `nil` for other types.
  public var doubles: [Double]? {
    if elementType == .float64 { return (0..<count).map { Double(bitPattern: littleEndian(UInt64.self, $0)) } }
    return floats.map { $0.map(Double.init) }
  }

  /// The elements of an I64 tensor; `nil` for other types.
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
