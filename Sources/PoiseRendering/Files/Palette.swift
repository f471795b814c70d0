/// At most 255 colours for a picture, and the nearest of them for any colour.
///
/// Source: Heckbert 1982, "Color Image Quantization for Frame Buffer Display": the box of colours that spreads most (here: the longest side
/// times the square root of its pixels) is cut at its median until there are enough; each box gives its mean.
struct Palette {
  /// The code of a pixel that stays as it is.
  static let transparent: UInt8 = 255
  /// Colours, 0xRRGGBB.
  private(set) var colors: [Int32] = []
  /// Of each colour with 6 bits a channel, the index of the nearest one; −1 until it is asked for.
  private var nearest = [Int16](repeating: -1, count: 1 << 18)

  private struct Box {
    var range: Range<Int>
    var channel = 0
    var weight = 0.0
  }

  /// The palette of a picture's pixels, 0xRRGGBB.
  init(_ pixels: [Int32]) {
    // Different colours, with how many pixels have each.
    var entries: [(color: Int32, count: Int)] = []
    for color in pixels.sorted() {
      if entries.last?.color == color { entries[entries.count - 1].count += 1 } else { entries.append((color, 1)) }
    }
    guard !entries.isEmpty else { return }
    func channel(_ color: Int32, _ k: Int) -> Int { Int(color >> Int32(16 - 8 * k)) & 255 }
    func measured(_ range: Range<Int>) -> Box {
      var box = Box(range: range)
      let pixels = entries[range].reduce(0) { $0 + $1.count }
      for k in 0..<3 {
        var (low, high) = (255, 0)
        for entry in entries[range] {
          low = min(low, channel(entry.color, k))
          high = max(high, channel(entry.color, k))
        }
        let weight = Double(high - low) * Double(pixels).squareRoot()
        if weight > box.weight { (box.channel, box.weight) = (k, weight) }
      }
      return box
    }
    var boxes = [measured(0..<entries.count)]
    while boxes.count < 255 {
      guard let widest = boxes.indices.max(by: { boxes[$0].weight < boxes[$1].weight }), boxes[widest].weight > 0
      else { break }
      let box = boxes[widest]
      entries[box.range].sort {
        (channel($0.color, box.channel), $0.color) < (channel($1.color, box.channel), $1.color)
      }
      let half = entries[box.range].reduce(0) { $0 + $1.count } / 2
      var cut = box.range.lowerBound
      var before = 0
      repeat {
        before += entries[cut].count
        cut += 1
      } while cut < box.range.upperBound - 1 && before < half
      boxes[widest] = measured(box.range.lowerBound..<cut)
      boxes.append(measured(cut..<box.range.upperBound))
    }
    colors = boxes.map { box in
      let pixels = entries[box.range].reduce(0) { $0 + $1.count }
      return (0..<3).reduce(Int32(0)) { color, k in
        let sum = entries[box.range].reduce(0) { $0 + $1.count * channel($1.color, k) }
        return color << 8 | Int32((sum + pixels / 2) / pixels)
      }
    }
  }

  /// Red, green and blue of 256 colours; those that are not used are black.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for color in colors {
      bytes += [UInt8(color >> 16 & 255), UInt8(color >> 8 & 255), UInt8(color & 255)]
    }
    return bytes + [UInt8](repeating: 0, count: 768 - bytes.count)
  }

  /// Index of the nearest colour.
  mutating func index(of color: Int32) -> Int {
    let red = Int(color >> 18 & 63)
    let green = Int(color >> 10 & 63)
    let key = red << 12 | green << 6 | Int(color >> 2 & 63)
    if nearest[key] >= 0 { return Int(nearest[key]) }
    // The middle of the colours with this key.
    let middle = color & ~0x030303 | 0x020202
    var best = (index: 0, distance: Int32.max)
    for (index, candidate) in colors.enumerated() {
      let distance = Self.distance(candidate, middle)
      if distance < best.distance { best = (index, distance) }
    }
    nearest[key] = Int16(best.index)
    return best.index
  }

  /// Number of pixels that are more than some steps from every colour of the palette.
  mutating func strangers(in pixels: [Int32]) -> Int {
    var count = 0
    for color in pixels where Self.distance(colors[index(of: color)], color) > 3 * 12 * 12 { count += 1 }
    return count
  }

  private static func distance(_ a: Int32, _ b: Int32) -> Int32 {
    let red: Int32 = (a >> 16 & 255) - (b >> 16 & 255)
    let green: Int32 = (a >> 8 & 255) - (b >> 8 & 255)
    let blue: Int32 = (a & 255) - (b & 255)
    return red * red + green * green + blue * blue
  }
}
