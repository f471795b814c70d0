import Foundation
import PoiseCore
import TestSupport
import Testing

@testable import PoiseNetworks

@Suite("Safetensors")
struct SafetensorsTests {
  static let example = SafetensorsFile(
    tensors: [
      "policy.0.weight": Tensor([1.5, -0.0, .leastNonzeroMagnitude, 3] as [Float], shape: [2, 2]),
      "steps": Tensor([Int64.max, -1], shape: [2]),
      "means": Tensor([0.1, .pi] as [Double], shape: [2]),
      "scalar": Tensor([7] as [Float], shape: []),
      "none": Tensor([] as [Float], shape: [0, 3]),
      "πλ \"quoted\" \\ \n": Tensor([1] as [Float], shape: [1]),
    ], metadata: ["format": "poise", "note": "line\nbreak and \"quote\" \u{1}"])

  /// A file from a header as it stands and some bytes of data.
  static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> Data {
    var bytes = Data()
    withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(Data(header.utf8))
    bytes.append(Data(count: data))
    return bytes
  }

  @Test("are read back as they were written, and equal contents give equal bytes")
  func roundTrip() throws {
    let bytes = Self.example.serialized()
    #expect(try SafetensorsFile(bytes, name: "memory") == Self.example)
    #expect(bytes == Self.example.serialized())
    #expect(try SafetensorsFile(SafetensorsFile().serialized(), name: "empty") == SafetensorsFile())
  }

  @Test("written by the Python package are read: kinds of numbers, scalars, empty tensors, metadata")
  func readsPython() throws {
    let golden = try goldenFile()
    #expect(golden.metadata["made_by"]?.hasPrefix("PyTorch") == true)
    #expect(golden.metadata["quote"] == "a \"b\" \\ c\n")
    let half = try #require(golden.tensors["kinds.half"]?.floats)
    #expect(half[0] == 0 && half[1].sign == .minus && half[2] == 1.5 && half[3] == -65504 && half[6] == .infinity)
    #expect(abs(half[4] - 6e-8) < 1e-8 && abs(half[5] / 6.1e-5 - 1) < 1e-3)
    #expect(
      golden.tensors["kinds.bfloat"]?.floats?.first == 1 && golden.tensors["kinds.bfloat"]?.floats?[1] == -3.140625)
    #expect(golden.tensors["kinds.integer"]?.integers == [1, -2, 3, 1 << 40])
    #expect(golden.tensors["kinds.integer"]?.shape == [2, 2])
    #expect(golden.tensors["kinds.scalar"]?.doubles == [0.1])
    #expect(golden.tensors["kinds.scalar"]?.shape == [])
    #expect(golden.tensors["kinds.empty"]?.shape == [0, 3])
  }

  @Test(
    "written by us are read by the Python package",
    .enabled(if: Python.has("safetensors", "numpy"), "no Python with safetensors: make test-peers"))
  func pythonReads() throws {
    struct Seen: Decodable {
      struct Array: Decodable {
        var dtype: String
        var shape: [Int]
        var values: [Double]
      }
      var metadata: [String: String]
      var tensors: [String: Array]
    }
    let path = NSTemporaryDirectory() + "poise-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Self.example.write(to: path)
    let script = try String(contentsOfFile: "\(testFolder)/Golden/read_with_python.py", encoding: .utf8)
    let seen = try JSONDecoder().decode(Seen.self, from: Data(Python.run(script, [path]).utf8))
    #expect(seen.metadata == Self.example.metadata)
    #expect(Set(seen.tensors.keys) == Set(Self.example.tensors.keys))
    for (name, tensor) in Self.example.tensors {
      let array = try #require(seen.tensors[name])
      #expect(array.shape == tensor.shape)
      #expect(array.values == tensor.doubles ?? tensor.integers?.map(Double.init))
    }
  }

  static let malformed: [(String, Data)] = [
    ("empty", Data()),
    ("seven bytes", Data(count: 7)),
    ("header length 0", file("")),
    ("header length 1", file("{")),
    ("header longer than the file", file("{}", length: 3)),
    ("header of 2⁶⁴ − 1 bytes", file("{}", length: .max)),
    ("header of 2⁶³ bytes", file("{}", length: 1 << 63)),
    ("header over the limit", file("{}", length: 100_000_001)),
    ("header that is an array", file("[]")),
    ("header that is no JSON", file("{\"a\"")),
    (
      "header that is no UTF-8",
      Data([8, 0, 0, 0, 0, 0, 0, 0]) + Data([0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D])
    ),
    (
      "deep nesting",
      file("{\"a\":" + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}")
    ),
    ("entry that is a number", file(#"{"a":1}"#)),
    ("no dtype", file(#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, data: 4)),
    ("unknown dtype", file(#"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#, data: 4)),
    ("negative dimension", file(#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, data: 4)),
    ("two negative dimensions", file(#"{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}"#, data: 4)),
    ("fractional dimension", file(#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, data: 4)),
    ("huge dimension", file(#"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}}"#, data: 4)),
    ("dimension beyond 64 bits", file(#"{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}"#, data: 4)),
    ("shape of another size", file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, data: 4)),
    ("one offset", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, data: 4)),
    ("three offsets", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, data: 8)),
    ("offsets in the wrong order", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, data: 4)),
    ("negative offset", file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-4,4]}}"#, data: 4)),
    ("offset beyond the data", file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 4)),
    (
      "overlap",
      file(
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
        data: 8)
    ),
    (
      "gap",
      file(
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
        data: 12)
    ),
    ("bytes after the last tensor", file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, data: 5)),
    (
      "a name twice",
      file(
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        data: 4)
    ),
    ("metadata that is no text", file(#"{"__metadata__":{"a":1}}"#)),
    ("null", file(#"{"a":null}"#)),
  ]

  @Test("that are malformed are refused with a message that names the file, never a trap", arguments: malformed)
  func refusesMalformed(what: String, bytes: Data) {
    let error = #expect(throws: InvalidInput.self) { try SafetensorsFile(bytes, name: "some.safetensors") }
    #expect(error?.description.hasPrefix("some.safetensors: ") == true, "\(what)")
    #expect(error?.exitStatus == .badInput)
  }

  @Test("with one byte changed or cut short are read or refused, never a trap")
  func survivesDamage() {
    let bytes = Self.example.serialized()
    for length in 0..<bytes.count { _ = try? SafetensorsFile(bytes.prefix(length), name: "cut") }
    let golden = Array((try? goldenFile().serialized()) ?? Data())
    let vocabulary = Mutator.Vocabulary(
      pieces: [
        "{", "}", "[", "]", "\"", ":", ",", "null", "\\u0000", "\"dtype\"", "\"F64\"", "\"BOOL\"", "\"data_offsets\"",
        "\"__metadata__\"", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "\u{1}", "{}", "[[[[[[[[", "\"a\":{},",
      ], plausibleValues: ["0", "1", "4", "8", "16", "[1]", "[2,2]", "[0]", "\"F32\"", "\"I64\""], valueStarts: ":,[",
      valueEnds: ",]}", valueShare: 9)
    // The golden file's numbers would draw most of the damage: its head alone, too.
    let corpus = [Array(bytes), Array(golden.prefix(4000)), Array(golden.prefix(12_000))].filter { !$0.isEmpty }
    var mutator = Mutator(vocabulary, corpus: corpus, random: Torture.random(20))
    let trial = Torture.trial("safetensors", count: 4_000, inputs: { _ in mutator.next() }) { _, input in
      // The header's length, mended, so that damage reaches further than the first check.
      var input = input
      if input.count > 8, mutator.random.uniform() < 0.5 {
        let length = (input[8...].firstIndex(of: 0) ?? input.count) - 8
        for i in 0..<8 { input[i] = UInt8(truncatingIfNeeded: length >> (8 * i)) }
      }
      guard let file = try? SafetensorsFile(Data(input), name: "damaged") else { return }
      for tensor in file.tensors.values { _ = (tensor.floats, tensor.doubles, tensor.integers) }
    }
    #expect(trial.slowest < .seconds(60))
  }

  /// Megabytes of text take as long as they are long, not as their square, which would be hours.
  @Test("with texts of megabytes in their head are read in no time")
  func longTexts() throws {
    let file = SafetensorsFile(metadata: ["a": String(repeating: "x", count: 8 << 20)])
    let bytes = file.serialized()
    var read: SafetensorsFile?
    let time = try processorTime { read = try SafetensorsFile(bytes, name: "long") }
    #expect(read == file)
    #expect(time < .seconds(60))
  }

  @Test("that are missing, or a folder, give the system's reason")
  func unreadable() throws {
    let missing = #expect(throws: InputOutputError.self) { try SafetensorsFile(contentsOf: "/nowhere/at.all") }
    #expect(missing?.description == "/nowhere/at.all: cannot read: No such file or directory.")
    for (path, reason) in [("/tmp", "it is a folder"), ("/dev/zero", "it is not a regular file")] {
      let error = #expect(throws: InputOutputError.self) { try SafetensorsFile(contentsOf: path) }
      #expect(error?.description == "\(path): cannot read: \(reason).")
    }
    let unwritable = #expect(throws: InputOutputError.self) { try Self.example.write(to: "/nowhere/at.all") }
    #expect(
      unwritable?.description
        == "/nowhere/at.all: cannot write: No such file or directory. Make the folder first, or check the path.")
  }

  @Test("are written whole: an old file is replaced, nothing is left beside it")
  func writesWhole() throws {
    let folder = NSTemporaryDirectory() + "poise-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try SafetensorsFile().write(to: "\(folder)/weights.safetensors")
    try Self.example.write(to: "\(folder)/weights.safetensors")
    #expect(try SafetensorsFile(contentsOf: "\(folder)/weights.safetensors") == Self.example)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["weights.safetensors"])
  }

  @Test("give a network its parameters back to the bit; what does not fit is listed and changes nothing")
  func networks() throws {
    var random = testStream(41)
    let network = MLP(inputs: 3, hidden: [5, 4], outputs: 2, activation: .tanh, layerNormalization: true)
    var p = AlignedVector<Float>(zeros: network.parameters.upperBound)
    network.initialize(&p, hidden: .orthogonal(gain: 1), output: .inverseRootFanIn, using: &random)
    var tensors = network.tensors(p, prefix: "actor")
    #expect(tensors["actor.0.weight"]?.shape == [5, 3])
    var copy = AlignedVector<Float>(zeros: p.count)
    try network.read(tensors, prefix: "actor", file: "f", into: &copy)
    #expect(copy.hasSameBits(as: p))
    tensors["actor.0.weight"] = Tensor(Array(repeating: 1, count: 15) as [Float], shape: [3, 5])
    tensors["actor.1.bias"] = nil
    tensors["actor.2.bias"] = Tensor([1, .nan] as [Float], shape: [2])
    tensors["actor.2.weight"] = Tensor(Array(repeating: 1, count: 8) as [Double], shape: [2, 4])
    let error = #expect(throws: InvalidInput.self) {
      try network.read(tensors, prefix: "actor", file: "f", into: &copy)
    }
    #expect(error?.problems.count == 4)
    #expect(error?.description.contains("found shape [3, 5]; allowed F32 (or F16, BF16) of shape [5, 3]") == true)
    #expect(copy.hasSameBits(as: p))
  }
}
