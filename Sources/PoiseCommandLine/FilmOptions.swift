import ArgumentParser
import Foundation
import PoiseCore
import PoiseRendering
import PoiseViewer

/// Size and direction of a picture.
struct PictureOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Size of the picture, 16x16 to 4096x4096. Default: 640x480.", valueName: "width x height"))
  var size: String?

  @Option(
    help: ArgumentHelp(
      "From where: corner, side, front, back, top, or azimuth and elevation in degrees, such as 30,15. Default: corner.",
      valueName: "view"))
  var camera: String?

  /// Whether any of them is given.
  var isGiven: Bool { size != nil || camera != nil }

  func validate() throws {
    if size != nil, parsedSize == nil {
      throw ValidationError("--size: found '\(size ?? "")'; allowed width and height such as 640x480, 16 to 4096 each.")
    }
  }

  private var parsedSize: (width: Int, height: Int)? {
    guard let size else { return (640, 480) }
    let numbers = size.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let width = numbers[0], let height = numbers[1], (16...4096).contains(width),
      (16...4096).contains(height)
    else { return nil }
    return (width, height)
  }

  /// - Throws: `InvalidInput` for a view that is not known.
  func film() throws -> Film {
    var film = Film()
    if let parsedSize { (film.width, film.height) = parsedSize }
    if let camera { film.view = try FilmView(camera) }
    film.threadCount = ProcessInfo.processInfo.activeProcessorCount
    return film
  }
}

/// A film without a browser, for replays and simulations.
struct FilmOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Film it, without a browser or a GPU: a name that ends in .mp4 (by ffmpeg, which must be installed) or .gif, numbered \
      pictures such as frame%04d.png, or a folder for them.
      """, valueName: "file"))
  var video: String?

  @Option(help: ArgumentHelp("Pictures of a film for each second, 1 to 200. Default: 25.", valueName: "n"))
  var frameRate: Double?

  @OptionGroup var picture: PictureOptions

  func validate() throws {
    if let frameRate, !(1...200).contains(frameRate) {
      throw ValidationError("--frame-rate: found \(frameRate); allowed 1 to 200.")
    }
    if video == nil, frameRate != nil || picture.isGiven {
      throw ValidationError("--size, --camera and --frame-rate describe a film: add --video FILE.")
    }
  }

  /// Complains about what cannot be filmed before anything is simulated.
  func check() throws {
    guard let video else { return }
    _ = try FilmFormat(video)
    _ = try picture.film()
  }

  /// Films a recording.
  func write(_ recording: Recording) throws {
    guard let video else { return }
    var film = try picture.film()
    if let frameRate { film.frameRate = frameRate }
    let progress = ProgressLine()
    let count = try film.write(recording, to: video) { pictures in
      progress.show("\(pictures) pictures", at: ProcessInfo.processInfo.systemUptime)
    }
    progress.close()
    let seconds = (Double(count) / film.frameRate).rounded(significant: 3)
    printError("\(video): \(count) pictures of \(film.width) × \(film.height), \(seconds) s")
  }
}
