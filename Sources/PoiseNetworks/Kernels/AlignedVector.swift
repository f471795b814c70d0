/// A flat vector of numbers that starts on a cache line: parameters, gradients, moments, activations.
///
/// A value with copy on write: copies are independent. All parameters of a network are in one vector, so an optimiser
/// step, a copy, a checkpoint and a sum over shards do not depend on layers. Shape: [count].
public struct AlignedVector<Scalar: NetworkScalar>: Sendable {
  @usableFromInline var storage: Storage
  /// The number of elements.
  @inlinable public var count: Int { storage.count }

  /// Makes a vector of `count` zeros.
  @inlinable public init(zeros count: Int) {
    precondition(count >= 0, "a vector of \(count) elements")
    storage = Storage(count: count)
    storage.start.initialize(repeating: 0, count: count)
  }

  /// Makes a vector of the elements of a collection, in order.
  @inlinable public init(_ values: some Collection<Scalar>) {
    self.init(zeros: values.count)
    var target = mutableSpan
    var i = 0
    for value in values {
      target[i] = value
      i += 1
    }
  }

  /// All elements for reading, without a copy.
  @inlinable public var span: Span<Scalar> {
    @_lifetime(borrow self)
    get {
      _overrideLifetime(
        Span(_unsafeElements: UnsafeBufferPointer(start: start, count: count)), borrowing: self)
    }
  }

  /// All elements for writing, without a copy, unless another vector shares the memory.
  @inlinable public var mutableSpan: MutableSpan<Scalar> {
    @_lifetime(&self)
    mutating get {
      let start = mutableStart()
      return _overrideLifetime(
        MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(start: start, count: count)), mutating: &self)
    }
  }

  /// The elements of a range for writing, without a copy, unless another vector shares the memory.
  @inlinable
  @_lifetime(&self)
  public mutating func mutableSpan(of range: Range<Int>) -> MutableSpan<Scalar> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "elements \(range) of \(count)")
    let part = UnsafeMutableBufferPointer(start: mutableStart() + range.lowerBound, count: range.count)
    return _overrideLifetime(MutableSpan(_unsafeElements: part), mutating: &self)
  }

  /// An element by its index, from 0.
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

  /// The start of the memory: valid until this vector is changed or destroyed. It must not leave this room.
  @inlinable var start: UnsafePointer<Scalar> { UnsafePointer(storage.start) }

  /// The start of the memory for writing; no other vector shares it.
  @inlinable mutating func mutableStart() -> UnsafeMutablePointer<Scalar> {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = Storage(count: count)
      copy.start.initialize(from: storage.start, count: count)
      storage = copy
    }
    return storage.start
  }

  /// The memory of one or more vectors. It is aligned to 64 bytes; the alignment of arrays to 16 bytes slows the
  /// kernels by up to a tenth.
  ///
  /// Unchecked Sendable because of copy on write: memory is written only in `init` and through `mutableStart`, where
  /// the writing vector is its only owner; while several vectors share it, on whatever threads, all of them only read.
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
  /// Whether all elements are equal as numbers: NaN differs from itself, and −0 equals 0. For equal bits see
  /// `hasSameBits`.
  public static func == (a: Self, b: Self) -> Bool {
    a.count == b.count && (0..<a.count).allSatisfy { a.start[$0] == b.start[$0] }
  }

  /// Whether all bits are equal, as repeatability requires.
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
    // All empty arrays share one storage, to which the initializer below writes its count: the thread sanitizer reports a race.
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
