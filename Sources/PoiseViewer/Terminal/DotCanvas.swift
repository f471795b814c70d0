/// A picture of dots, black or white, that becomes lines of text: 2 × 4 dots to a character, so dots are square.
struct DotCanvas {
  let columns: Int
  let rows: Int
  /// [4 × rows, 2 × columns]
  private var dots: [Bool]

  /// How dots become characters.
  enum Style: Sendable {
    /// Unicode's braille patterns: every dot is visible.
    case braille
    /// Plain ASCII: a character is darker the more dots it has.
    case ascii
  }

  /// - Parameter columns, rows: characters.
  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    dots = Array(repeating: false, count: 8 * columns * rows)
  }

  var width: Int { 2 * columns }
  var height: Int { 4 * rows }

  /// Dot x from the left, y from the top; outside there is nothing.
  subscript(x: Int, y: Int) -> Bool {
    get { x >= 0 && x < width && y >= 0 && y < height && dots[y * width + x] }
    set { if x >= 0 && x < width && y >= 0 && y < height { dots[y * width + x] = newValue } }
  }

  /// A straight line of dots.
  mutating func line(from a: SIMD2<Double>, to b: SIMD2<Double>) {
    let length = max(abs(b.x - a.x), abs(b.y - a.y))
    // Far outside, or not finite: a trajectory from elsewhere may contain such values.
    guard length < 10_000, abs(a.x) < 1e6, abs(a.y) < 1e6 else { return }
    let steps = max(1, Int(length.rounded(.up)))
    for k in 0...steps {
      let p = a + (b - a) * (Double(k) / Double(steps))
      self[Int(p.x.rounded()), Int(p.y.rounded())] = true
    }
  }

  /// Lines from top to bottom, each `columns` characters long.
  func lines(_ style: Style) -> [String] {
    (0..<rows).map { row in
      String(
        String.UnicodeScalarView(
          (0..<columns).map { column in
            switch style {
            case .braille: braille(column, row)
            case .ascii: ascii(column, row)
            }
          }))
    }
  }

  /// U+2800 plus a bit for each dot: 1, 2, 4, 64 down the left side, 8, 16, 32, 128 down the right one.
  private func braille(_ column: Int, _ row: Int) -> Unicode.Scalar {
    var code: UInt32 = 0x2800
    for (x, bits) in [[1, 2, 4, 64], [8, 16, 32, 128]].enumerated() {
      for (y, bit) in bits.enumerated() where self[2 * column + x, 4 * row + y] { code += UInt32(bit) }
    }
    return Unicode.Scalar(code) ?? " "
  }

  private func ascii(_ column: Int, _ row: Int) -> Unicode.Scalar {
    var upper = 0
    var lower = 0
    for x in 0..<2 {
      for y in 0..<2 {
        if self[2 * column + x, 4 * row + y] { upper += 1 }
        if self[2 * column + x, 4 * row + y + 2] { lower += 1 }
      }
    }
    switch (upper, lower) {
    case (0, 0): return " "
    case (0, 1...2): return "."
    case (0, _): return "_"
    case (1...2, 0): return "'"
    case (_, 0): return "\""
    default: return upper + lower > 6 ? "#" : upper + lower > 3 ? "+" : ":"
    }
  }
}
