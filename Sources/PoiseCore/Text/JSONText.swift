package import Foundation

extension JSONEncoder {
  /// JSON for people and other programs, in which null stands for each number that is not finite: JSON has no word for
  /// those, and readers disagree about any other.
  ///
  /// - Throws: what the value's own encoding throws.
  package func text(of value: some Encodable) throws -> String {
    // A word that no name equals; JSON writes its first character escaped.
    let word = "\u{1}not finite"
    nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: word, negativeInfinity: word, nan: word)
    return String(decoding: try encode(value), as: UTF8.self).replacing("\"\\u0001not finite\"", with: "null")
  }
}
