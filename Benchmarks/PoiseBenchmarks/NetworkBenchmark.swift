internal import CAllocationCounter
internal import CDenseKernels
internal import Foundation
internal import PoiseAlgorithms
internal import PoiseCore
public import PoiseNetworks

/// Measures PoiseNetworks on the calling thread: rates of the machine, ceilings, passes, complete updates, inference,
/// allocations.
///
/// The ceiling of a product is the larger of Eigen's own rate at its shape and 0.6 of the register rate; the ceiling of
/// an update is the time its products would take at theirs. Everything is measured in turns within this one call, so
/// compare ratios, not runs.
///
/// - Parameters:
///   - instructionSet: the instruction set to measure; training uses `InstructionSet.chosen()`.
///   - rounds: rounds of each measurement; the best of them counts.
///   - roundSeconds: shortest length of a round, s.
public func networkBenchmark(
  instructionSet: InstructionSet, rounds: Int = 15, roundSeconds: Double = 0.02
) -> BenchmarkReport {
  var benchmark = NetworkBenchmark(instructionSet: instructionSet)
  benchmark.stopwatch = Stopwatch(rounds: rounds, roundSeconds: roundSeconds)
  return benchmark.run()
}

private struct NetworkBenchmark {
  let instructionSet: InstructionSet
  var stopwatch = Stopwatch()
  var report: BenchmarkReport

  init(instructionSet: InstructionSet) {
    self.instructionSet = instructionSet
    report = BenchmarkReport(
      title: "networks",
      conditions: [
        "instruction set": instructionSet.rawValue, "threads": "1", "observations": "\(benchmarkObservations)",
        "processor": processorName(),
        "actions": "\(benchmarkActions)",
      ])
  }

  /// A complete update and the bar that it must reach.
  struct Update {
    let name: String
    let products: [ProductShape]
    /// Least share of the ceiling, as issue 4 states it; `nil` is reported without a bar.
    let share: Double?
    let work: () -> Void
  }

  mutating func run() -> BenchmarkReport {
    let set = instructionSet
    var updates: [Update] = []
    for (hidden, batch) in [(64, 64), (64, 512), (256, 64), (256, 512)] {
      var pair = PPOMinibatch(hidden: hidden, batch: batch, instructionSet: set)
      let size = "\(hidden)–\(hidden), batch \(batch)"
      updates.append(
        Update(name: "pair forward and backward \(size)", products: pair.products, share: nil) {
          pair.forward()
          pair.backward()
        })
      var minibatch = PPOMinibatch(hidden: hidden, batch: batch, instructionSet: set)
      let share: Double? = hidden == 256 ? 0.55 : (batch == 512 ? 0.35 : nil)
      updates.append(
        Update(name: "PPO minibatch \(size)", products: pair.products, share: share) { minibatch.run() })
    }
    for (hidden, batch) in [(64, 100), (256, 256)] {
      var update = DDPGUpdate(hidden: hidden, batch: batch, instructionSet: set)
      updates.append(
        Update(
          name: "DDPG update \(hidden)–\(hidden), batch \(batch)", products: update.products,
          share: hidden == 256 ? 0.55 : nil
        ) { update.run() })
      var soft = ReplayUpdate<SAC>(hidden: hidden, batch: batch, instructionSet: set)
      updates.append(
        Update(name: "SAC update \(hidden)–\(hidden), batch \(batch)", products: [], share: nil) { soft.run() })
    }
    for isPrioritized in [false, true] {
      var update = ReplayUpdate<DQN>(hidden: 64, batch: 64, isPrioritized: isPrioritized, instructionSet: set)
      let name = "DQN update 64–64, batch 64\(isPrioritized ? ", prioritised" : "")"
      updates.append(Update(name: name, products: [], share: nil) { update.run() })
    }

    // The machine: register rate and Eigen at every shape that an update needs.
    let shapes = Set(updates.flatMap { $0.products.map(\.key) }).sorted { $0.lexicographicallyPrecedes($1) }
    let iterations = 20_000
    let registerOperations = dk_register_multiply_add(set.kernelSelection, 1) * Double(iterations)
    var candidates: [() -> Void] = [{ _ = dk_register_multiply_add(set.kernelSelection, iterations) }]
    for shape in shapes { candidates.append(eigenProduct(shape)) }
    candidates += updates.map(\.work)
    let inference = inferenceWork(hidden: 64)
    candidates.append(inference)
    let times = stopwatch.measure(candidates)

    let registerRate = registerOperations / times[0].best / 1e9
    report.rows.append(.init("fused multiply–add in registers", registerRate, "GFLOP/s"))
    var ceilings: [[Int]: Double] = [:]
    for (shape, time) in zip(shapes, times[1...]) {
      let rate = 2 * Double(shape[0] * shape[1] * shape[2]) / time.best / 1e9
      ceilings[shape] = max(rate, 0.6 * registerRate)
      let name = "Eigen's product \(shape[0]) × \(shape[2]) × \(shape[1])"
      report.rows.append(.init(name, rate, "GFLOP/s", floor: ("0.6 of registers", 0.6 * registerRate)))
    }
    for (update, time) in zip(updates, times[(1 + shapes.count)...]) {
      let operations = update.products.reduce(0) { $0 + $1.operations }
      // The products of SAC and DQN are not listed.
      let ceilingTime = update.products.reduce(0) { $0 + $1.operations / 1e9 / (ceilings[$1.key] ?? registerRate) }
      let ceiling = operations / 1e9 / ceilingTime
      report.rows.append(.init(update.name, time.best * 1e6, "µs"))
      report.rows.append(.init("\(update.name), median", time.median * 1e6, "µs"))
      guard !update.products.isEmpty else { continue }
      report.rows.append(
        .init("  its rate", operations / 1e9 / time.best, "GFLOP/s", floor: ("ceiling of its products", ceiling)))
      if let share = update.share {
        report.rows.append(
          .init("  its share of the ceiling", ceilingTime / time.best, "", floor: ("bar", share)))
      }
    }
    let single = times[times.count - 1].best * 1e6
    report.rows.append(.init("one observation, policy 64–64", single, "µs", floor: ("bar", 2), isBetterBelow: true))
    if ac_is_counting() {
      for update in updates {
        report.rows.append(
          .init("allocations: \(update.name)", allocations(update.work), "", floor: ("bar", 0), isBetterBelow: true))
      }
      report.rows.append(
        .init(
          "allocations: one observation, policy 64–64", allocations(inference), "", floor: ("bar", 0),
          isBetterBelow: true))
    }
    return report
  }

  /// c = a b with operands of its own.
  private func eigenProduct(_ shape: [Int]) -> () -> Void {
    let (m, n, k) = (shape[0], shape[1], shape[2])
    let set = instructionSet.kernelSelection
    let a = AlignedVector<Float>((0..<m * k).map { Float($0 % 7) - 3 })
    let b = AlignedVector<Float>((0..<k * n).map { Float($0 % 5) - 2 })
    var c = AlignedVector<Float>(zeros: m * n)
    return {
      a.span.withUnsafeBufferPointer { a in
        b.span.withUnsafeBufferPointer { b in
          var target = c.mutableSpan
          target.withUnsafeMutableBufferPointer { c in
            guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
            dk_eigen_product(set, m, n, k, a, b, c)
          }
        }
      }
    }
  }

  /// One observation through the means of a policy.
  private func inferenceWork(hidden: Int) -> () -> Void {
    let pair = PPOMinibatch(hidden: hidden, batch: 1, instructionSet: instructionSet)
    var workspace = MLPWorkspace<Float>(
      pair.policy.network, rowCapacity: 1, instructionSet: instructionSet, isForTraining: false)
    let parameters = pair.parameters
    let observation = pair.observations
    return {
      workspace.setInputs(observation, rows: 1)
      workspace.forward(rows: 1, parameters: parameters)
    }
  }

  /// Allocations per call, after the first calls.
  private func allocations(_ work: () -> Void) -> Double {
    for _ in 0..<3 { work() }
    let calls = 20
    let before = ac_allocations()
    for _ in 0..<calls { work() }
    return Double(ac_allocations() - before) / Double(calls)
  }
}

extension InstructionSet {
  /// The same choice for the reference kernels in C.
  var kernelSelection: dk_instruction_set {
    switch self {
    case .baseline: dk_baseline
    case .avx2: dk_avx2
    case .avx512: dk_avx512
    }
  }
}

/// The processor's name as Linux gives it.
func processorName() -> String {
  let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let line = information.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
}
