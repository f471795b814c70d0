import CZlib
import PoiseCore

/// Pictures as PNG. Source: Portable Network Graphics (PNG) Specification, W3C 2003; compressed by zlib.
public enum PNG {
  /// The bytes of a PNG file.
  public static func encode(_ picture: Picture) -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    var header: [UInt8] = []
    header.append(bigEndian: UInt32(picture.width))
    header.append(bigEndian: UInt32(picture.height))
    // 8 bits a channel; grey or red, green, blue; the only compression, the only filters, not interlaced.
    header += [8, picture.channels == .grey ? 0 : 2, 0, 0, 0]
    append("IHDR", header, to: &file)
    append("IDAT", compressed(filtered(picture)), to: &file)
    append("IEND", [], to: &file)
    return file
  }

  private static func append(_ name: String, _ content: [UInt8], to file: inout [UInt8]) {
    file.append(bigEndian: UInt32(content.count))
    let chunk = Array(name.utf8) + content
    file += chunk
    file.append(bigEndian: CRC32.ethernet.checksum(chunk))
  }

  /// Each row with the filter whose differences are smallest in sum, as the specification's section 12.8 advises.
  private static func filtered(_ picture: Picture) -> [UInt8] {
    let size = picture.channels.rawValue
    let stride = picture.width * size
    var result: [UInt8] = []
    result.reserveCapacity((stride + 1) * picture.height)
    var above = [UInt8](repeating: 0, count: stride)
    var candidates = [[UInt8]](repeating: above, count: 5)
    for row in 0..<picture.height {
      let line = Array(picture.bytes[row * stride..<(row + 1) * stride])
      var best = (filter: 0, sum: Int.max)
      for filter in 0..<5 {
        var sum = 0
        for i in 0..<stride {
          let left = i >= size ? Int(line[i - size]) : 0
          let up = Int(above[i])
          let corner = i >= size ? Int(above[i - size]) : 0
          let guess =
            switch filter {
            case 0: 0
            case 1: left
            case 2: up
            case 3: (left + up) / 2
            default: paeth(left, up, corner)
            }
          let difference = line[i] &- UInt8(guess)
          candidates[filter][i] = difference
          sum += abs(Int(Int8(bitPattern: difference)))
        }
        if sum < best.sum { best = (filter, sum) }
      }
      result.append(UInt8(best.filter))
      result += candidates[best.filter]
      above = line
    }
    return result
  }

  /// Of left, up and corner the one nearest to left + up − corner.
  private static func paeth(_ left: Int, _ up: Int, _ corner: Int) -> Int {
    let (toLeft, toUp, toCorner) = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
    if toLeft <= toUp, toLeft <= toCorner { return left }
    return toUp <= toCorner ? up : corner
  }

  /// A zlib stream.
  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(uLong(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(size))
    let status = bytes.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        compress2(target.baseAddress, &size, source.baseAddress, uLong(bytes.count), 9)
      }
    }
    precondition(status == Z_OK, "zlib reports \(status) with all the room that it asked for")
    result.removeLast(result.count - Int(size))
    return result
  }
}

extension [UInt8] {
  /// Appends the bytes of an integer, the most significant one first.
  fileprivate mutating func append(bigEndian value: UInt32) {
    for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }
}
