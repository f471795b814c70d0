import Foundation

/// A quantity sampled at equal intervals.
public struct SampledSignal: Hashable, Sendable {
  /// s, of the first sample.
  public var start: Double
  /// s, between two samples.
  public var interval: Double
  public var values: [Double]
  /// The quantity's rate per s at each sample, if it was recorded too; crossings are then found by cubic interpolation.
  public var rates: [Double]?

  public init(start: Double = 0, interval: Double, values: [Double], rates: [Double]? = nil) {
    precondition(interval > 0, "the interval must be positive seconds, got \(interval)")
    precondition(rates.map { $0.count == values.count } ?? true, "one rate for each value")
    (self.start, self.interval, self.values, self.rates) = (start, interval, values, rates)
  }

  public func time(ofSample index: Int) -> Double { start + Double(index) * interval }
}

// MARK: Oscillations

extension SampledSignal {
  public enum Direction: Sendable { case rising, falling }

  /// Times in s at which the quantity passes `level`.
  ///
  /// With rates the cubic Hermite polynomial between the two samples, else a straight line, whose error at an inflection
  /// (a swing's centre) is of order h³ too.
  public func crossings(of level: Double = 0, _ direction: Direction) -> [Double] {
    let sign = direction == .rising ? 1.0 : -1.0
    var times: [Double] = []
    for i in values.indices.dropLast() {
      let (a, b) = (sign * (values[i] - level), sign * (values[i + 1] - level))
      guard a < 0, b >= 0 else { continue }
      var fraction = a / (a - b)
      if let rates {
        let (da, db) = (sign * rates[i] * interval, sign * rates[i + 1] * interval)
        func cubic(_ s: Double) -> Double {
          let r = 1 - s
          return (1 + 2 * s) * r * r * a + s * r * r * da + s * s * (3 - 2 * s) * b - s * s * r * db
        }
        // Bisection: a < 0 ≤ b brackets a root.
        var (low, high) = (0.0, 1.0)
        for _ in 0..<60 {
          fraction = (low + high) / 2
          if cubic(fraction) < 0 { low = fraction } else { high = fraction }
        }
      }
      times.append(start + (Double(i) + fraction) * interval)
    }
    return times
  }

  /// Mean period in s over all whole periods recorded, from the crossings of `level` in both directions; `nil` if there is none.
  public func period(about level: Double = 0) -> Double? {
    let spans = [crossings(of: level, .rising), crossings(of: level, .falling)].filter { $0.count >= 2 }
    guard !spans.isEmpty else { return nil }
    let periods = spans.map { ($0[$0.count - 1] - $0[0]) / Double($0.count - 1) }
    return periods.reduce(0, +) / Double(periods.count)
  }

  /// Local maxima of the quantity's magnitude, by the parabola through three samples; for decrements and drift of amplitudes.
  public var peaks: [(time: Double, value: Double)] {
    values.indices.dropFirst().dropLast().compactMap { i in
      let (a, b, c) = (abs(values[i - 1]), abs(values[i]), abs(values[i + 1]))
      guard b > a, b >= c else { return nil }
      let offset = 0.5 * (a - c) / (a - 2 * b + c)
      return (start + (Double(i) + offset) * interval, b - 0.25 * (a - c) * offset)
    }
  }
}

// MARK: Growth and drift

extension SampledSignal {
  /// λ in 1/s of x ∝ exp(λ t), by a straight line through log |x|; all values must have one sign.
  public var exponentialRate: Double {
    precondition(values.allSatisfy { $0 * values[0] > 0 }, "an exponential has one sign")
    return SampledSignal(start: start, interval: interval, values: values.map { log(abs($0)) }).slope
  }

  /// λ in 1/s of x = a exp(λ t) + b exp(−λ t), as after a release at rest: x(t+T) + x(t−T) = 2 cosh(λ T) x(t), by least squares.
  ///
  /// Exact for sums of both exponentials, where `exponentialRate` is too small at first.
  /// - Parameter lag: T in samples; the longer, the less rounding and noise count.
  public func hyperbolicRate(lag: Int) -> Double {
    let middle = lag..<(values.count - lag)
    precondition(lag > 0 && !middle.isEmpty, "\(values.count) samples are too few for a lag of \(lag)")
    let products = middle.reduce(0) { $0 + values[$1] * (values[$1 + lag] + values[$1 - lag]) }
    let squares = middle.reduce(0) { $0 + values[$1] * values[$1] }
    return acosh(max(1, products / (2 * squares))) / (Double(lag) * interval)
  }

  /// Change per s: the slope of the straight line of least squares; energy drift, for example.
  public var slope: Double {
    let n = Double(values.count)
    let meanTime = start + (n - 1) / 2 * interval
    let meanValue = values.reduce(0, +) / n
    var (products, squares) = (0.0, 0.0)
    for (i, value) in values.enumerated() {
      let t = time(ofSample: i) - meanTime
      products += t * (value - meanValue)
      squares += t * t
    }
    return products / squares
  }

  /// Largest distance from the first value.
  public var worstDrift: Double { values.reduce(0) { max($0, abs($1 - values[0])) } }

  /// Largest value less smallest.
  public var range: Double { (values.max() ?? 0) - (values.min() ?? 0) }
}

// MARK: Comparing

/// Largest |a − b| over the largest magnitude of either, at least `floor`: one number for a whole vector.
public func relativeDifference(_ a: [Double], _ b: [Double], floor: Double = 1e-300) -> Double {
  precondition(a.count == b.count, "\(a.count) numbers against \(b.count)")
  var (difference, scale) = (0.0, floor)
  for (x, y) in zip(a, b) {
    // Not a number must not pass as small.
    guard x.isFinite, y.isFinite else { return .infinity }
    difference = max(difference, abs(x - y))
    scale = max(scale, abs(x), abs(y))
  }
  return difference / scale
}

/// p of error ∝ hᵖ, from errors at steps h₀, h₀/2, h₀/4, …: the mean of log₂ of neighbours' quotients.
public func convergenceOrder(_ errors: [Double]) -> Double {
  precondition(errors.count >= 2 && errors.allSatisfy { $0 > 0 }, "an order needs two errors above zero, got \(errors)")
  return log2(errors[0] / errors[errors.count - 1]) / Double(errors.count - 1)
}
