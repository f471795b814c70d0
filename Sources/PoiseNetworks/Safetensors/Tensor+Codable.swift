internal import Foundation
public import PoiseCore

/// Values that are no arrays of numbers, kept among tensors as JSON in bytes, so that a checkpoint is one file.
///
/// JSON writes doubles in their shortest exact form, so they come back to the bit; what is not finite cannot be written.
extension Tensor {
  /// A U8 tensor [bytes] of the value's JSON.
  ///
  /// Numbers that are not finite become the words inf, -inf and nan: a fault's record may hold them.
  public init(encoding value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let bytes = try encoder.encode(value)
    self.init(elementType: .uint8, shape: [bytes.count], bytes: bytes)
  }

  /// The value that `init(encoding:)` wrote under `key`.
  ///
  /// - Parameters:
  ///   - file: what messages call the source.
  ///   - userInfo: what the value's own decoding asks for.
  public static func decode<Value: Decodable>(
    _ key: String, in tensors: [String: Tensor], file: String, userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws(InvalidInput) -> Value {
    func problem(_ found: String) -> InvalidInput {
      InvalidInput(
        Problem(
          file: file, place: "tensor '\(key)'", found: found, allowed: "JSON in bytes, U8, as training writes it",
          remedy: "The file belongs to another version, or is damaged."))
    }
    guard let tensor = tensors[key] else { throw problem("no such tensor") }
    guard tensor.elementType == .uint8 else { throw problem(tensor.elementType.rawValue) }
    do {
      let decoder = JSONDecoder()
      for (key, value) in userInfo { decoder.userInfo[key] = value }
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      return try decoder.decode(Value.self, from: tensor.bytes)
    } catch {
      throw problem("bytes that are no \(Value.self)")
    }
  }
}
