/// The SHA-256 of bytes, by which files are told apart. Source: FIPS 180-4, sections 4.1.2, 5.3.3 and 6.2.2.
///
/// Our own sixty lines, because swift-crypto would bring all of BoringSSL into every build for one function.
public enum SHA256 {
  /// 64 hexadecimal digits, as `sha256sum` prints them.
  public static func hexadecimal(_ bytes: [UInt8]) -> String {
    digest(bytes).map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// Eight words, the first of the digest first.
  static func digest(_ bytes: [UInt8]) -> [UInt32] {
    var state: [UInt32] = [
      0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    var schedule = [UInt32](repeating: 0, count: 64)
    // The message, a one bit, zeros, and the message's length in bits, in whole blocks of 64 bytes.
    var tail = Array(bytes[(bytes.count & ~63)...]) + [0x80]
    while tail.count % 64 != 56 { tail.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: (UInt64(bytes.count) * 8) >> UInt64(shift)))
    }
    for start in stride(from: 0, to: bytes.count & ~63, by: 64) { absorb(bytes, start, &state, &schedule) }
    for start in stride(from: 0, to: tail.count, by: 64) { absorb(tail, start, &state, &schedule) }
    return state
  }

  private static func absorb(_ bytes: [UInt8], _ start: Int, _ state: inout [UInt32], _ w: inout [UInt32]) {
    for t in 0..<16 {
      w[t] = (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[start + 4 * t + $1]) }
    }
    for t in 16..<64 {
      let σ0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3
      let σ1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10
      w[t] = σ1 &+ w[t - 7] &+ σ0 &+ w[t - 16]
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
      let Σ1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let first = h &+ Σ1 &+ (e & f ^ ~e & g) &+ constants[t] &+ w[t]
      let Σ0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      let second = Σ0 &+ (a & b ^ a & c ^ b & c)
      (h, g, f, e) = (g, f, e, d &+ first)
      (d, c, b, a) = (c, b, a, first &+ second)
    }
    for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= value }
  }

  private static func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = (2...311).filter { n in !(2..<n).contains { n % $0 == 0 } }
    .map { cubeRootFraction(of: UInt64($0)) }

  /// ⌊2³² · frac(∛p)⌋, by bisection in whole numbers: the largest x with x³ < p · 2⁹⁶.
  private static func cubeRootFraction(of p: UInt64) -> UInt32 {
    var root: UInt64 = 0
    for bit in (0..<36).reversed() {
      let candidate = root | 1 << UInt64(bit)
      let square = candidate.multipliedFullWidth(by: candidate)
      // x³ = upper · 2⁶⁴ + …; p · 2⁹⁶ has nothing below.
      let upper = square.low.multipliedFullWidth(by: candidate).high + square.high * candidate
      if upper < p << 32 { root = candidate }
    }
    return UInt32(truncatingIfNeeded: root)
  }
}
