import PoiseNetworks

/// One part of a batch with its own work memory. The number of parts, not of threads, determines the result's bits.
protocol BatchShard: Sendable {
  /// The rows of the batch that are this shard's.
  var rows: Range<Int> { get set }
}

extension Array where Element: BatchShard {
  /// Cuts rows into contiguous parts, one for each shard, of equal size or one more.
  mutating func divide(_ rows: Range<Int>) {
    for i in indices {
      self[i].rows =
        rows.lowerBound + rows.count * i / count..<rows.lowerBound + rows.count * (i + 1) / count
    }
  }

  /// A hidden layer of a network whose units are off in every row of the batch: in every shard; `nil` if there is none.
  func deadLayer(of layer: (borrowing Element) -> Int?) -> Int? {
    var dead: Int?
    for i in indices {
      dead = layer(self[i])
      if dead == nil { return nil }
    }
    return dead
  }

  /// Adds up the shards' gradients in their order, and averages those that mirror symmetry ties.
  func sum(
    into gradients: inout AlignedVector<Float>, ties: TiedParameters?, instructionSet: InstructionSet,
    of vector: (borrowing Element) -> AlignedVector<Float>
  ) {
    gradients.setToSum(over: self, instructionSet: instructionSet, of: vector)
    ties?.average(&gradients)
  }
}

/// The number of rows of the largest shard.
func shardCapacity(batch: Int, shards: Int) -> Int { (batch + shards - 1) / shards }
