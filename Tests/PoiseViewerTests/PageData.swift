import Foundation
import Testing

/// A page's data, read by a decoder of its own: base64 by hand, numbers as the page's scripts compute them.
struct PageData {
  let json: [String: Any]
  let layout: [String: Any]

  init(html: String) throws {
    let start = try #require(html.range(of: "<script type=\"application/json\" id=\"recording\">"))
    let end = try #require(html.range(of: "</script>", range: start.upperBound..<html.endIndex))
    let text = html[start.upperBound..<end.lowerBound]
    json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    layout = try #require(json["layout"] as? [String: Any])
  }

  func number(_ key: String) throws -> Int { try #require(layout[key] as? Int) }

  var bodies: [String] { (json["bodies"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String } }

  /// The step of each column of an episode, [columns].
  func steps(ofEpisode index: Int = 0) throws -> [Double] {
    let episodes = try #require(json["episodes"] as? [[String: Any]])
    let columns = try #require(episodes[index]["columns"] as? [[Any]])
    return try columns.map { try #require(($0[1] as? NSNumber)?.doubleValue) }
  }

  /// [rows][columns] of an episode.
  func rows(ofEpisode index: Int = 0) throws -> [[Double]] {
    let episodes = try #require(json["episodes"] as? [[String: Any]])
    let count = try #require(episodes[index]["rows"] as? Int)
    let columns = try #require(episodes[index]["columns"] as? [[Any]])
    var rows = [[Double]](repeating: [], count: count)
    for column in columns {
      let least = (column[0] as? NSNumber)?.doubleValue
      let step = try #require((column[1] as? NSNumber)?.doubleValue)
      let bytes = Self.base64(try #require(column[2] as? String))
      for row in 0..<count {
        guard let least, !bytes.isEmpty else {
          rows[row].append(least ?? .nan)
          continue
        }
        let code = Int(bytes[2 * row]) | Int(bytes[2 * row + 1]) << 8
        rows[row].append(code == 65535 ? .nan : least + step * Double(code))
      }
    }
    return rows
  }

  static func base64(_ text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var bytes: [UInt8] = []
    var bits = 0
    var count = 0
    for character in text.utf8 where character != UInt8(ascii: "=") {
      bits = bits << 6 | (alphabet.firstIndex(of: character) ?? 0)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(bits >> count & 0xFF))
        bits &= 1 << count - 1
      }
    }
    return bytes
  }
}

/// A folder of its own for one test, removed with this value.
final class ScratchFolder {
  let path = FileManager.default.temporaryDirectory.appending(path: "poise-viewer-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
    return "\(path)/\(name)"
  }
}
