import PoiseCore

/// A ZIP archive of stored (not compressed) entries, written sequentially in constant memory.
///
/// Source: PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (its end,
/// in 64 bits where 32 do not do). All times in it are the format's first day, so equal content has equal bytes.
struct ZipWriter {
  private let file: WholeFile
  /// Bytes so far.
  private var offset: UInt64
  private var directory: [UInt8] = []
  private var count: UInt64 = 0

  private static let version: UInt16 = 45  // 4.5, the first with 64-bit sizes
  private static let utf8Names: UInt16 = 1 << 11
  private static let firstDay: UInt16 = 0x21  // 1 January 1980

  /// - Parameters:
  ///   - path: the archive's file.
  ///   - prefix: number of bytes that will precede the archive in its final file.
  init(_ path: String, prefix: UInt64 = 0) throws {
    file = try WholeFile(path)
    offset = prefix
  }

  /// - Parameters:
  ///   - name: name of the entry.
  ///   - content: bytes of the entry, fewer than 4 GiB.
  mutating func add(_ name: String, _ content: [UInt8]) throws {
    let name = Array(name.utf8)
    precondition(content.count < 0xFFFF_FFFF && name.count < 0xFFFF, "an entry of \(content.count) bytes")
    var common: [UInt8] = []
    common.append(littleEndian: Self.version)
    common.append(littleEndian: Self.utf8Names)
    common.append(littleEndian: UInt16(0))  // stored
    common.append(littleEndian: UInt16(0))
    common.append(littleEndian: Self.firstDay)
    common.append(littleEndian: CRC32.ethernet.checksum(content))
    common.append(littleEndian: UInt32(content.count))
    common.append(littleEndian: UInt32(content.count))
    common.append(littleEndian: UInt16(name.count))

    var local: [UInt8] = []
    local.append(littleEndian: UInt32(0x0403_4B50))
    local += common
    local.append(littleEndian: UInt16(0))
    local += name

    let isFar = offset >= 0xFFFF_FFFF
    directory.append(littleEndian: UInt32(0x0201_4B50))
    directory.append(littleEndian: Self.version)
    directory += common
    directory.append(littleEndian: UInt16(isFar ? 12 : 0))
    for _ in 0..<3 { directory.append(littleEndian: UInt16(0)) }
    directory.append(littleEndian: UInt32(0))
    directory.append(littleEndian: UInt32(truncatingIfNeeded: min(offset, 0xFFFF_FFFF)))
    directory += name
    if isFar {
      directory.append(littleEndian: UInt16(1))
      directory.append(littleEndian: UInt16(8))
      directory.append(littleEndian: offset)
    }

    try file.write(local)
    try file.write(content)
    offset += UInt64(local.count + content.count)
    count += 1
  }

  /// Writes the directory and completes the file, which appears only now.
  mutating func commit() throws {
    var end: [UInt8] = []
    let size = UInt64(directory.count)
    end.append(littleEndian: UInt32(0x0606_4B50))
    end.append(littleEndian: UInt64(44))
    end.append(littleEndian: Self.version)
    end.append(littleEndian: Self.version)
    end.append(littleEndian: UInt64(0))
    for value in [count, count, size, offset] { end.append(littleEndian: value) }
    end.append(littleEndian: UInt32(0x0706_4B50))
    end.append(littleEndian: UInt32(0))
    end.append(littleEndian: offset + size)
    end.append(littleEndian: UInt32(1))
    let needs64 = count >= 0xFFFF || size >= 0xFFFF_FFFF || offset >= 0xFFFF_FFFF
    if !needs64 { end.removeAll() }
    end.append(littleEndian: UInt32(0x0605_4B50))
    end.append(littleEndian: UInt32(0))
    for _ in 0..<2 { end.append(littleEndian: UInt16(truncatingIfNeeded: min(count, 0xFFFF))) }
    end.append(littleEndian: UInt32(truncatingIfNeeded: min(size, 0xFFFF_FFFF)))
    end.append(littleEndian: UInt32(truncatingIfNeeded: min(offset, 0xFFFF_FFFF)))
    end.append(littleEndian: UInt16(0))
    try file.write(directory)
    try file.write(end)
    try file.commit()
  }
}
