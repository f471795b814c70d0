import Testing

@testable import PoiseCore

@Suite("SHA-256")
struct SHA256Tests {
  /// FIPS 180-4's own examples (csrc.nist.gov, "SHA-256 Example"), and the million of 'a' of its predecessor.
  @Test(
    "gives the digests of the standard's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func examples(text: String, digest: String) {
    #expect(SHA256.hexadecimal(Array(text.utf8)) == digest)
  }

  @Test("is the same in whatever pieces the bytes come, and may be asked for in between")
  func pieces() {
    var random = RandomStream(seed: 1, purpose: .testing)
    let bytes = (0..<1000).map { _ in UInt8(random.index(below: 256)) }
    for _ in 0..<50 {
      var hash = SHA256()
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + random.index(below: 150))
        hash.update(Array(bytes[start..<end]))
        start = end
        #expect(hash.count == start && hash.hexadecimal == SHA256.hexadecimal(Array(bytes[..<start])))
      }
    }
  }
}
