extension AlignedVector {
  /// The Euclidean norm √Σ x², summed in a fixed order; not finite if an element is not.
  public borrowing func euclideanNorm(instructionSet: InstructionSet) -> Double {
    Scalar.kernelTable.sumOfSquares(instructionSet.kernels, count, start).squareRoot()
  }

  /// Adds a multiple of a vector: self += a x.
  public mutating func add(_ x: borrowing AlignedVector, scaledBy a: Scalar = 1, instructionSet: InstructionSet) {
    precondition(x.count == count, "\(x.count) elements added to \(count)")
    Scalar.kernelTable.addScaled(instructionSet.kernels, count, a, x.start, mutableStart())
  }

  /// Soft target update: self += τ (source − self). Source: Lillicrap et al. 2016, algorithm 1.
  public mutating func follow(
    _ source: borrowing AlignedVector, targetUpdateRate: Double, instructionSet: InstructionSet
  ) {
    precondition(source.count == count, "\(source.count) elements followed by \(count)")
    precondition((0...1).contains(targetUpdateRate), "the target update rate lies in [0, 1], got \(targetUpdateRate)")
    Scalar.kernelTable.softUpdate(
      instructionSet.kernels, count, mutableStart(), source.start, Scalar(targetUpdateRate))
  }

  /// Copies all elements; allocates only if another vector shares this one's memory.
  public mutating func copyElements(from source: borrowing AlignedVector) {
    precondition(source.count == count, "\(source.count) elements copied to \(count)")
    mutableStart().update(from: source.start, count: count)
  }

  /// Copies a range of another vector's elements to this one, from `start` on; allocates only as `copyElements(from:)`
  /// does.
  public mutating func copyElements(_ range: Range<Int>, of source: borrowing AlignedVector, to start: Int) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= source.count && start >= 0 && start + range.count <= count,
      "elements \(range) of \(source.count) copied to \(start) of \(count)")
    (mutableStart() + start).update(from: source.start + range.lowerBound, count: range.count)
  }

  /// Copies rows of another matrix: row i becomes `rows[i]` of `source`. Both have `columns` columns.
  @specialized(where Scalar == Float)
  public mutating func gather(_ rows: ArraySlice<Int>, of source: borrowing AlignedVector, columns: Int) {
    let source = source.span
    var target = mutableSpan
    var start = 0
    for row in rows {
      for column in 0..<columns { target[start + column] = source[row * columns + column] }
      start += columns
    }
  }

  /// x ← scale (x + sign · y) and y ← sign · x, for x in `range` and as many y from `start` on, after it; allocates
  /// only as `copyElements(from:)` does.
  @specialized(where Scalar == Float)
  mutating func combine(_ range: Range<Int>, with start: Int, sign: Scalar, scale: Scalar) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= start && start + range.count <= count,
      "elements \(range) combined with those from \(start) on of \(count)")
    let (x, y) = (mutableStart() + range.lowerBound, mutableStart() + start)
    for k in 0..<range.count {
      let combined = scale * (x[k] + sign * y[k])
      x[k] = combined
      y[k] = sign * combined
    }
  }

  /// Sums the vectors of shards in the order of the array: the bits are the same however the shards were computed.
  ///
  /// - Parameters:
  ///   - shards: at least one.
  ///   - instructionSet: the kernels of the sum.
  ///   - vector: gives the vector of a shard; all have `count` elements.
  public mutating func setToSum<Shard>(
    over shards: [Shard], instructionSet: InstructionSet, of vector: (borrowing Shard) -> AlignedVector
  ) {
    precondition(!shards.isEmpty, "a sum over no shards")
    copyElements(from: vector(shards[0]))
    for i in shards.indices.dropFirst() { add(vector(shards[i]), instructionSet: instructionSet) }
  }
}
