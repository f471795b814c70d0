/// A picture as bytes.
public struct Picture: Hashable, Sendable {
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int
  /// Grey or colour.
  public var channels: Renderer.Channels
  /// From the top left corner row by row, [height][width][channels].
  public var bytes: [UInt8]

  /// A black picture.
  public init(width: Int, height: Int, channels: Renderer.Channels) {
    self.width = width
    self.height = height
    self.channels = channels
    bytes = Array(repeating: 0, count: width * height * channels.rawValue)
  }
}

extension Renderer {
  /// Reads the picture into one of the same size and channels.
  public func read(into picture: inout Picture) {
    precondition(
      picture.width == width && picture.height == height && picture.channels == channels, "a picture of another size")
    var bytes = picture.bytes.mutableSpan
    read(into: &bytes)
  }

  /// An empty picture for this renderer.
  public func makePicture() -> Picture { Picture(width: width, height: height, channels: channels) }
}
