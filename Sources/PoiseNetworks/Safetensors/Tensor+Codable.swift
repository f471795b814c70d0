internal import Foundation
public import PoiseCore

/// Values that are not arrays of numbers, stored among tensors as JSON in bytes, so that a checkpoint is one file.
///
/// JSON has doubles in their shortest exact form, so they are restored exact to the bit.
extension Tensor {
  /// Makes a U8 tensor, [bytes], of a value's JSON.
  ///
  /// Numbers that are not finite become the strings inf, -inf and nan; the record of a fault may hold them.
  ///
  /// - Throws: what the value's `encode(to:)` throws.
  public init(encoding value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let bytes = try encoder.encode(value)
    self.init(elementType: .uint8, shape: [bytes.count], bytes: bytes)
  }

  /// Decodes a value that `init(encoding:)` encoded.
  ///
  /// - Parameters:
  ///   - key: the name of its tensor.
  ///   - tensors: by name.
  ///   - file: the name of their file, for messages.
  ///   - userInfo: what the value's own decoding requires.
  /// - Throws: `InvalidInput` if there is no such tensor, or if it holds no such value.
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
