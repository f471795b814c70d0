import PoiseCore

/// Collects the values of all terms, adds noise, scales, clips and writes them as floats.
struct ObservationOutput: ~Copyable {
  private let writes: [@Sendable (borrowing Transition, inout ObservationWriter) -> Void]
  private var writer: ObservationWriter
  /// [observations]
  private let scales: [Double]
  private let lows: [Double]
  private let highs: [Double]
  /// σ of the noise, [observations]
  let noises: [Double]
  /// Largest magnitude of an element that is trusted.
  private let bound: Float
  private let isPlain: Bool
  private let isNoisy: Bool

  init(_ bound: BoundTask) {
    writes = bound.observations.map(\.write)
    let shapings = zip(bound.observations, bound.settings.observations).flatMap { term, observation in
      term.elements.map { _ in observation.shaping }
    }
    writer = ObservationWriter(capacity: shapings.count)
    scales = shapings.map(\.scale)
    lows = shapings.map { $0.clip?.lowerBound ?? -.infinity }
    highs = shapings.map { $0.clip?.upperBound ?? .infinity }
    noises = shapings.map(\.noise)
    // A bound beyond the range of floats would become infinity, which an infinite element would pass.
    self.bound = min(Float(bound.settings.faults.observation), .greatestFiniteMagnitude)
    isPlain = shapings.allSatisfy { $0 == ObservationShaping() }
    isNoisy = shapings.contains { $0.noise > 0 }
  }

  /// Writes the observation of `transition.after`, [observations].
  ///
  /// - Returns: the index of the first element that is not finite or larger than `FaultBounds.observation`; `nil` if
  ///   all are good.
  mutating func write(
    _ transition: borrowing Transition, noiseFactor: Double, random: inout RandomStream,
    into observation: inout MutableSpan<Float>
  ) -> Int? {
    writer.restart()
    for write in writes { write(transition, &writer) }
    precondition(
      writer.count == scales.count && observation.count == scales.count,
      "an observation of \(scales.count) numbers: \(writer.count) written, room for \(observation.count)")
    // Comparisons with NaN are false, so the condition tests for good values.
    var bad = -1
    if isPlain {
      for i in scales.indices {
        let value = Float(writer.values[i])
        observation[i] = value
        if !(abs(value) <= bound), bad < 0 { bad = i }
      }
    } else {
      for i in scales.indices {
        let raw = writer.values[i]
        var value = raw
        if isNoisy, noises[i] > 0 { value += noiseFactor * noises[i] * random.normal() }
        let clipped = Float(min(highs[i], max(lows[i], scales[i] * value)))
        observation[i] = clipped
        // Clipping would hide a value that is not finite.
        if !(abs(clipped) <= bound && raw.isFinite), bad < 0 { bad = i }
      }
    }
    return bad < 0 ? nil : bad
  }

  /// What was written last without noise, before its rounding to a float.
  func exact(_ element: Int) -> Double {
    min(highs[element], max(lows[element], scales[element] * writer.values[element]))
  }

  /// What a term wrote last, before noise, scale and clip.
  func raw(_ element: Int) -> Double { writer.values[element] }
}
