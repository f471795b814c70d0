import Foundation
import PoiseCore
import PoiseRendering
import TestSupport
import Testing

@Suite("PNG")
struct PNGTests {
  /// Decodes all filters with nothing but zlib and checks every chunk's sum.
  private static let reader = """
    import struct, sys, zlib
    data = open(sys.argv[1], "rb").read()
    assert data[:8] == b"\\x89PNG\\r\\n\\x1a\\n"
    place, chunks = 8, []
    while place < len(data):
        size, = struct.unpack(">I", data[place:place + 4])
        assert struct.unpack(">I", data[place + 8 + size:place + 12 + size])[0] == zlib.crc32(data[place + 4:place + 8 + size])
        chunks.append((data[place + 4:place + 8], data[place + 8:place + 8 + size]))
        place += 12 + size
    assert [name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, kind, compression, filters, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, compression, filters, interlace) == (8, 0, 0, 0)
    size = {0: 1, 2: 3}[kind]
    raw, above, pixels, used = zlib.decompress(chunks[1][1]), [0] * (width * size), [], set()
    for row in range(height):
        line = list(raw[row * (width * size + 1):(row + 1) * (width * size + 1)])
        filter, line = line[0], line[1:]
        used.add(filter)
        for i in range(len(line)):
            a, b, c = line[i - size] if i >= size else 0, above[i], above[i - size] if i >= size else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[i] = (line[i] + [0, a, b, (a + b) // 2, paeth][filter]) % 256
        pixels += line
        above = line
    print(width, height, size, len(used), *pixels)
    """

  @Test("is read back to the same bytes by another reader", arguments: [Renderer.Channels.grey, .color])
  func readBack(_ channels: Renderer.Channels) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "poise-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var renderer = Renderer(width: 53, height: 41, channels: channels)
    renderer.draw(
      Scene([
        Scene.Part(.plane, color: [1, 1, 1, 1]),
        Scene.Part(.sphere(radius: 0.5), at: Pose(position: [0, 0, 0.5]), color: [0.9, 0.2, 0.1, 1]),
      ]), from: Camera(from: [2, 1, 1], lookingAt: [0, 0, 0.4]))
    var picture = renderer.makePicture()
    renderer.read(into: &picture)
    // Noise makes use of the other filters.
    var random = RandomStream(seed: 1, purpose: .testing, index: 0)
    for i in 0..<picture.bytes.count / 4 { picture.bytes[i] = .random(in: 0...255, using: &random) }
    let path = folder.appending(path: "picture.png").path
    try Data(PNG.encode(picture)).write(to: URL(filePath: path))
    let numbers = try Python.run(Self.reader, [path]).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    #expect(numbers[0..<3] == [53, 41, channels.rawValue])
    #expect(numbers[3] > 1, "rows differ in their filters")
    #expect(numbers[4...].map { UInt8($0) } == picture.bytes)
    guard Python.has("PIL") else { return }
    let pillow = try Python.run(
      "import sys; from PIL import Image; print(*Image.open(sys.argv[1]).tobytes())", [path])
    #expect(pillow.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0) } == picture.bytes)
  }

  @Test("a large even picture takes few bytes")
  func size() {
    #expect(PNG.encode(Picture(width: 640, height: 480, channels: .color)).count < 2_000)
  }
}

@Suite("Names of films")
struct FilmFormatTests {
  @Test("the name says what is written")
  func formats() throws {
    #expect(try FilmFormat("a/b.gif") == .gif)
    #expect(try FilmFormat("B.MP4") == .mp4)
    #expect(try FilmFormat("x/f%04d.png") == .numbered(prefix: "x/f", digits: 4, suffix: ".png"))
    #expect(try FilmFormat("f%d.png") == .numbered(prefix: "f", digits: 1, suffix: ".png"))
    #expect(try FilmFormat("frames/") == .numbered(prefix: "frames/", digits: 5, suffix: ".png"))
    #expect(try FilmFormat("/tmp") == .numbered(prefix: "/tmp/", digits: 5, suffix: ".png"))
  }

  @Test("any other name is refused with those that there are", arguments: ["a.avi", "a", "a.png", "%d%s.png", ""])
  func refused(_ name: String) {
    #expect(throws: InvalidInput.self) { try FilmFormat(name) }
  }
}
