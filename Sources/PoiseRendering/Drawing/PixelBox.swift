/// A rectangle of pixels, half open.
struct PixelBox: Equatable {
  var columns: Range<Int>
  var rows: Range<Int>

  static let empty = PixelBox(columns: 0..<0, rows: 0..<0)
  var isEmpty: Bool { columns.isEmpty || rows.isEmpty }
}

/// From the camera's coordinates (x to the right, y up, z forward) to pixels, and which pixels a shape may cover.
struct Projection {
  var width: Int
  var height: Int
  /// Pixels for each unit of x/z and y/z.
  var focal: Double
  var near: Double

  var whole: PixelBox { PixelBox(columns: 0..<width, rows: 0..<height) }

  /// The pixels between two bounds in pixels, with one to spare; NaN gives none.
  private func range(_ low: Double, _ high: Double, _ count: Int) -> Range<Int> {
    let (first, last) = (max(0, low - 1), min(Double(count), high + 2))
    guard first < last else { return 0..<0 }
    return Int(first)..<Int(last)
  }

  private func box(_ x: Points.Bounds, _ y: Points.Bounds) -> PixelBox {
    let (w, h) = (Double(width) / 2, Double(height) / 2)
    return PixelBox(
      columns: range(w + focal * x.low, w + focal * x.high, width),
      rows: range(h - focal * y.high, h - focal * y.low, height))
  }

  /// A box around some points' convex hull; the whole picture where one of them is not in front of the camera.
  func box(_ points: Points) -> PixelBox {
    var (x, y) = (Points.Bounds(), Points.Bounds())
    var behind = 0
    for i in 0..<8 {
      let p = points[i]
      guard p.x.isFinite, p.y.isFinite, p.z.isFinite else { return .empty }
      guard p.z > near else {
        behind += 1
        continue
      }
      x.add(p.x / p.z)
      y.add(p.y / p.z)
    }
    if behind > 0 { return behind == 8 ? .empty : whole }
    return box(x, y)
  }

  /// A box around two spheres of one radius, and so around the capsule between them.
  func box(_ a: SIMD3<Double>, _ b: SIMD3<Double>, radius: Double) -> PixelBox {
    guard radius.isFinite, a.x.isFinite, a.y.isFinite, a.z.isFinite, b.x.isFinite, b.y.isFinite, b.z.isFinite else {
      return .empty
    }
    if a.z + radius <= near, b.z + radius <= near { return .empty }
    guard a.z > radius + near, b.z > radius + near else { return whole }
    func slopes(_ i: Int) -> Points.Bounds {
      let (first, second) = (Self.slopes(a[i], a.z, radius), Self.slopes(b[i], b.z, radius))
      return Points.Bounds(low: min(first.low, second.low), high: max(first.high, second.high))
    }
    return box(slopes(0), slopes(1))
  }

  /// Slopes of the tangents from the origin to the circle of radius r about (x, z), z > r: (x z ± r √(x² + z² − r²)) / (z² − r²).
  private static func slopes(_ x: Double, _ z: Double, _ r: Double) -> Points.Bounds {
    let below = z * z - r * r
    let reach = r * (x * x + below).squareRoot()
    return Points.Bounds(low: (x * z - reach) / below, high: (x * z + reach) / below)
  }
}

/// Eight points: the corners of a box.
struct Points {
  private var values = [8 of SIMD3<Double>](repeating: .zero)

  /// The corners of the box with a centre and half edges.
  init(_ center: SIMD3<Double>, _ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>) {
    for i in 0..<8 {
      values[i] = center + (i & 1 == 0 ? a : -a) + (i & 2 == 0 ? b : -b) + (i & 4 == 0 ? c : -c)
    }
  }

  subscript(i: Int) -> SIMD3<Double> {
    get { values[i] }
    set { values[i] = newValue }
  }

  struct Bounds {
    var low = Double.infinity
    var high = -Double.infinity
    mutating func add(_ value: Double) {
      low = min(low, value)
      high = max(high, value)
    }
  }
}
