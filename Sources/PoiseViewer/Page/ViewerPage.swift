import Foundation
import PoiseCore

/// The viewer as one page of HTML without any other file: styles, scripts, three.js and the data are in it.
///
/// Its parts are the files in `Page/Content`. SwiftPM compiles them into the program (`embedInCode`), so that it needs no folder
/// beside it, wherever it is moved. three.js comes from the system when a page is made.
///
/// The page asks the network for nothing, and its content security policy would not let it: no source but the scripts and styles
/// that carry the page's nonce, and for a live page the WebSocket of its own server.
public struct ViewerPage: Sendable {
  public var title: String
  public var subtitle: String
  public var layout: RecordingLayout
  /// s between two rows.
  public var controlTimeStep: Double
  public var episodes: [EpisodeTable]
  /// Whether rows come from the server that the page comes from.
  public var isLive: Bool

  public init(
    title: String, subtitle: String, layout: RecordingLayout, controlTimeStep: Double, episodes: [EpisodeTable],
    isLive: Bool = false
  ) {
    self.title = title
    self.subtitle = subtitle
    self.layout = layout
    self.controlTimeStep = controlTimeStep
    self.episodes = episodes
    self.isLive = isLive
  }

  /// In the order in which they build on each other.
  private static let scripts: [[UInt8]] = [
    PackageResources.recording_js, PackageResources.shapes_js, PackageResources.camera_js, PackageResources.stage_js,
    PackageResources.plots_js, PackageResources.player_js, PackageResources.live_js, PackageResources.main_js,
  ]

  /// The page; the same bytes for the same content.
  ///
  /// - Throws: `InputOutputError` where three.js is missing.
  public func html() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    // In JSON "<" stands in texts alone, where it may be written so; then no text can end the script.
    let recording = String(decoding: try encoder.encode(Content(page: self)), as: UTF8.self)
      .replacing("<", with: "\\u003c")
    let three = try ThreeLibrary.text()
    let nonce = Self.nonce(of: recording)
    let connections = isLive ? "'self'" : "'none'"
    let policy =
      "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; img-src data:; "
      + "connect-src \(connections); base-uri 'none'; form-action 'none'"
    let scripts = Self.scripts.map { "<script nonce=\"\(nonce)\">\(Self.text($0))</script>" }.joined(separator: "\n")
    return Self.filled(
      Self.text(PackageResources.page_html),
      [
        "policy": policy, "nonce": nonce, "style": Self.text(PackageResources.style_css),
        "three": "/* three.js, MIT licence, copyright 2010 onwards three.js authors */\n" + three,
        "recording": recording, "scripts": scripts,
      ])
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Replaces each `{{name}}`; what is put in is not looked at again.
  private static func filled(_ template: String, _ values: [String: String]) -> String {
    var result = ""
    var rest = template[...]
    while let opening = rest.firstRange(of: "{{"), let closing = rest[opening.upperBound...].firstRange(of: "}}") {
      let name = String(rest[opening.upperBound..<closing.lowerBound])
      guard let value = values[name] else { preconditionFailure("the page's template asks for '\(name)'") }
      result += rest[..<opening.lowerBound]
      result += value
      rest = rest[closing.upperBound...]
    }
    return result + rest
  }

  /// A name that content cannot have foreseen, since it follows from all of it. FNV-1a, 64 bits, twice.
  private static func nonce(of text: String) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var other = hash ^ 0x9E37_79B9_7F4A_7C15
    for byte in text.utf8.suffix(4096) { other = (other ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(hash, radix: 36) + String(other, radix: 36)
  }

  /// What `recording.js` reads.
  private struct Content: Encodable {
    var page: ViewerPage

    private enum Key: String, CodingKey {
      case title, subtitle, layout, bodies, scenery, weight, follows, controlTimeStep, isLive, episodes
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(page.title, forKey: .title)
      try container.encode(page.subtitle, forKey: .subtitle)
      try container.encode(page.layout, forKey: .layout)
      try container.encode(page.layout.scene.bodies, forKey: .bodies)
      try container.encode(page.layout.scene.scenery, forKey: .scenery)
      try container.encode(page.layout.scene.weight, forKey: .weight)
      try container.encode(page.layout.scene.followed, forKey: .follows)
      try container.encode(page.controlTimeStep, forKey: .controlTimeStep)
      try container.encode(page.isLive, forKey: .isLive)
      try container.encode(page.episodes, forKey: .episodes)
    }
  }
}
