import PoiseCore
@testable import PoiseViewer
import Testing

@Suite("The request filter of the viewer's server")
struct RequestFilterTests {
  let filter = RequestFilter()

  func judge(_ lines: [String], limit: Int = 8192) -> RequestFilter.Verdict {
    filter.judge(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8), limit: limit)
  }

  static let upgrade = [
    "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  @Test("passes on a request of its own making")
  func own() {
    #expect(
      judge(["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "X-Anything: else", "Cookie: a=b"])
        == .page("GET / HTTP/1.1\r\nHost: 127.0.0.1:8021\r\nConnection: close\r\n\r\n"))
    guard
      case .live(let request, let rest) = judge(
        ["GET /live HTTP/1.1", "host: LOCALHOST:8021", "origin: http://localhost:8021"] + Self.upgrade)
    else {
      Issue.record("a WebSocket of the page's own")
      return
    }
    #expect(request.hasPrefix("GET /live HTTP/1.1\r\n") && request.hasSuffix("\r\n\r\n") && rest.isEmpty)
  }

  @Test(
    "lets forwarded ports in: any port of localhost, 127.0.0.1 and [::1]",
    arguments: [
      "localhost:9000", "LocalHost:9000", "127.0.0.1:1", "[::1]:65535", "localhost", "127.0.0.1", "[::1]",
    ])
  func forwarded(_ host: String) {
    guard case .page = judge(["GET / HTTP/1.1", "Host: \(host)"]) else {
      Issue.record("\(host)")
      return
    }
    guard case .live = judge(["GET /live HTTP/1.1", "Host: \(host)", "Origin: http://\(host)"] + Self.upgrade) else {
      Issue.record("a WebSocket of \(host)")
      return
    }
  }

  @Test(
    "refuses other hosts and other origins",
    arguments: [
      ["GET / HTTP/1.1"],
      ["GET / HTTP/1.1", "Host: evil.example"],
      ["GET / HTTP/1.1", "Host: evil.example:8021"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021.evil.example"],
      ["GET / HTTP/1.1", "Host: localhost.evil.example:8021"],
      ["GET / HTTP/1.1", "Host: localhost:"],
      ["GET / HTTP/1.1", "Host: localhost:0"],
      ["GET / HTTP/1.1", "Host: localhost:65536"],
      ["GET / HTTP/1.1", "Host: localhost:+80"],
      ["GET / HTTP/1.1", "Host: localhost:80@evil.example"],
      ["GET / HTTP/1.1", "Host: 127.0.0.2:8021"],
      ["GET / HTTP/1.1", "Host: 0.0.0.0:8021"],
      ["GET / HTTP/1.1", "Host: ::1:8021"],
      ["GET / HTTP/1.1", "Host: [::1]8021"],
      ["GET / HTTP/1.1", "Host: [::2]:8021"],
      ["GET / HTTP/1.1", "Host: localhost:9000", "Origin: http://localhost:9001"],
      ["GET / HTTP/1.1", "Host: localhost:9000", "Origin: http://127.0.0.1:9000"],
      ["GET / HTTP/1.1", "Host: localhost", "Origin: http://localhost:8021"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "Origin: http://evil.example"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "Origin: null"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "Origin: https://127.0.0.1:8021"],
      ["GET /live HTTP/1.1", "Host: 127.0.0.1:8021"] + upgrade,
      ["GET /live HTTP/1.1", "Host: 127.0.0.1:8021", "Origin: http://127.0.0.1:8022"] + upgrade,
    ])
  func foreign(_ lines: [String]) { #expect(judge(lines) == .refused(.foreign)) }

  @Test(
    "knows two addresses",
    arguments: [
      "/index.html", "//", "/live/", "/live?x=1", "/?", "/../etc/passwd", "/%2e%2e/", "/favicon.ico", "*",
      "http://127.0.0.1:8021/",
    ])
  func unknown(_ path: String) {
    #expect(judge(["GET \(path) HTTP/1.1", "Host: 127.0.0.1:8021"]) == .refused(.unknown))
  }

  @Test("takes GET alone", arguments: ["POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "get"])
  func method(_ method: String) {
    #expect(judge(["\(method) / HTTP/1.1", "Host: 127.0.0.1:8021"]) == .refused(.method))
  }

  @Test(
    "refuses what is no head of a browser's",
    arguments: [
      ["GET /", "Host: 127.0.0.1:8021"],
      ["GET / HTTP/2", "Host: 127.0.0.1:8021"],
      ["GET  / HTTP/1.1", "Host: 127.0.0.1:8021"],
      ["GET / HTTP/1.1", "Host 127.0.0.1:8021"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "Host: 127.0.0.1:8021"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", " folded"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "X: \u{0}"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "X: ä"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "Content-Length: 5"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "Transfer-Encoding: chunked"],
      ["GET /live HTTP/1.1", "Host: 127.0.0.1:8021", "Origin: http://127.0.0.1:8021"],
      ["GET /live HTTP/1.1", "Host: 127.0.0.1:8021", "Origin: http://127.0.0.1:8021"] + upgrade.dropLast()
        + ["Sec-WebSocket-Key: short"],
    ])
  func malformed(_ lines: [String]) { #expect(judge(lines) == .refused(.malformed)) }

  @Test("waits for the whole head, but not for ever")
  func length() {
    let head = Array("GET / HTTP/1.1\r\nHost: 127.0.0.1:8021\r\n".utf8)
    for count in 0..<head.count { #expect(filter.judge(Array(head[..<count]), limit: 100) == .incomplete) }
    #expect(filter.judge(head + Array(repeating: UInt8(ascii: "a"), count: 100), limit: 100) == .refused(.tooLong))
    #expect(
      judge(["GET / HTTP/1.1", "Host: 127.0.0.1:8021", "X: " + String(repeating: "a", count: 9000)])
        == .refused(.tooLong))
  }
}

@Suite("The filter of a WebSocket's frames")
struct FrameFilterTests {
  static func frame(_ first: UInt8, length: Int, isMasked: Bool = true) -> [UInt8] {
    let bit: UInt8 = isMasked ? 0x80 : 0
    var bytes = [first]
    if length < 126 {
      bytes.append(bit | UInt8(length))
    } else if length < 65536 {
      bytes += [bit | 126, UInt8(length >> 8), UInt8(length & 0xFF)]
    } else {
      bytes += [bit | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    }
    if isMasked { bytes += [1, 2, 3, 4] }
    return bytes + [UInt8](repeating: 7, count: min(length, 100_000))
  }

  @Test("lets whole, masked messages through, however the bytes are cut", arguments: 1...9)
  func whole(_ pieces: Int) {
    var meter = FrameFilter(limit: 2048)
    let stream =
      [0, 5, 125, 126, 2048, 1].flatMap { Self.frame(0x81, length: $0) } + Self.frame(0x89, length: 4)
      + Self.frame(0x88, length: 2)
    var start = 0
    while start < stream.count {
      let end = min(stream.count, start + pieces * pieces)
      let isAccepted = meter.accepts(stream[start..<end])
      #expect(isAccepted)
      start = end
    }
  }

  @Test(
    "stops everything else",
    arguments: [
      frame(0x81, length: 2049), frame(0x81, length: 65535), frame(0x81, length: 70_000), frame(0x81, length: .max),
      frame(0x81, length: 5, isMasked: false), frame(0x82, length: 5), frame(0x01, length: 5), frame(0x80, length: 5),
      frame(0xC1, length: 5), frame(0x83, length: 5), frame(0x89, length: 126), frame(0x09, length: 1),
    ])
  func others(_ bytes: [UInt8]) {
    var meter = FrameFilter(limit: 2048)
    let isAccepted = meter.accepts(bytes[...])
    #expect(!isAccepted)
  }
}

@Suite("Commands of a page")
struct LiveCommandTests {
  @Test("are read")
  func read() {
    func command(_ text: String) -> LiveCommand? { LiveCommand(text, bodyCount: 3, actuatorCount: 2) }
    #expect(command(#"{"kind":"episode","seed":9007199254740991}"#) == .episode(seed: 9_007_199_254_740_991))
    #expect(command(#"{"kind":"pause"}"#) == .pause)
    #expect(command(#"{"kind":"step","steps":3}"#) == .step(3))
    #expect(
      command(#"{"kind":"grab","body":2,"point":[0,0.1,0],"target":[1,2,-3.5]}"#)
        == .grab(body: 2, point: [0, 0.1, 0], target: [1, 2, -3.5], episode: nil))
    #expect(command(#"{"kind":"push","direction":[0,-1]}"#) == .push([0, -1, 0]))
    #expect(command(#"{"kind":"checkpoint","name":"latest"}"#) == .checkpoint("latest"))
    #expect(
      command(#"{"kind":"grab","body":0,"point":[0,0,0],"target":[0,0,1],"episode":7}"#)
        == .grab(body: 0, point: .zero, target: [0, 0, 1], episode: 7))
    #expect(command(#"{"kind":"drive","actuator":1,"value":-0.5}"#) == .drive(actuator: 1, target: -0.5))
    #expect(command(#"{"kind":"drive","actuator":0}"#) == .drive(actuator: 0, target: nil))
  }

  @Test(
    "of no known kind or beyond all measure are none",
    arguments: [
      "", "{}", "[]", "null", "x", #"{"kind":"format"}"#, #"{"kind":"episode"}"#, #"{"kind":"episode","seed":-1}"#,
      #"{"kind":"episode","seed":1e300}"#, #"{"kind":"episode","seed":9007199254740992}"#,
      #"{"kind":"step","steps":0}"#,
      #"{"kind":"step","steps":100000}"#, #"{"kind":"speed","speed":0}"#, #"{"kind":"speed","speed":1e9}"#,
      #"{"kind":"grab","body":3,"point":[0,0,0],"target":[0,0,0]}"#,
      #"{"kind":"grab","body":-1,"point":[0,0,0],"target":[0,0,0]}"#,
      #"{"kind":"grab","body":0,"point":[0,0],"target":[0,0,0]}"#,
      #"{"kind":"grab","body":0,"point":[0,0,0],"target":[0,0,1e30]}"#, #"{"kind":"push","direction":[0,0]}"#,
      #"{"kind":"drive","actuator":2,"value":0}"#, #"{"kind":"drive","actuator":-1,"value":0}"#,
      #"{"kind":"drive","actuator":0,"value":1e30}"#, #"{"kind":"drive","actuator":0,"value":"x"}"#,
      #"{"kind":"drive"}"#,
      #"{"kind":"grab","body":0,"point":[0,0,0],"target":[0,0,1],"episode":-1}"#,
      #"{"kind":"checkpoint","name":"../../etc/passwd"}"#, String(repeating: "[", count: 2000),
      #"{"kind":"pause","x":""# + String(repeating: "a", count: 3000) + #""}"#,
    ])
  func refused(_ text: String) { #expect(LiveCommand(text, bodyCount: 3, actuatorCount: 2) == nil) }
}
