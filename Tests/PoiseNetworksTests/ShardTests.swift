import CAllocationCounter
import PoiseCore
import Testing

@testable import PoiseNetworks

@Suite("Shards and threads")
struct ShardTests {
  struct Shard: Sendable {
    var workspace: MLPWorkspace<Float>
    var gradients: AlignedVector<Float>
  }

  /// Ten updates of a small regression, data-parallel over four shards of rows.
  static func train(threads: Int, set: InstructionSet) -> (AlignedVector<Float>, AlignedVector<Float>) {
    var random = testStream(50)
    let network = MLP(inputs: 12, hidden: [64, 48], outputs: 3, activation: .tanh)
    let rows = 25
    let pool = WorkerPool(threadCount: threads)
    var parameters = AlignedVector<Float>(zeros: network.parameters.count)
    network.initialize(&parameters, hidden: .orthogonal(gain: 1), output: .orthogonal(gain: 1), using: &random)
    var adam = Adam<Float>(parameterCount: parameters.count, instructionSet: set)
    var gradients = AlignedVector<Float>(zeros: parameters.count)
    var shards = (0..<4).map { _ in
      Shard(
        workspace: MLPWorkspace(network, rowCapacity: rows, instructionSet: set),
        gradients: AlignedVector(zeros: network.parameters.count))
    }
    let batch: AlignedVector<Float> = normalVector(4 * rows * 12, using: &random)
    for _ in 0..<10 {
      pool.forEach(&shards) { [parameters] index, shard in
        for i in 0..<rows * 12 { shard.workspace.inputs[i] = batch[index * rows * 12 + i] }
        shard.workspace.forward(rows: rows, parameters: parameters)
        for i in 0..<rows * 3 { shard.workspace.outputGradients[i] = shard.workspace.outputs[i] - Float(i % 3) }
        shard.workspace.backward(rows: rows, parameters: parameters, into: &shard.gradients)
      }
      gradients.setToSum(over: shards, instructionSet: set) { $0.gradients }
      _ = adam.update(&parameters, gradients: gradients, learningRate: 1e-2)
    }
    return (gradients, parameters)
  }

  @Test("give the same bits with 1, 2, 3 and 4 threads", arguments: InstructionSet.supported)
  func threadsDoNotMatter(set: InstructionSet) {
    let one = Self.train(threads: 1, set: set)
    for threads in [2, 3, 4, 2, 4] {
      let other = Self.train(threads: threads, set: set)
      #expect(other.0.hasSameBits(as: one.0) && other.1.hasSameBits(as: one.1), "\(threads) threads on \(set)")
    }
  }

  @Test("sum in the order of the shards")
  func sumsInOrder() {
    // 1e8 + 1 − 1e8 in floats is 0 in this order and 1 in another.
    let shards = [Float(1e8), 1, -1e8].map { AlignedVector<Float>([$0]) }
    var sum = AlignedVector<Float>([99])
    sum.setToSum(over: shards, instructionSet: .baseline) { $0 }
    #expect(sum[0] == 0)
    sum.setToSum(over: [shards[0], shards[2], shards[1]], instructionSet: .baseline) { $0 }
    #expect(sum[0] == 1)
  }

  @Test(
    "a data-parallel update allocates nothing but the context of its one closure",
    .enabled(if: ac_is_counting(), "needs glibc"))
  func onlyTheClosureIsAllocated() {
    let network = MLP(inputs: 12, hidden: [32], outputs: 3, activation: .tanh)
    let pool = WorkerPool(threadCount: 2)
    var parameters = AlignedVector<Float>(zeros: network.parameters.count)
    var adam = Adam<Float>(parameterCount: parameters.count, instructionSet: .baseline)
    var gradients = parameters
    var shards = (0..<4).map { _ in
      Shard(
        workspace: MLPWorkspace(network, rowCapacity: 8, instructionSet: .baseline),
        gradients: AlignedVector(zeros: network.parameters.count))
    }
    func update() {
      pool.forEach(&shards) { [parameters] _, shard in
        shard.workspace.forward(rows: 8, parameters: parameters)
        shard.workspace.backward(rows: 8, parameters: parameters, into: &shard.gradients)
      }
      gradients.setToSum(over: shards, instructionSet: .baseline) { $0.gradients }
      _ = adam.update(&parameters, gradients: gradients, learningRate: 1e-2)
    }
    for _ in 0..<5 { update() }
    let before = ac_allocations()
    for _ in 0..<100 { update() }
    #expect(ac_allocations() - before <= 100)
  }

  @Test("a pool calls every shard exactly once, thousands of times over")
  func everyShardOnce() {
    for threads in 1...4 {
      let pool = WorkerPool(threadCount: threads)
      for count in [0, 1, 2, 3, 7] {
        var shards = Array(repeating: 0, count: count)
        for _ in 0..<1_000 { pool.forEach(&shards) { index, value in value += index + 1 } }
        #expect(shards == (0..<count).map { ($0 + 1) * 1_000 }, "\(threads) threads")
      }
    }
  }
}

@Suite("Instruction sets")
struct InstructionSetTests {
  @Test("the fastest supported one is chosen, or the one that the environment names")
  func choice() throws {
    #expect(try InstructionSet.chosen(environment: [:]) == InstructionSet.supported.last)
    #expect(try InstructionSet.chosen(environment: ["POISE_INSTRUCTION_SET": ""]) == InstructionSet.supported.last)
    for set in InstructionSet.supported {
      #expect(try InstructionSet.chosen(environment: ["POISE_INSTRUCTION_SET": set.rawValue]) == set)
    }
    #expect(InstructionSet.supported.first == .baseline)
  }

  @Test("an unknown one is refused by name, with what is allowed")
  func unknown() {
    let error = #expect(throws: InvalidInput.self) {
      try InstructionSet.chosen(environment: ["POISE_INSTRUCTION_SET": "avx215"])
    }
    #expect(error?.description.hasPrefix("POISE_INSTRUCTION_SET: found 'avx215'; allowed one of baseline") == true)
  }

  @Test(
    "one that this processor lacks is refused",
    .enabled(if: InstructionSet.supported.count < 3, "this processor has them all"))
  func unsupported() {
    for set in InstructionSet.allCases where !set.isSupported {
      #expect(throws: InvalidInput.self) {
        try InstructionSet.chosen(environment: ["POISE_INSTRUCTION_SET": set.rawValue])
      }
    }
  }
}

@Suite("Aligned vectors")
struct AlignedVectorTests {
  @Test("start on a cache line, copy on write, and compare by number and by bits")
  func behaviour() {
    for count in [0, 1, 15, 16, 17, 1_000] {
      let a = AlignedVector<Float>((0..<count).map(Float.init))
      #expect(UInt(bitPattern: a.start).isMultiple(of: 64))
      #expect(Array(a) == (0..<count).map(Float.init))
      var b = a
      if count > 0 {
        b[count - 1] = -0.0
        #expect(a[count - 1] == Float(count - 1))
        #expect(!a.hasSameBits(as: b))
      }
      b.copyElements(from: a)
      #expect(a.hasSameBits(as: b) && a == b)
      b.setToZero()
      #expect(Array(b).allSatisfy { $0 == 0 })
    }
    #expect(AlignedVector<Float>([0]) == AlignedVector<Float>([-0.0]))
    #expect(!AlignedVector<Float>([0]).hasSameBits(as: AlignedVector<Float>([-0.0])))
  }
}
