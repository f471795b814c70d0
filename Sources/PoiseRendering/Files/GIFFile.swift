import PoiseCore

/// An animated GIF, written picture by picture in constant memory; it repeats for ever.
///
/// Source: Graphics Interchange Format, version 89a, CompuServe 1990. The palette is that of the first picture; a picture that has colours far from
/// all of it brings a palette of its own, which stays for the pictures after it. A picture holds only the rectangle that has changed, and
/// in it what has not changed is transparent, so that it compresses well.
struct GIFFile: FilmFile {
  private let file: WholeFile
  private let width: Int
  private let height: Int
  private let frameRate: Double
  private var count = 0
  /// What is on the screen, 0xRRGGBB, [height][width]; −1 before the first picture.
  private var screen: [Int32]
  private var palette = Palette([])
  /// The first picture's, which is the file's.
  private var isOwnPalette = false
  private var codes: [UInt8] = []
  private var coder = GIFCoder()

  /// Pixels of which more than this share are far from every colour of the palette ask for another one.
  private static let tolerance = 0.002

  init(_ path: String, width: Int, height: Int, frameRate: Double) throws {
    file = try WholeFile(path)
    self.width = width
    self.height = height
    self.frameRate = frameRate
    screen = Array(repeating: -1, count: width * height)
  }

  mutating func append(_ picture: Picture) throws {
    let colors = Self.colors(picture)
    if count == 0 {
      palette = Palette(colors)
      try writeStart()
    } else if Double(palette.strangers(in: colors)) > Self.tolerance * Double(colors.count) {
      palette = Palette(colors)
      isOwnPalette = true
    }
    // The rectangle that changes.
    var box = (left: width, right: -1, top: height, bottom: -1)
    var shown = screen
    for y in 0..<height {
      for x in 0..<width {
        let color = palette.colors[palette.index(of: colors[y * width + x])]
        guard color != screen[y * width + x] else { continue }
        shown[y * width + x] = color
        box = (min(box.left, x), max(box.right, x), min(box.top, y), max(box.bottom, y))
      }
    }
    // Where nothing has changed, one transparent pixel keeps the time, and needs no palette.
    let needsPalette = isOwnPalette && box.right >= 0
    if box.right < 0 { box = (0, 0, 0, 0) }
    codes.removeAll(keepingCapacity: true)
    for y in box.top...box.bottom {
      for x in box.left...box.right {
        let i = y * width + x
        codes.append(shown[i] == screen[i] ? Palette.transparent : UInt8(palette.index(of: colors[i])))
      }
    }
    screen = shown
    try write(box, needsPalette: needsPalette)
    count += 1
  }

  /// 0xRRGGBB of each pixel.
  private static func colors(_ picture: Picture) -> [Int32] {
    let bytes = picture.bytes
    switch picture.channels {
    case .grey: return bytes.map { (byte: UInt8) -> Int32 in Int32(byte) * 0x010101 }
    case .color:
      var colors: [Int32] = []
      colors.reserveCapacity(bytes.count / 3)
      for i in stride(from: 0, to: bytes.count, by: 3) {
        let red = Int32(bytes[i]) << 16
        let green = Int32(bytes[i + 1]) << 8
        colors.append(red | green | Int32(bytes[i + 2]))
      }
      return colors
    }
  }

  private func writeStart() throws {
    var bytes = Array("GIF89a".utf8)
    bytes.append(littleEndian: UInt16(width))
    bytes.append(littleEndian: UInt16(height))
    // A palette of 256 colours, 8 bits each; background and aspect ratio are not used.
    bytes += [0b1111_0111, 0, 0]
    bytes += palette.bytes
    bytes += [0x21, 0xFF, 11] + Array("NETSCAPE2.0".utf8) + [3, 1, 0, 0, 0]
    try file.write(bytes)
  }

  private mutating func write(
    _ box: (left: Int, right: Int, top: Int, bottom: Int), needsPalette: Bool
  ) throws {
    // Hundredths of a second, so that no error adds up.
    func time(_ frame: Int) -> Int { Int((100 * Double(frame) / frameRate).rounded()) }
    var bytes: [UInt8] = [0x21, 0xF9, 4, 0b0000_0101]  // keep the picture; there is a transparent colour
    bytes.append(littleEndian: UInt16(clamping: time(count + 1) - time(count)))
    bytes += [Palette.transparent, 0, 0x2C]
    for number in [box.left, box.top, box.right - box.left + 1, box.bottom - box.top + 1] {
      bytes.append(littleEndian: UInt16(number))
    }
    bytes.append(needsPalette ? 0b1000_0111 : 0)
    if needsPalette { bytes += palette.bytes }
    coder.encode(codes, into: &bytes)
    try file.write(bytes)
  }

  mutating func commit() throws {
    try file.write([0x3B])
    try file.commit()
  }
}

/// GIF's variant of Lempel, Ziv and Welch's code. Source: Welch 1984, "A Technique for High-Performance Data Compression".
struct GIFCoder {
  private static let clear = 256
  private static let end = 257
  private static let size = 1 << 14

  /// Keys (prefix · 256 + byte + 1) and codes of a hash table with open addresses; key 0 is free.
  private var keys = [Int32](repeating: 0, count: size)
  private var values = [Int16](repeating: 0, count: size)
  private var pending: UInt32 = 0
  private var pendingBits = 0

  /// Appends the least size of a code, the blocks of codes, and their end.
  mutating func encode(_ bytes: [UInt8], into file: inout [UInt8]) {
    file.append(8)
    var block: [UInt8] = []
    (pending, pendingBits) = (0, 0)
    var bits = 9
    var next = 258
    func put(_ code: Int, _ coder: inout Self) {
      coder.pending |= UInt32(code) << UInt32(coder.pendingBits)
      coder.pendingBits += bits
      while coder.pendingBits >= 8 {
        block.append(UInt8(truncatingIfNeeded: coder.pending))
        coder.pending >>= 8
        coder.pendingBits -= 8
        if block.count == 255 {
          file.append(255)
          file += block
          block.removeAll(keepingCapacity: true)
        }
      }
    }
    forget()
    put(Self.clear, &self)
    var prefix = -1
    for byte in bytes {
      guard prefix >= 0 else {
        prefix = Int(byte)
        continue
      }
      let key = Int32(prefix << 8 | Int(byte)) + 1
      var place = Int((UInt32(bitPattern: key) &* 2_654_435_761) >> 18)
      while keys[place] != 0, keys[place] != key { place = (place + 1) & (Self.size - 1) }
      if keys[place] == key {
        prefix = Int(values[place])
        continue
      }
      put(prefix, &self)
      if next < 4096 {
        keys[place] = key
        values[place] = Int16(next)
        // The reader knows a code one later than the writer.
        if next == 1 << bits { bits += 1 }
        next += 1
      } else {
        put(Self.clear, &self)
        forget()
        bits = 9
        next = 258
      }
      prefix = Int(byte)
    }
    if prefix >= 0 { put(prefix, &self) }
    if next == 1 << bits, bits < 12 { bits += 1 }
    put(Self.end, &self)
    if pendingBits > 0 { block.append(UInt8(truncatingIfNeeded: pending)) }
    if !block.isEmpty {
      file.append(UInt8(block.count))
      file += block
    }
    file.append(0)
  }

  private mutating func forget() {
    for i in keys.indices { keys[i] = 0 }
  }
}
