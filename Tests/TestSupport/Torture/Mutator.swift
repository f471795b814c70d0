public import PoiseCore

/// Small seeded damage to a text or to any other bytes: what all fuzz tests feed their readers with.
public struct Mutator {
  public var random: RandomStream
  private let vocabulary: Vocabulary
  /// Other inputs, to take pieces from.
  private let corpus: [[UInt8]]

  /// What the inputs of one format are made of.
  public struct Vocabulary: Sendable {
    /// What may stand anywhere: markup, keys, separators.
    public var pieces: [[UInt8]]
    /// What stands where a value stood: numbers at the edges of their kinds, and things that are no numbers.
    public var values: [[UInt8]]
    /// Values that could be meant: they get past the door.
    public var plausibleValues: [[UInt8]]
    /// Where a value begins and where it ends.
    public var valueStarts: Set<UInt8>
    public var valueEnds: Set<UInt8>
    /// Of 18 pieces of damage, how many are inside of a value.
    public var valueShare: Int

    public init(
      pieces: [String], values: [String] = Self.edges, plausibleValues: [String] = ["0.5", "1", "2"],
      valueStarts: String, valueEnds: String, valueShare: Int = 12
    ) {
      self.pieces = pieces.map { Array($0.utf8) }
      self.values = values.map { Array($0.utf8) }
      self.plausibleValues = plausibleValues.map { Array($0.utf8) }
      self.valueStarts = Set(valueStarts.utf8)
      self.valueEnds = Set(valueEnds.utf8)
      self.valueShare = valueShare
    }

    /// Numbers at the edges, and what is easily taken for a number.
    public static let edges = [
      "nan", "inf", "-inf", "1e308", "-1e308", "1e-308", "1e400", "0x10", "0", "-0", "-1", "1e6", "1e7", "1e18", "1,5",
      "", " ", "1 2", "1 2 3 4 5 6 7 8", "true", "null", "\u{0}", "é", "%s%n", "2147483648", "-2147483649", "1_000", "++1",
      "1e", ".", "١", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "1e19",
    ]
  }

  /// - Parameter corpus: at least one input, none of them empty.
  public init(_ vocabulary: Vocabulary, corpus: [[UInt8]], random: RandomStream) {
    precondition(!corpus.isEmpty && corpus.allSatisfy { !$0.isEmpty }, "a mutator without a corpus")
    self.vocabulary = vocabulary
    self.corpus = corpus
    self.random = random
  }

  /// An input of the corpus, damaged in one to three places.
  public mutating func next() -> [UInt8] { mutated(corpus[random.index(below: corpus.count)]) }

  /// `input`, damaged in one to three places.
  public mutating func mutated(_ input: [UInt8]) -> [UInt8] {
    var bytes = input
    for _ in 0..<(1 + random.index(below: 3)) { damage(&bytes) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return bytes = choice(vocabulary.pieces) }
    if random.index(below: 18) < vocabulary.valueShare {
      guard let value = randomValue(in: bytes) else { return }
      switch random.index(below: 4) {
      case 0: bytes.replaceSubrange(value, with: choice(vocabulary.values))
      case 1:
        guard let other = randomValue(in: bytes) else { return }
        bytes.replaceSubrange(value, with: Array(bytes[other]))
      default: bytes.replaceSubrange(value, with: choice(vocabulary.plausibleValues))
      }
      return
    }
    switch random.index(below: 7) {
    case 0: bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256))
    case 1: bytes.removeSubrange(span(of: bytes, upTo: 40))
    case 2: bytes.insert(contentsOf: bytes[span(of: bytes, upTo: 400)], at: random.index(below: bytes.count + 1))
    case 3: bytes.removeSubrange(random.index(below: bytes.count)...)
    case 4: bytes.insert(contentsOf: choice(vocabulary.pieces), at: random.index(below: bytes.count + 1))
    case 5: bytes.replaceSubrange(span(of: bytes, upTo: 12), with: choice(vocabulary.pieces))
    default:
      let other = corpus[random.index(below: corpus.count)]
      bytes.replaceSubrange(span(of: bytes, upTo: 200), with: other[span(of: other, upTo: 400)])
    }
  }

  private mutating func choice(_ list: [[UInt8]]) -> [UInt8] { list[random.index(below: list.count)] }

  private mutating func span(of bytes: [UInt8], upTo length: Int) -> Range<Int> {
    let start = random.index(below: bytes.count)
    return start..<min(bytes.count, start + 1 + random.index(below: length))
  }

  /// What stands between the next start of a value and its end.
  private mutating func randomValue(in bytes: [UInt8]) -> Range<Int>? {
    let start = random.index(below: bytes.count)
    guard let open = bytes[start...].firstIndex(where: { vocabulary.valueStarts.contains($0) }) else { return nil }
    let close = bytes[(open + 1)...].firstIndex { vocabulary.valueEnds.contains($0) } ?? bytes.count
    return open + 1..<close
  }
}
