/// A flat vector of numbers that starts on a cache line: parameters, gradients, moments, activations.
///
/// A value: copies are independent (copy on write). One loop walks all of it, so an optimizer step, a copy, a checkpoint and a sum
/// over shards need to know nothing of layers. Shape: [count].
public struct AlignedVector<Scalar: NetworkScalar>: Sendable {
  /// SIMD16 only for its alignment, 64 bytes for floats. Elements from `count` on are zero and stay so.
  private var blocks: [SIMD16<Scalar>]
  public let count: Int

  public init(zeros count: Int) {
    precondition(count >= 0, "a vector of \(count) elements")
    self.count = count
    blocks = Array(repeating: .zero, count: (count + 15) / 16)
  }

  public init(_ values: some Collection<Scalar>) {
    self.init(zeros: values.count)
    var target = mutableSpan
    var i = 0
    for value in values {
      target[i] = value
      i += 1
    }
  }

  /// Read access, no copy.
  public var span: Span<Scalar> {
    @_lifetime(borrow self)
    get {
      _overrideLifetime(
        Span(_unsafeElements: UnsafeBufferPointer(start: start, count: count)), borrowing: self)
    }
  }

  /// Write access, no copy; if another vector shares the memory, this one gets its own first.
  public var mutableSpan: MutableSpan<Scalar> {
    @_lifetime(&self)
    mutating get {
      let start = mutableStart()
      return _overrideLifetime(
        MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(start: start, count: count)), mutating: &self)
    }
  }

  public subscript(index: Int) -> Scalar {
    get { span[index] }
    set {
      precondition(index >= 0 && index < count, "index \(index) of \(count)")
      mutableStart()[index] = newValue
    }
  }

  /// Makes every element zero.
  public mutating func setToZero() {
    mutableStart().update(repeating: 0, count: count)
  }

  // MARK: For the kernels of this room

  /// Start of the memory: valid while this vector is neither changed nor given up. Never leaves this room.
  var start: UnsafePointer<Scalar> {
    blocks.withUnsafeBytes { ($0.baseAddress ?? emptyMemory).assumingMemoryBound(to: Scalar.self) }
  }

  /// As `start`, for writing; the memory is this vector's alone.
  mutating func mutableStart() -> UnsafeMutablePointer<Scalar> {
    blocks.withUnsafeMutableBytes {
      ($0.baseAddress ?? UnsafeMutableRawPointer(mutating: emptyMemory)).assumingMemoryBound(to: Scalar.self)
    }
  }
}

/// Where empty vectors point; nothing is read or written there.
private nonisolated(unsafe) let emptyMemory = UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped

extension AlignedVector: Equatable {
  /// Equal in number; NaN differs from itself and −0 equals 0, as for numbers. For bits see `hasSameBits`.
  public static func == (a: Self, b: Self) -> Bool { a.count == b.count && a.blocks == b.blocks }

  /// Whether every bit agrees: what the promise of repeatability means.
  public func hasSameBits(as other: Self) -> Bool {
    guard count == other.count else { return false }
    return blocks.withUnsafeBytes { mine in other.blocks.withUnsafeBytes { mine.elementsEqual($0) } }
  }
}

extension Array where Element: NetworkScalar {
  /// The elements, in order.
  public init(_ vector: AlignedVector<Element>) {
    let span = vector.span
    self.init(unsafeUninitializedCapacity: vector.count) { buffer, initialized in
      for i in 0..<span.count { buffer.initializeElement(at: i, to: span[i]) }
      initialized = span.count
    }
  }
}
