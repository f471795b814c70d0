/// The interval that a number of a configuration must lie in; each end is open, closed or absent.
public struct Bounds<Number: Comparable & Sendable>: Sendable {
  /// One end of the interval.
  public enum End: Sendable {
    /// The interval has no end on this side.
    case absent
    /// The number itself is not allowed.
    case open(Number)
    /// The number itself is allowed.
    case closed(Number)
  }

  /// The end towards −∞.
  public var lower: End
  /// The end towards +∞.
  public var upper: End

  /// Makes an interval from its two ends, each absent by default.
  public init(lower: End = .absent, upper: End = .absent) {
    self.lower = lower
    self.upper = upper
  }

  /// Every number: (−∞, ∞).
  public static var any: Self { Self() }
  /// Numbers greater than `low`: (low, ∞).
  public static func above(_ low: Number) -> Self { Self(lower: .open(low)) }
  /// `low` and every greater number: [low, ∞).
  public static func atLeast(_ low: Number) -> Self { Self(lower: .closed(low)) }
  /// Numbers less than `high`: (−∞, high).
  public static func below(_ high: Number) -> Self { Self(upper: .open(high)) }
  /// `high` and every smaller number: (−∞, high].
  public static func atMost(_ high: Number) -> Self { Self(upper: .closed(high)) }
  /// The closed interval [low, high].
  public static func from(_ low: Number, through high: Number) -> Self {
    Self(lower: .closed(low), upper: .closed(high))
  }
  /// The interval [low, high).
  public static func from(_ low: Number, below high: Number) -> Self { Self(lower: .closed(low), upper: .open(high)) }
  /// The interval (low, high].
  public static func above(_ low: Number, through high: Number) -> Self {
    Self(lower: .open(low), upper: .closed(high))
  }
  /// The open interval (low, high).
  public static func above(_ low: Number, below high: Number) -> Self { Self(lower: .open(low), upper: .open(high)) }

  /// Whether the number lies in the interval; NaN lies in no interval that has an end.
  public func contains(_ number: Number) -> Bool {
    let isAboveLower =
      switch lower {
      case .absent: true
      case .open(let end): number > end
      case .closed(let end): number >= end
      }
    let isBelowUpper =
      switch upper {
      case .absent: true
      case .open(let end): number < end
      case .closed(let end): number <= end
      }
    return isAboveLower && isBelowUpper
  }
}

extension Bounds where Number: AdditiveArithmetic {
  /// Numbers greater than zero.
  public static var positive: Self { .above(.zero) }
  /// Zero and every greater number.
  public static var notNegative: Self { .atLeast(.zero) }
}

extension Bounds {
  /// The interval in words, for messages: ` above 0 and at most 1`; empty for all numbers.
  func phrase(_ text: (Number) -> String) -> String {
    if case .closed(let low) = lower, case .closed(let high) = upper { return " from \(text(low)) to \(text(high))" }
    let lowerPart: String? =
      switch lower {
      case .absent: nil
      case .open(let end): "above \(text(end))"
      case .closed(let end): "of at least \(text(end))"
      }
    let upperPart: String? =
      switch upper {
      case .absent: nil
      case .open(let end): "below \(text(end))"
      case .closed(let end): lowerPart == nil ? "of at most \(text(end))" : "at most \(text(end))"
      }
    let phrase = [lowerPart, upperPart].compactMap { $0 }.joined(separator: " and ")
    return phrase.isEmpty ? "" : " \(phrase)"
  }

  /// The interval in mathematical notation, for tables: `(0, 1]`, `[0, ∞)`; empty for all numbers.
  func interval(_ text: (Number) -> String) -> String {
    if case .absent = lower, case .absent = upper { return "" }
    let left =
      switch lower {
      case .absent: "(−∞"
      case .open(let end): "(\(text(end))"
      case .closed(let end): "[\(text(end))"
      }
    let right =
      switch upper {
      case .absent: "∞)"
      case .open(let end): "\(text(end)))"
      case .closed(let end): "\(text(end))]"
      }
    return "\(left), \(right)"
  }
}
