import PoiseCore
/// An array in the format of NumPy's `.npy` files: C order, little-endian.
///
/// Source: numpy/lib/format.py, format version 1.0.
struct NumPyArray {
  let bytes: [UInt8]

  init(_ values: [Float], shape: [Int]) { self.init("<f4", shape, values.map(\.bitPattern)) }
  init(_ values: [Double], shape: [Int]) { self.init("<f8", shape, values.map(\.bitPattern)) }
  init(_ values: [Int64], shape: [Int]) { self.init("<i8", shape, values) }
  init(_ values: [Bool], shape: [Int]) { self.init("|b1", shape, values.map { UInt8($0 ? 1 : 0) }) }

  private init<Word: FixedWidthInteger>(_ kind: String, _ shape: [Int], _ words: [Word]) {
    precondition(shape.reduce(1, *) == words.count, "\(words.count) numbers in the shape \(shape)")
    let sizes = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = Array("{'descr': '\(kind)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
    // Magic, version and length take ten bytes; the data starts at a multiple of 64.
    while (10 + header.count + 1) % 64 != 0 { header.append(UInt8(ascii: " ")) }
    header.append(UInt8(ascii: "\n"))
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes.append(littleEndian: UInt16(header.count))
    bytes += header
    bytes.reserveCapacity(bytes.count + words.count * Word.bitWidth / 8)
    for word in words { bytes.append(littleEndian: word) }
    self.bytes = bytes
  }
}
