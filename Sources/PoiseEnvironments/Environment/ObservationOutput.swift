import PoiseCore

/// Gathers the terms' numbers, adds noise, scales, clips and hands them out as floats.
struct ObservationOutput: ~Copyable {
  private let writes: [@Sendable (borrowing Transition, inout ObservationWriter) -> Void]
  private var writer: ObservationWriter
  /// [observations]
  private let scales: [Double]
  private let lows: [Double]
  private let highs: [Double]
  private let noises: [Double]
  private let isPlain: Bool
  private let isNoisy: Bool

  init(_ bound: BoundTask) {
    writes = bound.observations.map(\.write)
    let shapings = zip(bound.observations, bound.task.observations).flatMap { term, observation in
      term.elements.map { _ in observation.shaping }
    }
    writer = ObservationWriter(capacity: shapings.count)
    scales = shapings.map(\.scale)
    lows = shapings.map { $0.clip?.lowerBound ?? -.infinity }
    highs = shapings.map { $0.clip?.upperBound ?? .infinity }
    noises = shapings.map(\.noise)
    isPlain = shapings.allSatisfy { $0 == ObservationShaping() }
    isNoisy = shapings.contains { $0.noise > 0 }
  }

  /// Writes the observation of `transition.after`, [observations].
  ///
  /// - Returns: whether every number is finite.
  mutating func write(
    _ transition: borrowing Transition, noiseFactor: Double, random: inout RandomStream,
    into observation: inout MutableSpan<Float>
  ) -> Bool {
    writer.restart()
    for write in writes { write(transition, &writer) }
    precondition(
      writer.count == scales.count && observation.count == scales.count,
      "an observation of \(scales.count) numbers: \(writer.count) written, room for \(observation.count)")
    // Zero times a number is zero, unless it is not finite.
    var check: Float = 0
    if isPlain {
      for i in scales.indices {
        let value = Float(writer.values[i])
        observation[i] = value
        check += 0 * value
      }
    } else {
      for i in scales.indices {
        var value = writer.values[i]
        if isNoisy, noises[i] > 0 { value += noiseFactor * noises[i] * random.normal() }
        value = min(highs[i], max(lows[i], scales[i] * value))
        observation[i] = Float(value)
        check += 0 * Float(value)
      }
    }
    return check == 0
  }
}
