import Foundation
import PoiseCore

/// The viewer as one self-contained page of HTML: styles, scripts, three.js with its licence, and the data.
///
/// Its parts are the files in `Page/Content`. SwiftPM compiles them into the program (`embedInCode`), which therefore needs no folder
/// of resources. three.js is read from the system when a page is made.
///
/// The page makes no request, and its content security policy forbids any: only scripts and styles that carry the page's nonce
/// run, and a live page may connect to the WebSocket of its own server.
public struct ViewerPage: Sendable {
  /// The heading, such as the scenario's name.
  public var title: String
  /// A line below it: the controller and the seed, or the trajectory's file.
  public var subtitle: String
  /// The columns of the episodes.
  public var layout: RecordingLayout
  /// Time between two rows, s.
  public var controlTimeStep: Double
  /// The episodes that can be chosen; none for a live page.
  public var episodes: [EpisodeTable]
  /// Whether the page receives rows from its server.
  public var isLive: Bool

  /// Describes a page; `html` makes it.
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

  /// The scripts; each uses only those before it.
  private static let scripts: [[UInt8]] = [
    PackageResources.recording_js, PackageResources.shapes_js, PackageResources.camera_js, PackageResources.layers_js,
    PackageResources.stage_js,
    PackageResources.axes_js, PackageResources.legend_js, PackageResources.plots_js, PackageResources.player_js,
    PackageResources.view_js, PackageResources.live_js, PackageResources.controls_js, PackageResources.hand_js,
    PackageResources.main_js,
  ]

  /// The page; the same bytes for the same content.
  ///
  /// - Throws: `InputOutputError` where three.js is missing.
  public func html() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    // In JSON "<" occurs only in strings, where it may be escaped; then no string can end the script.
    let recording = String(decoding: try encoder.encode(Content(page: self)), as: UTF8.self)
      .replacing("<", with: "\\u003c")
    let three = try ThreeLibrary.text()
    let licence = ThreeLibrary.licence(of: three)
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
        "three": "/*! three.js \(ThreeLibrary.revision(of: three))\n\n\(licence)\n*/\n" + three,
        "revision": ThreeLibrary.revision(of: three), "licence": licence,
        "recording": recording, "scripts": scripts,
      ])
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Replaces each `{{name}}` of the template once; values are not searched.
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

  /// A nonce that the content cannot be made to contain, since it is a hash of all content: FNV-1a, 64 bits, twice.
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
      case title, subtitle, undrawn, layout, bodies, scenery, weight, follows, controlTimeStep, isLive, episodes
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(page.title, forKey: .title)
      try container.encode(page.subtitle, forKey: .subtitle)
      try container.encode(page.layout.scene.undrawn, forKey: .undrawn)
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
