public import PoiseCore

/// Light, and the colours of sky and floor; by default those of the viewer's page by day.
///
/// A surface of colour c with the unit normal n appears as c √L, where √ stands for the screen's gamma and L for the light:
///
///     L = sky (1 + n·up)/2 + ground (1 − n·up)/2 + sun max(0, n·s) + fill max(0, n·f)
///
/// Where the sun does not reach the floor, its part is missing. A gamma of 2 is near that of sRGB and needs nothing but a square root.
public struct Look: Hashable, Sendable {
  /// Colour of the sky, red, green, blue in [0, 1].
  public var sky = Look.color(0xE3E9F1)
  /// Colours of the floor's tiles, which are squares of 1 m.
  public var tiles = [Look.color(0xE9EDF2), Look.color(0xDDE3EA)]
  /// Colour of the lines around the tiles, 8 mm wide.
  public var line = Look.color(0xAAB5C4)
  /// Colour of the fine lines, 3 mm wide, one each 0.2 m.
  public var fineLine = Look.color(0xCFD6DF)
  /// Direction towards the sun; any length. Its light is parallel.
  public var sunDirection: Vector3 = [0.45, -0.5, 1]
  /// Light of the sun on a surface that faces it.
  public var sun = 0.59
  /// Direction towards a second light without shadows, from the other side.
  public var fillDirection: Vector3 = [-1, 0.6, 0.4]
  /// Light of the second light on a surface that faces it.
  public var fill = 0.145
  /// Light from above on a surface that faces up.
  public var skyLight = 0.485
  /// Light from below on a surface that faces down.
  public var groundLight = 0.255
  /// Distances, m, between which everything fades into the sky; measured along the camera's axis.
  public var fog = 9.6...25.6
  /// Whether shapes throw shadows on floors.
  public var hasShadows = true

  /// The viewer's page by day.
  public init() {}

  /// A colour of 24 bits, 0xRRGGBB.
  private static func color(_ code: Int) -> Vector3 {
    [Double(code >> 16 & 255) / 255, Double(code >> 8 & 255) / 255, Double(code & 255) / 255]
  }

  /// Weights of red, green and blue in grey. Source: ITU-R BT.601, section 2.5.1.
  static let greyWeights: Vector3 = [0.299, 0.587, 0.114]
}
