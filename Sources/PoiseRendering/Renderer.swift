public import PoiseCore

/// Draws pictures of a scene on the processor: shapes in light, floors with a grid and shadows, in grey or in colour, with depths.
///
/// For each shape the pixels that it may cover are known; there each ray meets the shape in closed form, and the nearest hit is kept. Only
/// +, −, ×, ÷ and √ in float32 lead to a pixel, each correctly rounded and none fused, so a moment gives the same pixels for any number of
/// threads, on any processor. After the first picture nothing is allocated, apart from a closure where a pool helps.
///
///     var renderer = Renderer(width: 64, height: 64, channels: .grey)
///     renderer.draw(scene, from: camera)
///     renderer.read(into: &pixels)
public struct Renderer: Sendable {
  /// What a pixel consists of.
  public enum Channels: Int, Sendable, Hashable {
    /// One byte, the brightness: 0 is black.
    case grey = 1
    /// Three bytes, red, green and blue.
    case color = 3
  }

  /// Columns of the picture.
  public let width: Int
  /// Rows of the picture.
  public let height: Int
  /// What a pixel consists of.
  public let channels: Channels
  /// Samples of a pixel along each axis: 1, or more for smooth edges.
  public let samples: Int

  private var bands: [Band]
  private var prepared = PreparedScene()

  /// A renderer for pictures of one size.
  ///
  /// - Parameters:
  ///   - width: columns, 1 to 16384.
  ///   - height: rows, 1 to 16384.
  ///   - channels: grey or colour.
  ///   - samples: samples of a pixel along each axis, 1 to 8: with n, n² are averaged.
  ///   - keepsParts: whether `readParts` is to be called.
  ///   - bandCount: parts of the picture that threads can draw at the same time.
  public init(
    width: Int, height: Int, channels: Channels, samples: Int = 1, keepsParts: Bool = false, bandCount: Int = 1
  ) {
    precondition((1...16_384).contains(width) && (1...16_384).contains(height), "a picture of \(width) × \(height)")
    precondition((1...8).contains(samples) && bandCount > 0, "\(samples) samples, \(bandCount) bands")
    self.width = width
    self.height = height
    self.channels = channels
    self.samples = samples
    let count = min(bandCount, height)
    bands = (0..<count).map { band in
      let rows = height * band / count..<height * (band + 1) / count
      return Band(
        rows: rows.lowerBound * samples..<rows.upperBound * samples, columns: width * samples,
        channels: channels.rawValue, samples: samples, keepsParts: keepsParts)
    }
  }

  /// Bytes of a picture.
  public var byteCount: Int { width * height * channels.rawValue }

  /// Draws the scene at its present moment.
  ///
  /// - Parameters:
  ///   - scene: shapes, poses and light.
  ///   - camera: from where.
  ///   - pool: threads that share the bands; `nil` is the calling thread alone.
  public mutating func draw(_ scene: Scene, from camera: Camera, pool: WorkerPool? = nil) {
    let rows = Double(height * samples)
    let projection = Projection(
      width: width * samples, height: height * samples, focal: rows / 2 / camera.halfHeight, near: camera.near)
    prepared.prepare(scene, camera, projection)
    guard let pool, bands.count > 1 else {
      for i in bands.indices { bands[i].draw(prepared, projection) }
      return
    }
    let prepared = prepared
    pool.forEach(&bands) { _, band in band.draw(prepared, projection) }
  }

  /// Reads the picture, from the top left corner row by row.
  ///
  /// - Parameter bytes: receives the pixels, [height][width][channels].
  public func read(into bytes: inout MutableSpan<UInt8>) {
    precondition(bytes.count == byteCount, "a picture of \(byteCount) bytes, room for \(bytes.count)")
    var place = 0
    for band in bands {
      for byte in band.bytes {
        bytes[place] = byte
        place += 1
      }
    }
  }

  /// Reads the depths along the camera's axis, m, of each pixel's first sample; infinite where nothing is.
  ///
  /// - Parameter depths: receives the numbers, [height][width].
  public func readDepths(into depths: inout MutableSpan<Float>) {
    read(\.depth) { depths[$0] = $1 }
  }

  /// Reads which part of the scene each pixel's first sample sees, for a renderer that keeps parts; −1 where nothing is.
  ///
  /// - Parameter parts: receives indices into `Scene.parts`, [height][width].
  public func readParts(into parts: inout MutableSpan<Int32>) {
    read(\.parts) { parts[$0] = Int32($1) }
  }

  private func read(_ field: KeyPath<Band, [Lanes]>, _ write: (Int, Float) -> Void) {
    let groups = (width * samples + Lanes.scalarCount - 1) / Lanes.scalarCount
    var place = 0
    for band in bands {
      let values = band[keyPath: field]
      precondition(!values.isEmpty, "a renderer that does not keep parts")
      for row in stride(from: 0, to: band.rows.count, by: samples) {
        for column in stride(from: 0, to: width * samples, by: samples) {
          write(place, values[row * groups + column / Lanes.scalarCount][column % Lanes.scalarCount])
          place += 1
        }
      }
    }
  }
}
