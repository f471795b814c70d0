import Foundation
import PoiseCore

/// Length and digest of one of a run's files when a checkpoint was written. The checkpoint can only be used with these
/// bytes.
public struct FileSeal: Codable, Hashable, Sendable {
  /// The file's path, relative to the run's folder.
  public var path: String
  /// The number of bytes from the file's beginning that the digest covers.
  public var bytes: Int
  /// Their SHA-256, 64 hexadecimal digits.
  public var sha256: String

  /// The seal of a file at present.
  init(_ path: String, in folder: String) throws {
    var hash = SHA256()
    try Self.add(path, of: folder, limit: Self.inputLimit + 1, to: &hash)
    guard hash.count <= Self.inputLimit else {
      throw InputOutputError(
        path: "\(folder)/\(path)", operation: "read",
        reason: BoundedFile.Failure.tooLarge(hash.count, limit: Self.inputLimit).reason)
    }
    self.init(path: path, hash)
  }

  /// The largest size of a file with which a run begins, in bytes: far above that of any text.
  static let inputLimit = 1 << 28

  init(path: String, _ hash: SHA256) {
    self.path = path
    bytes = hash.count
    sha256 = hash.hexadecimal
  }

  /// Whether the file may have become longer since.
  enum Kind { case asItWas, mayHaveGrown }

  /// Checks that the file still has the bytes of the seal.
  ///
  /// - Throws: `InputOutputError` if the file cannot be read, `InvalidInput` if its bytes have changed.
  func check(in folder: String, _ kind: Kind, checkpoint: String) throws {
    var hash = SHA256()
    // A file may say anything of the length.
    let bytes = min(max(0, bytes), .max - 1)
    try Self.add(path, of: folder, limit: kind == .asItWas ? bytes + 1 : bytes, to: &hash)
    try check(hash, folder, checkpoint: checkpoint)
  }

  /// Checks the hash of a file's present bytes.
  ///
  /// - Throws: `InvalidInput` if length or digest differ.
  func check(_ hash: SHA256, _ folder: String, checkpoint: String) throws {
    guard hash.count == bytes else {
      throw InvalidInput(
        Problem(
          file: "\(folder)/\(path)", found: hash.count > bytes ? "more bytes" : "\(hash.count) bytes",
          allowed: "the \(bytes) bytes with which \(checkpoint) was saved", remedy: Self.remedy))
    }
    let found = hash.hexadecimal
    guard found == sha256 else {
      throw InvalidInput(
        Problem(
          file: "\(folder)/\(path)", found: "other bytes, SHA-256 \(found.prefix(12))…",
          allowed: "\(sha256.prefix(12))…, with which \(checkpoint) was saved", remedy: Self.remedy))
    }
  }

  private static let remedy = "It was changed or damaged, or the checkpoint is of another run."

  private static func add(_ path: String, of folder: String, limit: Int, to hash: inout SHA256) throws {
    do throws(BoundedFile.Failure) {
      try hash.update(fileAt: "\(folder)/\(path)", limit: limit)
    } catch {
      throw InputOutputError(
        path: "\(folder)/\(path)", operation: "read", reason: error.reason,
        remedy: "A checkpoint depends on it; without it the run cannot be trusted.")
    }
  }
}
