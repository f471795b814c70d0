import PoiseCore
public import PoiseRendering

/// Films a recording without a browser: the picture of the page, less its finesse.
///
/// Pictures are evenly spaced in time, and poses between two control steps are interpolated. The same recording gives the same pixels.
public struct Film: Sendable {
  /// Columns of the picture.
  public var width = 640
  /// Rows of the picture.
  public var height = 480
  /// Pictures each second of the episode.
  public var frameRate = 25.0
  /// From where.
  public var view = FilmView.corner
  /// Samples of a pixel along each axis, for smooth edges.
  public var samples = 3
  /// Threads that draw.
  public var threadCount = 1

  /// A film of 640 × 480 pixels from a corner.
  public init() {}

  /// Films all episodes one after the other.
  ///
  /// - Parameters:
  ///   - recording: the episodes.
  ///   - path: a name that `FilmFormat` knows.
  ///   - visit: called after each picture with its number from 1; whether to go on.
  /// - Returns: the number of pictures.
  /// - Throws: `InvalidInput` for a name of another kind; `InputOutputError` if the film cannot be written.
  @discardableResult
  public func write(
    _ recording: Recording, to path: String, visit: (_ pictures: Int) throws -> Void = { _ in }
  ) throws -> Int {
    var file = try FilmFormat(path).open(path, width: width, height: height, frameRate: frameRate)
    let pool = WorkerPool(threadCount: threadCount)
    var renderer = makeRenderer()
    var picture = renderer.makePicture()
    var count = 0
    for episode in recording.episodes where episode.rowCount > 0 {
      var stage = FilmStage(episode, view: view, aspect: Double(width) / Double(height))
      var row = 0
      let end = episode.time(episode.rowCount - 1) - episode.time(0)
      // A moment that is a picture's by rounding alone is its moment.
      let pictures = Int(clamping: (end * frameRate + 1e-6).rounded(.down)) + 1
      for k in 0..<pictures {
        let time = episode.time(0) + Double(k) / frameRate
        while row + 1 < episode.rowCount, episode.time(row + 1) <= time + 1e-9 { row += 1 }
        let next = min(row + 1, episode.rowCount - 1)
        let step = episode.time(next) - episode.time(row)
        let share = step > 0 ? (time - episode.time(row)) / step : 0
        stage.show(row, next, share: share > 1e-6 ? min(1, share) : 0)
        renderer.draw(stage.scene, from: stage.camera, pool: pool)
        renderer.read(into: &picture)
        try file.append(picture)
        count += 1
        try visit(count)
      }
    }
    try file.commit()
    return count
  }

  /// The first moment of a recording.
  public func picture(of recording: Recording) -> Picture {
    var renderer = makeRenderer()
    var picture = renderer.makePicture()
    guard let episode = recording.episodes.first, episode.rowCount > 0 else { return picture }
    var stage = FilmStage(episode, view: view, aspect: Double(width) / Double(height))
    stage.show(0, 0, share: 0)
    renderer.draw(stage.scene, from: stage.camera)
    renderer.read(into: &picture)
    return picture
  }

  private func makeRenderer() -> Renderer {
    Renderer(
      width: width, height: height, channels: .color, samples: samples,
      bandCount: threadCount > 1 ? 4 * threadCount : 1)
  }
}
