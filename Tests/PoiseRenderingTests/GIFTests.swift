import Foundation
import PoiseCore
@testable import PoiseRendering
import Testing

/// A reader of GIF files that knows no more than the specification: pictures as they stand on the screen, 0xRRGGBB, and their times in s.
struct GIFReader {
  struct Frame {
    var pixels: [Int]
    var seconds: Double
    var size: Int
  }
  var width = 0
  var height = 0
  var frames: [Frame] = []

  init(_ bytes: [UInt8]) throws {
    var i = 13
    func word(_ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }
    try #require(Array(bytes[0..<6]) == Array("GIF89a".utf8))
    (width, height) = (word(6), word(8))
    func palette(_ at: Int, _ flags: UInt8) -> [Int] {
      let count = 2 << Int(flags & 7)
      return (0..<count).map { (k: Int) -> Int in
        let place = at + 3 * k
        let red = Int(bytes[place]) << 16
        let green = Int(bytes[place + 1]) << 8
        return red | green | Int(bytes[place + 2])
      }
    }
    let global = palette(i, bytes[10])
    i += 3 * global.count
    var screen = [Int](repeating: -1, count: width * height)
    var (delay, transparent) = (0, -1)
    while bytes[i] != 0x3B {
      if bytes[i] == 0x21 {
        if bytes[i + 1] == 0xF9 {
          delay = word(i + 4)
          transparent = bytes[i + 3] & 1 == 1 ? Int(bytes[i + 6]) : -1
        }
        i += 2
        while bytes[i] != 0 { i += Int(bytes[i]) + 1 }
        i += 1
        continue
      }
      try #require(bytes[i] == 0x2C)
      let start = i
      let (left, top, columns, rows, flags) = (word(i + 1), word(i + 3), word(i + 5), word(i + 7), bytes[i + 9])
      i += 10
      var colors = global
      if flags & 0x80 != 0 {
        colors = palette(i, flags)
        i += 3 * colors.count
      }
      let least = Int(bytes[i])
      i += 1
      var data: [UInt8] = []
      while bytes[i] != 0 {
        data += bytes[i + 1...i + Int(bytes[i])]
        i += Int(bytes[i]) + 1
      }
      i += 1
      let codes = try Self.decode(data, least)
      try #require(codes.count == columns * rows, "\(codes.count) codes for \(columns) × \(rows)")
      for (k, code) in codes.enumerated() where Int(code) != transparent {
        screen[(top + k / columns) * width + left + k % columns] = colors[Int(code)]
      }
      frames.append(Frame(pixels: screen, seconds: Double(delay) / 100, size: i - start))
    }
  }

  static func decode(_ data: [UInt8], _ least: Int) throws -> [UInt8] {
    let clear = 1 << least
    var table: [[UInt8]] = []
    var bits = least + 1
    var previous: [UInt8]?
    var result: [UInt8] = []
    var (position, isDone) = (0, false)
    while !isDone {
      try #require(position + bits <= 8 * data.count, "the codes end without an end")
      var code = 0
      for k in 0..<bits {
        let place = position + k
        let bit = Int(data[place / 8] >> UInt8(place % 8)) & 1
        code |= bit << k
      }
      position += bits
      if code == clear {
        table = (0..<clear).map { [UInt8($0)] } + [[], []]
        bits = least + 1
        previous = nil
      } else if code == clear + 1 {
        isDone = true
      } else {
        let entry: [UInt8]
        if code < table.count {
          entry = table[code]
        } else {
          let last = try #require(previous)
          try #require(code == table.count)
          entry = last + [last[0]]
        }
        if let previous, table.count < 4096 { table.append(previous + [entry[0]]) }
        result += entry
        previous = entry
        if table.count == 1 << bits, bits < 12 { bits += 1 }
      }
    }
    return result
  }
}

@Suite("GIF")
struct GIFTests {
  @Test("codes of any bytes are read back", arguments: [0, 1, 2, 255, 256, 3_000, 5_000, 200_000])
  func codes(count: Int) throws {
    var random = RandomStream(seed: 1, purpose: .testing, index: count)
    for kinds in [1, 2, 17, 255] as [UInt8] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...kinds, using: &random) }
      var file: [UInt8] = []
      var coder = GIFCoder()
      coder.encode(bytes, into: &file)
      var data: [UInt8] = []
      var i = 1
      while file[i] != 0 {
        data += file[i + 1...i + Int(file[i])]
        i += Int(file[i]) + 1
      }
      #expect(i == file.count - 1)
      #expect(try GIFReader.decode(data, Int(file[0])) == bytes)
    }
  }

  @Test("pictures are read back within a few steps, at their times, and what stands still costs next to nothing")
  func film() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "poise-\(UUID().uuidString).gif").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var renderer = Renderer(width: 120, height: 90, channels: .color, samples: 2)
    var scene = Scene(
      [
        Scene.Part(.plane, color: [1, 1, 1, 1]),
        Scene.Part(.box(halfExtents: [0.2, 0.3, 0.2]), frame: 0, color: [0.2, 0.4, 0.8, 1]),
        Scene.Part(.sphere(radius: 0.2), at: Pose(position: [0, 0.8, 0.4]), color: [0.8, 0.3, 0.2, 1]),
      ], frames: [.identity])
    let camera = Camera(from: [2, -2, 1.5], lookingAt: [0, 0, 0.3])
    var file = try GIFFile(path, width: 120, height: 90, frameRate: 30)
    var pictures: [Picture] = []
    for k in 0..<12 {
      scene.frames[0] = Pose(position: [0, -0.1 * Double(min(k, 8)), 0.3])
      // Green appears, which the first picture has nothing of.
      if k == 6 { scene.parts[2].color = [0.1, 0.8, 0.1, 1] }
      renderer.draw(scene, from: camera)
      var picture = renderer.makePicture()
      renderer.read(into: &picture)
      pictures.append(picture)
      try file.append(picture)
    }
    #expect(!FileManager.default.fileExists(atPath: path), "it appears as a whole")
    try file.commit()
    let reader = try GIFReader(Array(Data(contentsOf: URL(filePath: path))))
    #expect(reader.frames.count == 12 && reader.width == 120 && reader.height == 90)
    #expect(abs(reader.frames.reduce(0) { $0 + $1.seconds } - 0.4) < 0.006)
    #expect(Set(reader.frames.map(\.seconds)) == [0.03, 0.04])
    for (frame, picture) in zip(reader.frames, pictures) {
      var errors: [Int] = []
      for (i, pixel) in frame.pixels.enumerated() {
        for k in 0..<3 {
          let value: Int = (pixel >> (16 - 8 * k)) & 255
          errors.append(abs(Int(picture.bytes[3 * i + k]) - value))
        }
      }
      #expect(Double(errors.reduce(0, +)) / Double(errors.count) < 1.5)
      #expect(errors.count { $0 > 16 } < errors.count / 250)
    }
    #expect(reader.frames[11].size < 40, "nothing moves in the last pictures: \(reader.frames[11].size) bytes")
    #expect(reader.frames[2].size < reader.frames[0].size / 2, "\(reader.frames.map(\.size))")
  }
}
