/// Functions of angles from sums, products and quotients alone: the system's library may round them otherwise on another machine.
public enum Trigonometry {
  /// Sine of an angle in rad, to 1e-15 within two turns.
  public static func sine(_ angle: Double) -> Double {
    let turns = (angle / (2 * .pi)).rounded()
    let x = angle - turns * (2 * .pi)
    // Taylor's series: x − x³/3! + x⁵/5! − …; |x| ≤ π.
    var (sum, term) = (x, x)
    for k in 1...16 {
      term *= -x * x / Double(2 * k * (2 * k + 1))
      sum += term
    }
    return sum
  }

  /// Cosine of an angle in rad.
  public static func cosine(_ angle: Double) -> Double { sine(angle + .pi / 2) }

  /// Tangent of an angle in rad.
  public static func tangent(_ angle: Double) -> Double { sine(angle) / cosine(angle) }
}
