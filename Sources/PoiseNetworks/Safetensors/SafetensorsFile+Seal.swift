import Foundation
import PoiseCore

/// A file that knows its own SHA-256, so that a bit that turned anywhere in it is noticed.
///
/// Under `sha256` of the metadata stand 64 hexadecimal digits: the digest of the whole file in which these digits are zeros. Any
/// reader of safetensors takes such a file for what it is; `sed` and `sha256sum` can check it.
extension SafetensorsFile {
  /// What the metadata says of the file's own bytes.
  public enum Seal: Hashable, Sendable {
    /// It says nothing.
    case missing
    /// It says something else than is true.
    case broken
    case whole
  }

  private static let sealKey = "sha256"
  private static let digitCount = 64

  /// The file's bytes, sealed.
  public func sealed() -> [UInt8] {
    var file = self
    file.metadata[Self.sealKey] = String(repeating: "0", count: Self.digitCount)
    var bytes = [UInt8](file.serialized())
    guard let place = Self.sealPlace(bytes) else { preconditionFailure("a header without the seal just put in") }
    bytes.replaceSubrange(place, with: SHA256.hexadecimal(bytes).utf8)
    return bytes
  }

  /// - Parameter bytes: a whole file.
  public static func seal(of bytes: [UInt8]) -> Seal {
    guard let place = sealPlace(bytes) else { return .missing }
    var blank = bytes
    for i in place { blank[i] = UInt8(ascii: "0") }
    return SHA256.hexadecimal(blank).utf8.elementsEqual(bytes[place]) ? .whole : .broken
  }

  /// Where the digits stand. The first such words of the header: in other texts quotes have a backslash before them.
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
