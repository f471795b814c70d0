import Foundation

/// Decides which requests the viewer's server answers: the page and its WebSocket, asked for by this very address.
///
/// `Host` must be this server's own, so that no name that an attacker points to 127.0.0.1 gets in (DNS rebinding); `Origin`,
/// where a browser sends it, must be the page's own, and a WebSocket must have it, so that no other page gets in (a WebSocket is
/// not bound by the same-origin rule).
struct RequestGate: Sendable {
  private let hosts: [String]

  init(port: UInt16) { hosts = ["127.0.0.1:\(port)", "localhost:\(port)"] }

  enum Verdict: Equatable {
    case incomplete
    case refused(Refusal)
    /// The request to pass on.
    case page(String)
    /// The same, and what the client has sent beyond the head.
    case live(String, ArraySlice<UInt8>)
  }

  enum Refusal: String, Equatable, Sendable {
    case malformed = "400 Bad Request"
    case foreign = "403 Forbidden"
    case unknown = "404 Not Found"
    case method = "405 Method Not Allowed"
    case tooLong = "431 Request Header Fields Too Large"
    case full = "503 Service Unavailable"

    var response: String {
      "HTTP/1.1 \(rawValue)\r\nContent-Type: text/plain\r\nContent-Length: \(rawValue.utf8.count)\r\n"
        + "Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n\(rawValue)"
    }
  }

  /// - Parameter bytes: all that the client has sent so far.
  func judge(_ bytes: [UInt8], limit: Int) -> Verdict {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
      return bytes.count > limit ? .refused(.tooLong) : .incomplete
    }
    guard end.lowerBound <= limit else { return .refused(.tooLong) }
    let head = bytes[..<end.lowerBound]
    // Printable ASCII alone: nothing in a head of a browser's is anything else.
    guard head.allSatisfy({ (32...126).contains($0) || $0 == 13 || $0 == 10 || $0 == 9 }) else {
      return .refused(.malformed)
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let request = lines[0].split(separator: " ", omittingEmptySubsequences: false)
    guard request.count == 3, request[2] == "HTTP/1.1" else { return .refused(.malformed) }
    guard let fields = fields(lines.dropFirst()) else { return .refused(.malformed) }

    guard let host = fields["host"], hosts.contains(host.lowercased()) else { return .refused(.foreign) }
    if let origin = fields["origin"], !hosts.map({ "http://\($0)" }).contains(origin.lowercased()) {
      return .refused(.foreign)
    }
    guard request[0] == "GET" else { return .refused(.method) }
    guard fields["transfer-encoding"] == nil, fields["content-length"].map({ $0 == "0" }) ?? true else {
      return .refused(.malformed)
    }
    switch request[1] {
    case Doorman.pagePath[...]:
      return .page("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
    case Doorman.livePath[...]:
      guard fields["origin"] != nil else { return .refused(.foreign) }
      guard fields["upgrade"]?.lowercased() == "websocket", fields["sec-websocket-version"] == "13",
        let key = fields["sec-websocket-key"], Data(base64Encoded: key)?.count == 16
      else { return .refused(.malformed) }
      let passed =
        "GET /live HTTP/1.1\r\nHost: \(host)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n\r\n"
      return .live(passed, bytes[end.upperBound...])
    default: return .refused(.unknown)
    }
  }

  /// Header fields by lower-case name; `nil` if one is no field, or if one that decides something is there twice.
  private func fields(_ lines: ArraySlice<String>) -> [String: String]? {
    var fields: [String: String] = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
      let name = line[..<colon]
      guard name.allSatisfy({ $0.isLetter || $0.isNumber || "-_".contains($0) }) else { return nil }
      let key = name.lowercased()
      let isSingle = ["host", "origin", "content-length", "transfer-encoding", "sec-websocket-key", "upgrade"].contains(
        key)
      if isSingle && fields[key] != nil { return nil }
      fields[key] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return fields
  }
}

/// Follows the frames of a WebSocket's client (RFC 6455, section 5.2) without keeping them, and says when one is none of ours.
///
/// A page sends whole, masked messages of text, at most `limit` bytes long, and control frames. Everything else, such as
/// a message in fragments, has no place here.
struct FrameMeter: Sendable {
  private let limit: Int
  /// Bytes of the present frame's header so far.
  private var header: [UInt8] = []
  /// Bytes that are left of the present frame, its mask included.
  private var remaining = 0

  init(limit: Int) { self.limit = limit }

  /// Whether these bytes may pass, as what follows on all that passed before.
  mutating func accepts(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      if remaining > 0 {
        let count = min(remaining, rest.count)
        remaining -= count
        rest = rest.dropFirst(count)
        continue
      }
      header.append(rest.removeFirst())
      guard header.count >= 2 else { continue }
      let isFinal = header[0] & 0x80 != 0
      let opcode = header[0] & 0x0F
      let isMasked = header[1] & 0x80 != 0
      guard isFinal, header[0] & 0x70 == 0, isMasked, [0x1, 0x8, 0x9, 0xA].contains(opcode) else { return false }
      let short = Int(header[1] & 0x7F)
      let length: Int
      switch short {
      case 126:
        guard header.count >= 4 else { continue }
        length = Int(header[2]) << 8 | Int(header[3])
      case 127: return false
      default: length = short
      }
      guard length <= (opcode == 1 ? limit : 125) else { return false }
      remaining = 4 + length
      header.removeAll(keepingCapacity: true)
    }
    return true
  }
}
