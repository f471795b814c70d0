import Foundation
import PoiseCore
@testable import PoiseNetworks
import PoiseTasks
import Testing

@Suite("Adam")
struct AdamTests {
  @Test("takes the first two steps as worked out by hand")
  func firstSteps() {
    // θ = 1, g = 0.5, α = 0.1. Step 1: m = 0.05, v = 0.00025, both corrected to 0.5 and 0.25: θ = 1 − 0.1 · 0.5/(0.5 +
    // ε) ≈ 0.9. Step 2, g = −0.25: m = 0.045 − 0.025 = 0.02, v = 0.00024975 + 0.0000625 = 0.00031225;
    // corrected m = 0.02/0.19, v = 0.00031225/0.001999; θ = 0.9 − 0.1 · 0.105263…/√0.156203…
    var adam = Adam<Double>(parameterCount: 1, instructionSet: .baseline)
    var θ = AlignedVector<Double>([1.0])
    #expect(adam.update(&θ, gradients: AlignedVector([0.5]), learningRate: 0.1) == .applied(gradientNorm: 0.5))
    #expect(abs(θ[0] - 0.9) < 1e-8)
    _ = adam.update(&θ, gradients: AlignedVector([-0.25]), learningRate: 0.1)
    let expected = 0.9 - 0.1 * (0.02 / 0.19) / (0.00031225 / 0.001999).squareRoot()
    #expect(abs(θ[0] - expected) < 1e-8)
    #expect(adam.appliedUpdates == 2)
  }

  @Test("with weight decay and clipping agrees with PyTorch's AdamW", arguments: InstructionSet.supported)
  func golden(set: InstructionSet) throws {
    let golden = try goldenFile()
    let gradients = try #require(golden.tensors["adam.gradients"]?.doubles)
    let start = try #require(golden.tensors["adam.start"]?.doubles)
    let end = try #require(golden.tensors["adam.end"]?.doubles)
    func run<S: NetworkScalar>(_: S.Type, tolerance: Double) {
      var adam = Adam<S>(
        parameterCount: 37,
        settings: .init(firstDecay: 0.8, secondDecay: 0.95, epsilon: 1e-6, weightDecay: 0.1), instructionSet: set)
      var θ = AlignedVector<S>(start.map { S($0) })
      for step in 0..<5 {
        let g = AlignedVector<S>(gradients[step * 37..<(step + 1) * 37].map { S($0) })
        #expect(adam.update(&θ, gradients: g, learningRate: 0.01, maximumNorm: 4).isApplied)
      }
      #expect(worstRelativeDifference(Array(θ), end, floor: 0.1) < tolerance, "\(S.self) on \(set)")
    }
    // PyTorch adds 1e-6 to the norm when it clips, a relative 1e-7 of each gradient.
    run(Double.self, tolerance: 1e-7)
    run(Float.self, tolerance: 1e-5)
  }

  // The processor takes over a hundred times as long with subnormal numbers, and weights behind a unit that a ReLU has switched
  // off come to hold nothing else.
  @Test("leaves no subnormal moments where gradients stay zero", arguments: InstructionSet.supported)
  func subnormalMoments(set: InstructionSet) {
    func moments<S: NetworkScalar>(_: S.Type, updates: Int) -> [S] {
      var adam = Adam<S>(parameterCount: 37, settings: .init(secondDecay: 0.9), instructionSet: set)
      var θ = AlignedVector<S>(zeros: 37)
      var target = AlignedVector<S>(Array(repeating: 1, count: 37))
      var gradients = AlignedVector<S>((0..<37).map { S($0 + 1) })
      for _ in 0..<updates {
        _ = adam.update(&θ, gradients: gradients, learningRate: 0, target: &target, targetUpdateRate: 0.5)
        gradients = AlignedVector(zeros: 37)
      }
      return Array(adam.firstMoments) + Array(adam.secondMoments) + Array(target)
    }
    // 0.9⁸⁰⁰ ≈ 2⁻¹²², 0.9⁹⁰⁰ ≈ 2⁻¹³⁷ for a type whose smallest normal number is 2⁻¹²⁶; doubles get there after 6,740.
    #expect(moments(Float.self, updates: 800).prefix(37).allSatisfy { $0 > 0 && $0.isNormal })
    for updates in [850, 900, 1_000] { #expect(moments(Float.self, updates: updates).allSatisfy { !$0.isSubnormal }) }
    #expect(moments(Double.self, updates: 6_800).allSatisfy { !$0.isSubnormal })
  }

  @Test("scales gradients down to the maximum norm, and leaves shorter ones as they are")
  func clipping() {
    var random = testStream(20)
    let g: AlignedVector<Float> = normalVector(1_000, using: &random)
    let norm = g.euclideanNorm(instructionSet: .baseline)
    #expect(abs(norm - Array(g).reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()) < 1e-4)
    // β₁ = 0: the first moment is the gradient as it was used.
    func used(_ maximum: Double) -> AlignedVector<Float> {
      var adam = Adam<Float>(parameterCount: 1_000, settings: .init(firstDecay: 0), instructionSet: .baseline)
      var θ = AlignedVector<Float>(zeros: 1_000)
      #expect(adam.update(&θ, gradients: g, learningRate: 0.1, maximumNorm: maximum) == .applied(gradientNorm: norm))
      return adam.firstMoments
    }
    #expect(abs(used(2).euclideanNorm(instructionSet: .baseline) - 2) < 1e-5)
    #expect(used(norm * 2).hasSameBits(as: g))
  }

  @Test("skips, counts and reports what is not finite, and changes nothing", arguments: InstructionSet.supported)
  func guardsAgainstNonFinite(set: InstructionSet) {
    var random = testStream(21)
    var adam = Adam<Float>(parameterCount: 40, instructionSet: set)
    var θ: AlignedVector<Float> = normalVector(40, using: &random)
    var target: AlignedVector<Float> = normalVector(40, using: &random)
    let good: AlignedVector<Float> = normalVector(40, using: &random)
    _ = adam.update(&θ, gradients: good, learningRate: 0.1)
    let before = (θ, adam.firstMoments, adam.secondMoments, target)
    for (place, value) in [(0, Float.nan), (17, .infinity), (39, -.infinity)] {
      var bad = good
      bad[place] = value
      bad[39] = value
      let outcome = adam.update(
        &θ, gradients: bad, learningRate: 0.1, maximumNorm: 1, target: &target, targetUpdateRate: 0.1)
      guard case .skipped(let reason) = outcome else {
        Issue.record("applied \(value) at \(place)")
        continue
      }
      #expect(reason.firstNonFiniteGradient == place)
      #expect(reason.description.contains("gradients are not finite"))
    }
    let byLoss = adam.update(&θ, gradients: good, learningRate: 0.1, loss: .nan)
    guard case .skipped(let reason) = byLoss else {
      Issue.record("applied a loss of NaN")
      return
    }
    #expect(reason.description == "update skipped: the loss is nan")
    #expect(adam.skippedUpdates == 4)
    #expect(adam.appliedUpdates == 1)
    #expect(θ.hasSameBits(as: before.0) && adam.firstMoments.hasSameBits(as: before.1))
    #expect(adam.secondMoments.hasSameBits(as: before.2) && target.hasSameBits(as: before.3))
  }

  @Test(
    "moves the target in the same pass to the bits that a soft update afterwards gives",
    arguments: InstructionSet.supported)
  func fusedTarget(set: InstructionSet) {
    var random = testStream(22)
    let start: AlignedVector<Float> = normalVector(100, using: &random)
    let g: AlignedVector<Float> = normalVector(100, using: &random)
    let oldTarget: AlignedVector<Float> = normalVector(100, using: &random)
    var (θ, fused) = (start, oldTarget)
    var adam = Adam<Float>(parameterCount: 100, instructionSet: set)
    _ = adam.update(&θ, gradients: g, learningRate: 0.1, target: &fused, targetUpdateRate: 0.25)
    var (θ2, separate) = (start, oldTarget)
    var adam2 = Adam<Float>(parameterCount: 100, instructionSet: set)
    _ = adam2.update(&θ2, gradients: g, learningRate: 0.1)
    separate.follow(θ2, targetUpdateRate: 0.25, instructionSet: set)
    #expect(θ.hasSameBits(as: θ2) && fused.hasSameBits(as: separate))
    for i in 0..<100 { #expect(abs(fused[i] - (0.75 * oldTarget[i] + 0.25 * θ[i])) < 1e-6) }
    let frozen = separate
    separate.follow(θ, targetUpdateRate: 0, instructionSet: set)
    #expect(separate == frozen)
  }
}

@Suite("Learning-rate schedules")
struct LearningRateScheduleTests {
  @Test("start, pass and end where they should")
  func shapes() {
    #expect(LearningRateSchedule.constant(rate: 0.1).rate(progress: 0.7) == 0.1)
    let linear = LearningRateSchedule.linear(from: 1, to: 0)
    #expect(linear.rate(progress: 0) == 1 && linear.rate(progress: 0.25) == 0.75 && linear.rate(progress: 1) == 0)
    #expect(linear.rate(progress: 1.5) == 0 && linear.rate(progress: -1) == 1)
    let cosine = LearningRateSchedule.cosine(from: 1, to: 0.5)
    #expect(cosine.rate(progress: 0) == 1 && abs(cosine.rate(progress: 0.5) - 0.75) < 1e-15)
    #expect(abs(cosine.rate(progress: 1) - 0.5) < 1e-15)
    #expect(LearningRateSchedule.adaptive(settings: .init()).rate(progress: 0.5, adaptiveRate: 0.02) == 0.02)
  }

  @Test("adaptive: falls when the policy moves too far, rises when it hardly moves, stays within bounds")
  func adaptive() {
    var rate = AdaptiveLearningRate(
      settings: .init(initialRate: 1e-3, targetDivergence: 0.01, factor: 2, lowestRate: 2e-4, highestRate: 3e-3))
    rate.observe(divergence: 0.01)
    #expect(rate.rate == 1e-3)
    rate.observe(divergence: 0.021)
    #expect(rate.rate == 5e-4)
    rate.observe(divergence: .nan)
    rate.observe(divergence: 1)
    #expect(rate.rate == 2e-4)
    for _ in 0..<9 { rate.observe(divergence: 0.001) }
    #expect(rate.rate == 3e-3)
  }

  @Test("survive encoding")
  func codable() throws {
    for schedule in [
      LearningRateSchedule.constant(rate: 1e-3), .linear(from: 1e-3, to: 0), .cosine(from: 1, to: 0),
      .adaptive(settings: .init()),
    ] {
      #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(schedule)) == schedule)
    }
  }
}

@Suite("Running normaliser")
struct RunningNormalizerTests {
  static func rows(_ count: Int, _ index: Int) -> [Float] {
    var random = testStream(index)
    return (0..<count).flatMap { _ in [Float(1_000 + random.normal()), Float(random.normal() * 1e-3), 7] }
  }

  @Test("has the mean and variance of the two-pass formulas, far from zero too")
  func agreesWithTwoPasses() {
    let rows = Self.rows(5_000, 30)
    var normalizer = RunningNormalizer(elementCount: 3)
    normalizer.observe(rows.span)
    for j in 0..<3 {
      let values = stride(from: j, to: rows.count, by: 3).map { Double(rows[$0]) }
      let mean = values.reduce(0, +) / 5_000
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5_000
      #expect(abs(normalizer.means[j] - mean) < 1e-9)
      #expect(abs(normalizer.variance(of: j) - variance) <= 1e-9 * variance)
    }
  }

  @Test("merged over shards has the statistics of the whole, and the same bits in the same order")
  func merging() {
    let rows = Self.rows(900, 31)
    var whole = RunningNormalizer(elementCount: 3)
    whole.observe(rows.span)
    func merged() -> RunningNormalizer {
      var total = RunningNormalizer(elementCount: 3)
      for cut in [0..<300, 300..<1_200, 1_200..<2_700] {
        var shard = RunningNormalizer(elementCount: 3)
        shard.observe(rows.span.extracting(cut))
        total.merge(shard)
      }
      return total
    }
    #expect(merged() == merged())
    #expect(merged().count == 900)
    for j in 0..<3 {
      #expect(abs(merged().means[j] - whole.means[j]) < 1e-9)
      #expect(abs(merged().variance(of: j) - whole.variance(of: j)) <= 1e-9 * max(whole.variance(of: j), 1e-12))
    }
  }

  @Test("writes (x − mean)/deviation, clipped; before anything was seen it only clips")
  func normalizes() {
    var normalizer = RunningNormalizer(elementCount: 2, limit: 3)
    var out: [Float] = [0, 0]
    func normalize(_ x: [Float]) {
      var span = out.mutableSpan
      normalizer.normalize(x.span, into: &span)
    }
    normalize([2, -50])
    #expect(out == [2, -3])
    let seen: [Float] = [1, 10, 3, 30]
    normalizer.observe(seen.span)
    normalize([3, 20])
    #expect(abs(out[0] - 1) < 1e-6 && out[1] == 0)
    normalize([200, -1e9])
    #expect(out == [3, -3])
  }

  @Test("frozen, or shown rows that are not finite, does not change")
  func frozenAndNonFinite() {
    var normalizer = RunningNormalizer(elementCount: 3)
    normalizer.observe(Self.rows(10, 32).span)
    let before = normalizer
    let bad: [Float] = [1, .nan, 2, .infinity, 0, 0]
    normalizer.observe(bad.span)
    #expect(normalizer == before)
    normalizer.isFrozen = true
    normalizer.observe(Self.rows(10, 33).span)
    normalizer.merge(before)
    normalizer.reset()
    normalizer.isFrozen = false
    #expect(normalizer == before)
  }

  @Test("survives tensors to the bit, and refuses what does not fit")
  func tensors() throws {
    var normalizer = RunningNormalizer(elementCount: 3, limit: 5)
    normalizer.observe(Self.rows(10, 35).span)
    var tensors = normalizer.tensors(prefix: "observations")
    var copy = RunningNormalizer(elementCount: 3, limit: 5)
    try copy.read(tensors, prefix: "observations", file: "f")
    #expect(copy == normalizer)
    tensors["observations.count"] = Tensor([-1] as [Double], shape: [])
    tensors["observations.mean"] = Tensor([0, .nan, 1] as [Double], shape: [3])
    tensors["observations.squares"] = Tensor([0, 1] as [Double], shape: [2])
    let error = #expect(throws: InvalidInput.self) { try copy.read(tensors, prefix: "observations", file: "f") }
    #expect(error?.problems.count == 3)
    #expect(copy == normalizer)
  }

  @Test("survives encoding to the bit, and refuses statistics of another shape")
  func codable() throws {
    var normalizer = RunningNormalizer(elementCount: 3, limit: 5)
    normalizer.observe(Self.rows(10, 34).span)
    #expect(try JSONDecoder().decode(RunningNormalizer.self, from: JSONEncoder().encode(normalizer)) == normalizer)
    let fresh = RunningNormalizer(elementCount: 2)
    #expect(try JSONDecoder().decode(RunningNormalizer.self, from: JSONEncoder().encode(fresh)) == fresh)
    for bad in [
      #"{"count":1,"means":[0,0],"squares":[1],"limit":10,"isFrozen":false}"#,
      #"{"count":-1,"means":[0],"squares":[1],"limit":10,"isFrozen":false}"#,
      #"{"count":1,"means":[],"squares":[],"limit":10,"isFrozen":false}"#,
      #"{"count":1,"means":[0],"squares":[-1],"limit":10,"isFrozen":false}"#,
    ] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(RunningNormalizer.self, from: Data(bad.utf8)) }
    }
  }
}
