import Foundation

/// The SHA-256 digest of bytes, which identifies files and detects damage. Source: FIPS 180-4, sections 4.1.2, 5.3.3 and 6.2.2.
///
/// Bytes may come in pieces, and the digest may be read between them. Poise has its own implementation because
/// swift-crypto would add all of BoringSSL to every build for one function.
public struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]
  /// The bytes after the last complete block of 64.
  private var rest: [UInt8] = []
  /// The number of bytes so far.
  public private(set) var count = 0

  private static let blockSize = 64

  /// The hash of no bytes.
  public init() {}

  /// The digest of bytes: 64 hexadecimal digits, as `sha256sum` prints them.
  public static func hexadecimal(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexadecimal
  }

  /// Absorbs the next bytes of the message.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Absorbs the next bytes of the message from memory.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count += bytes.count
    var start = 0
    if !rest.isEmpty {
      start = min(Self.blockSize - rest.count, bytes.count)
      rest.append(contentsOf: bytes[..<start])
      guard rest.count == Self.blockSize else { return }
      rest.withUnsafeBytes { Self.absorb($0, &state) }
      rest.removeAll(keepingCapacity: true)
    }
    let end = start + (bytes.count - start) / Self.blockSize * Self.blockSize
    if end > start { Self.absorb(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), &state) }
    rest.append(contentsOf: bytes[end...])
  }

  /// The digest of the bytes so far: 64 hexadecimal digits.
  public var hexadecimal: String {
    // The message, a one bit, zeros, and the message's length in bits, in whole blocks.
    var tail = rest + [0x80]
    while tail.count % Self.blockSize != 56 { tail.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: (UInt64(count) * 8) >> UInt64(shift)))
    }
    var digest = state
    tail.withUnsafeBytes { Self.absorb($0, &digest) }
    return digest.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// - Parameter blocks: a multiple of 64 bytes.
  private static func absorb(_ blocks: UnsafeRawBufferPointer, _ state: inout [UInt32]) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
      constants.withUnsafeBufferPointer { k in
        state.withUnsafeMutableBufferPointer { state in
          for start in stride(from: 0, to: blocks.count, by: blockSize) {
            absorb(blocks, at: start, state, w, k)
          }
        }
      }
    }
  }

  @inline(__always)
  private static func absorb(
    _ blocks: UnsafeRawBufferPointer, at start: Int, _ state: UnsafeMutableBufferPointer<UInt32>,
    _ w: UnsafeMutableBufferPointer<UInt32>, _ k: UnsafeBufferPointer<UInt32>
  ) {
    for t in 0..<16 {
      w[t] = UInt32(bigEndian: blocks.loadUnaligned(fromByteOffset: start + 4 * t, as: UInt32.self))
    }
    for t in 16..<64 {
      let σ0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] &>> 3
      let σ1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] &>> 10
      w[t] = σ1 &+ w[t - 7] &+ σ0 &+ w[t - 16]
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
      let Σ1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let first = h &+ Σ1 &+ (e & f ^ ~e & g) &+ k[t] &+ w[t]
      let Σ0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      let second = Σ0 &+ (a & b ^ a & c ^ b & c)
      (h, g, f, e) = (g, f, e, d &+ first)
      (d, c, b, a) = (c, b, a, first &+ second)
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  @inline(__always)
  private static func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x &>> n | x &<< (32 - n) }

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

extension SHA256 {
  /// Absorbs the first bytes of a regular file, in constant memory.
  ///
  /// - Parameters:
  ///   - path: a regular file, or a symbolic link to one.
  ///   - limit: the largest number of bytes; the rest of a longer file is ignored.
  /// - Throws: the reason why it was not read.
  public mutating func update(fileAt path: String, limit: Int) throws(BoundedFile.Failure) {
    let pieces = try FilePieces(path, limit: .max)
    var left = limit
    while left > 0 {
      let bytes = try pieces.next(atMost: min(1 << 16, left))
      if bytes.isEmpty { return }
      update(bytes)
      left -= bytes.count
    }
  }
}
