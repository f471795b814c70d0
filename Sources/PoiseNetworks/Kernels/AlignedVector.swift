/// A flat vector of numbers that starts on a cache line: parameters, gradients, moments, activations.
///
/// A value: copies are independent (copy on write). One loop walks all of it, so an optimizer step, a copy, a
/// checkpoint and a sum over shards need to know nothing of layers. Shape: [count].
public struct AlignedVector<Scalar: NetworkScalar>: Sendable {
  @usableFromInline var storage: Storage
  @inlinable public var count: Int { storage.count }

  @inlinable public init(zeros count: Int) {
    precondition(count >= 0, "a vector of \(count) elements")
    storage = Storage(count: count)
    storage.start.initialize(repeating: 0, count: count)
  }

  @inlinable public init(_ values: some Collection<Scalar>) {
    self.init(zeros: values.count)
    var target = mutableSpan
    var i = 0
    for value in values {
      target[i] = value
      i += 1
    }
  }

  /// Read access, no copy.
  @inlinable public var span: Span<Scalar> {
    @_lifetime(borrow self)
    get {
      _overrideLifetime(
        Span(_unsafeElements: UnsafeBufferPointer(start: start, count: count)), borrowing: self)
    }
  }

  /// Write access, no copy; if another vector shares the memory, this one gets its own first.
  @inlinable public var mutableSpan: MutableSpan<Scalar> {
    @_lifetime(&self)
    mutating get {
      let start = mutableStart()
      return _overrideLifetime(
        MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(start: start, count: count)), mutating: &self)
    }
  }

  /// Write access to a part, as `mutableSpan`.
  @inlinable @_lifetime(&self)
  public mutating func mutableSpan(of range: Range<Int>) -> MutableSpan<Scalar> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "elements \(range) of \(count)")
    let part = UnsafeMutableBufferPointer(start: mutableStart() + range.lowerBound, count: range.count)
    return _overrideLifetime(MutableSpan(_unsafeElements: part), mutating: &self)
  }

  @inlinable public subscript(index: Int) -> Scalar {
    get { span[index] }
    set {
      precondition(index >= 0 && index < count, "index \(index) of \(count)")
      mutableStart()[index] = newValue
    }
  }

  /// Makes every element zero.
  @inlinable public mutating func setToZero() {
    mutableStart().update(repeating: 0, count: count)
  }

  // MARK: For the kernels of this room

  /// Start of the memory: valid while this vector is neither changed nor given up. Never leaves this room.
  @inlinable var start: UnsafePointer<Scalar> { UnsafePointer(storage.start) }

  /// As `start`, for writing; the memory is this vector's alone.
  @inlinable mutating func mutableStart() -> UnsafeMutablePointer<Scalar> {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = Storage(count: count)
      copy.start.initialize(from: storage.start, count: count)
      storage = copy
    }
    return storage.start
  }

  /// The memory of one or more vectors; an array's own memory starts at 16 bytes, which costs the kernels up to a
  /// tenth.
  ///
  /// Unchecked Sendable, by the argument of copy on write: memory is written only in `init` and through `mutableStart`,
  /// where the vector that writes is the only holder; while several vectors (on whatever threads) hold it, all of them
  /// only read.
  @usableFromInline final class Storage: @unchecked Sendable {
    @usableFromInline let start: UnsafeMutablePointer<Scalar>
    @usableFromInline let count: Int

    /// Memory for `count` numbers, not initialized yet.
    @usableFromInline init(count: Int) {
      self.count = count
      start = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Scalar>.stride, alignment: 64)
        .bindMemory(to: Scalar.self, capacity: max(count, 1))
    }
    deinit { UnsafeMutableRawPointer(start).deallocate() }
  }
}

extension AlignedVector: Equatable {
  /// Equal in number; NaN differs from itself and −0 equals 0, as for numbers. For bits see `hasSameBits`.
  public static func == (a: Self, b: Self) -> Bool {
    a.count == b.count && (0..<a.count).allSatisfy { a.start[$0] == b.start[$0] }
  }

  /// Whether every bit agrees: what the promise of repeatability means.
  public func hasSameBits(as other: Self) -> Bool {
    guard count == other.count else { return false }
    let size = count * MemoryLayout<Scalar>.stride
    return UnsafeRawBufferPointer(start: start, count: size)
      .elementsEqual(UnsafeRawBufferPointer(start: other.start, count: size))
  }
}

extension Array where Element: NetworkScalar {
  /// The elements, in order.
  @inlinable public init(_ vector: AlignedVector<Element>) {
    let span = vector.span
    // All empty arrays share one storage, and the initializer below writes its count to it: to the thread sanitizer a race.
    guard vector.count > 0 else {
      self = []
      return
    }
    self.init(unsafeUninitializedCapacity: vector.count) { buffer, initialized in
      for i in 0..<span.count { buffer.initializeElement(at: i, to: span[i]) }
      initialized = span.count
    }
  }
}
