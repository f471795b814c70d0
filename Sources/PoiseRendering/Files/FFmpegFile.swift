import Foundation
import PoiseCore

/// An MP4 file (H.264), made by the program ffmpeg, to which the pictures are piped.
struct FFmpegFile: FilmFile {
  /// The environment variable that names another ffmpeg.
  static let variable = "POISE_FFMPEG"

  private let path: String
  private let temporary: String
  private let process = Process()
  private let input = Pipe()
  private let complaints = Pipe()
  private let leftover: Leftover

  /// Removes the unfinished file where the film is given up.
  private final class Leftover {
    let path: String
    let process: Process
    init(_ path: String, _ process: Process) {
      self.path = path
      self.process = process
      UnfinishedFiles.add(path)
    }
    deinit {
      if process.isRunning { process.terminate() }
      unlink(path)
      UnfinishedFiles.remove(path)
    }
  }

  init(_ path: String, width: Int, height: Int, frameRate: Double) throws {
    let environment = ProcessInfo.processInfo.environment
    let program = try Self.find(environment)
    self.path = path
    temporary = "\(path).partial-\(getpid())"
    // An early look: ffmpeg's own message would come late.
    let probe = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard probe >= 0 else { throw InputOutputError(writing: path, errno) }
    close(probe)
    leftover = Leftover(temporary, process)
    process.executableURL = URL(filePath: program)
    // H.264 in the form that every player knows has even sides, and the index goes first, so that browsers start at once.
    process.arguments =
      ["-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "\(width)x\(height)"]
      + ["-r", "\(frameRate)", "-i", "-", "-an", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]
      + ["-c:v", "libx264", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", temporary]
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = complaints
    do {
      try process.run()
    } catch {
      throw InputOutputError(
        path: program, operation: "start", reason: "the system refuses", remedy: "Check \(Self.variable), or PATH.")
    }
    // The reading end is the child's alone, so that writing fails once it has ended.
    try? input.fileHandleForReading.close()
  }

  /// The program: what the environment names, else the first in PATH.
  private static func find(_ environment: [String: String]) throws -> String {
    if let named = environment[variable], !named.isEmpty { return named }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/ffmpeg") {
      return "\(folder)/ffmpeg"
    }
    throw InputOutputError(
      path: "ffmpeg", operation: "find", reason: "MP4 is written by the program ffmpeg, which is not in PATH",
      remedy:
        "On Debian and its relatives: apt-get install ffmpeg. Elsewhere set \(variable). A name that ends in .gif, or "
        + "frame%04d.png, needs nothing.")
  }

  mutating func append(_ picture: Picture) throws {
    let bytes = picture.channels == .color ? picture.bytes : picture.bytes.flatMap { [$0, $0, $0] }
    do {
      try input.fileHandleForWriting.write(contentsOf: bytes)
    } catch {
      throw failure()
    }
  }

  mutating func commit() throws {
    try? input.fileHandleForWriting.close()
    let text = complaintText()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw failure(text) }
    let descriptor = open(temporary, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 {
      fsync(descriptor)
      close(descriptor)
    }
    guard rename(temporary, path) == 0 else { throw InputOutputError(writing: path, errno) }
  }

  private func complaintText() -> String {
    String(decoding: (try? complaints.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
  }

  private func failure(_ text: String? = nil) -> InputOutputError {
    try? input.fileHandleForWriting.close()
    let lines = (text ?? complaintText()).split(separator: "\n")
    process.waitUntilExit()
    return InputOutputError(
      path: path, operation: "write", reason: "ffmpeg ended early: \(lines.last ?? "it says nothing")",
      remedy: "Its encoder must be libx264, which Debian's ffmpeg has. A name that ends in .gif needs no ffmpeg.")
  }
}
