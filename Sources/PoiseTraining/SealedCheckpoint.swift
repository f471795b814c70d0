import Foundation
import PoiseCore
import PoiseNetworks

/// The file of a checkpoint. It is written as a whole or not at all, and has a seal over its own bytes and the seals of
/// the files that it depends on.
///
/// A safetensors file whose metadata has
///
///     format      poise-checkpoint-2
///     sha256      of the file itself, see `SafetensorsFile.Seal`
///     inputs      JSON, [{path, bytes, sha256}]: the files that the run began with; they must not have changed
///     grown       JSON, the same for files that grow (tables, events, replay buffer): their first bytes must not have changed
///     scenario, algorithm, environment_steps      for display
///
/// So a checkpoint that was damaged, truncated or put into another run is detected, and so is a change of a file that
/// it depends on.
struct SealedCheckpoint {
  static let format = "poise-checkpoint-2"

  let path: String
  let tensors: [String: Tensor]
  /// SHA-256 of the file, as `sha256sum` prints it.
  let digest: String
  let inputs: [FileSeal]
  let grown: [FileSeal]
  /// Control steps of the training when it was written.
  let environmentSteps: Int?

  /// Reads a file and checks its seal and version.
  ///
  /// - Throws: `InputOutputError`, `InvalidInput`.
  init(contentsOf path: String) throws {
    let bytes: [UInt8]
    do throws(BoundedFile.Failure) {
      bytes = try BoundedFile.read(path, limit: SafetensorsFile.fileLimit)
    } catch {
      throw InputOutputError(path: path, operation: "read", reason: error.reason)
    }
    let seal = SafetensorsFile.seal(of: bytes)
    guard seal != .broken else {
      throw InvalidInput(
        Problem(
          file: path, found: "bytes that do not fit the SHA-256 in its own header", allowed: "the file as it was saved",
          remedy: "It is damaged."))
    }
    let file = try SafetensorsFile(Data(bytes), name: path)
    let format = file.metadata["format"] ?? "none"
    guard format == Self.format, seal == .whole else {
      throw InvalidInput(
        Problem(
          file: path, place: format == Self.format ? "sha256" : "format",
          found: format == Self.format ? "none" : format,
          allowed: format == Self.format ? "the digest of the file" : "\(Self.format), which this Poise writes",
          remedy: format == Self.format
            ? "It is damaged." : "Another version of Poise wrote it: use that one, or train again."))
    }
    self.path = path
    tensors = file.tensors
    environmentSteps = file.metadata["environment_steps"].flatMap { Int($0) }
    digest = SHA256.hexadecimal(bytes)
    inputs = try Self.seals("inputs", file, path)
    grown = try Self.seals("grown", file, path)
  }

  private static func seals(_ key: String, _ file: SafetensorsFile, _ path: String) throws -> [FileSeal] {
    guard let seals = try? JSONDecoder().decode([FileSeal].self, from: Data((file.metadata[key] ?? "").utf8)) else {
      throw InvalidInput(
        Problem(
          file: path, place: key, found: "no list of files", allowed: "path, bytes and sha256 of each",
          remedy: "Another version of Poise wrote it."))
    }
    return seals
  }

  /// What the checkpoint is used for.
  enum Use {
    /// Only its policy is used.
    case policy
    /// Training is resumed from it.
    case training
  }

  /// Checks the files that the checkpoint depends on.
  ///
  /// - Throws: `InputOutputError` if a file cannot be read, `InvalidInput` for the first file that has changed.
  func check(in folder: String, for use: Use) throws {
    let name = "checkpoints/\(path.fileName)"
    for seal in inputs { try seal.check(in: folder, .asItWas, checkpoint: name) }
    guard use == .training else { return }
    guard tensors["run.state"] != nil else {
      throw InvalidInput(
        Problem(
          file: path, found: "a policy alone, as the best checkpoint is",
          allowed: "everything that resuming a training needs",
          remedy: "It took the place of another checkpoint."))
    }
    for seal in grown { try seal.check(in: folder, .mayHaveGrown, checkpoint: name) }
  }

  /// Writes a file as a whole or not at all.
  ///
  /// - Parameters:
  ///   - tensors: the contents.
  ///   - about: further metadata, for display.
  ///   - inputs: seals of the files that the run began with.
  ///   - grown: seals of the files that grow.
  ///   - path: where the file goes.
  ///   - older: where the present file at `path` is moved to; `nil` to replace it.
  static func write(
    _ tensors: [String: Tensor], about: [String: String], inputs: [FileSeal], grown: [FileSeal] = [],
    to path: String, keepingOlderAs older: String? = nil
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var metadata = about
    metadata["format"] = format
    metadata["inputs"] = String(decoding: try encoder.encode(inputs), as: UTF8.self)
    metadata["grown"] = String(decoding: try encoder.encode(grown), as: UTF8.self)
    // A link to an older checkpoint is replaced: written through, it would take that one along.
    let file = try WholeFile(path, followsLinks: false)
    try file.write(SafetensorsFile(tensors: tensors, metadata: metadata).sealed())
    try file.commit(keepingOlderAs: older)
  }
}
