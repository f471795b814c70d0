import Foundation
public import PoiseCore

/// The kinds of file that a film can be, each by its name.
public enum FilmFormat: Hashable, Sendable {
  /// `.gif`
  case gif
  /// `.mp4`, by ffmpeg.
  case mp4
  /// `.png` files with a number each: the name has a place for it, such as `%04d`, or is that of a folder.
  case numbered(prefix: String, digits: Int, suffix: String)

  /// Finds the kind of a file by its name.
  ///
  /// - Throws: `InvalidInput` that says which names there are.
  public init(_ path: String) throws(InvalidInput) {
    let name = path.lowercased()
    if let place = path.firstMatch(of: /%0?([1-9]?)d/), path.matches(of: /%/).count == 1, name.hasSuffix(".png") {
      self = .numbered(
        prefix: String(path[..<place.range.lowerBound]), digits: Int(place.output.1) ?? 1,
        suffix: String(path[place.range.upperBound...]))
    } else if name.hasSuffix(".gif") {
      self = .gif
    } else if name.hasSuffix(".mp4") {
      self = .mp4
    } else if name.hasSuffix("/") || Self.isFolder(path) {
      self = .numbered(prefix: path.hasSuffix("/") ? path : path + "/", digits: 5, suffix: ".png")
    } else {
      throw InvalidInput(
        Problem(
          file: "--video", found: "'\(path)'", allowed: "a name that ends in .mp4 or .gif, frame%04d.png, or a folder",
          remedy: "MP4 needs ffmpeg; the others need nothing."))
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType == .typeDirectory
  }

  /// Opens the film.
  ///
  /// - Parameters:
  ///   - path: the file's name, from which the format was found.
  ///   - width: columns of every picture.
  ///   - height: rows of every picture.
  ///   - frameRate: pictures each second, above 0.
  /// - Throws: `InputOutputError` if it cannot be written, or where ffmpeg is missing.
  public func open(_ path: String, width: Int, height: Int, frameRate: Double) throws -> any FilmFile {
    switch self {
    case .gif: try GIFFile(path, width: width, height: height, frameRate: frameRate)
    case .mp4: try FFmpegFile(path, width: width, height: height, frameRate: frameRate)
    case .numbered(let prefix, let digits, let suffix): NumberedFiles(prefix: prefix, digits: digits, suffix: suffix)
    }
  }
}
