import Foundation
import PoiseCore

/// Files that contain their own SHA-256, so that a changed bit anywhere is detected.
///
/// The key `sha256` of the metadata has 64 hexadecimal digits: the digest of the whole file with zeros in place of
/// these digits. Any reader of safetensors can read such a file; `sed` and `sha256sum` can check it.
extension SafetensorsFile {
  /// Whether the digest in the metadata fits the file's bytes.
  public enum Seal: Hashable, Sendable {
    /// The metadata has no digest.
    case missing
    /// The digest does not fit the bytes: the file is damaged.
    case broken
    /// The digest fits the bytes.
    case whole
  }

  private static let sealKey = "sha256"
  private static let digitCount = 64

  /// The file's bytes, with the digest in the metadata.
  public func sealed() -> [UInt8] {
    var file = self
    file.metadata[Self.sealKey] = String(repeating: "0", count: Self.digitCount)
    var bytes = [UInt8](file.serialized())
    guard let place = Self.sealPlace(bytes) else { preconditionFailure("a header without the seal just put in") }
    bytes.replaceSubrange(place, with: SHA256.hexadecimal(bytes).utf8)
    return bytes
  }

  /// Checks the digest of a file.
  ///
  /// - Parameter bytes: all bytes of the file.
  public static func seal(of bytes: [UInt8]) -> Seal {
    guard let place = sealPlace(bytes) else { return .missing }
    var blank = bytes
    for i in place { blank[i] = UInt8(ascii: "0") }
    return SHA256.hexadecimal(blank).utf8.elementsEqual(bytes[place]) ? .whole : .broken
  }

  /// The place of the digits: after the first such key in the header. Inside of JSON strings, quotes follow a
  /// backslash.
  private static func sealPlace(_ bytes: [UInt8]) -> Range<Int>? {
    let mark = Array("\"\(sealKey)\":\"".utf8)
    guard bytes.count >= 8 else { return nil }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    let end = 8 + Int(min(length, UInt64(bytes.count - 8)))
    guard end - 8 >= mark.count + digitCount else { return nil }
    for start in 8...(end - mark.count - digitCount) where bytes[start] == mark[0] {
      let digits = start + mark.count
      if bytes[start..<digits].elementsEqual(mark) { return digits..<digits + digitCount }
    }
    return nil
  }
}
