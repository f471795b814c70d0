import Foundation
import PoiseCore
@testable import PoiseExperiments
import Testing

@Suite("Reading CSV")
struct CSVReaderTests {
  private func read(_ bytes: [UInt8]) throws -> [[String]] {
    let path = FileManager.default.temporaryDirectory.appending(path: "poise-\(UUID().uuidString).csv").path
    try Data(bytes).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let reader = try CSVReader(path)
    var records: [[String]] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }

  private func read(_ text: String) throws -> [[String]] { try read(Array(text.utf8)) }

  @Test("takes what RFC 4180 and its neighbours write")
  func forms() throws {
    #expect(try read("a,b\n1,2\n") == [["a", "b"], ["1", "2"]])
    #expect(try read("a,b\r\n1,2\r\n") == [["a", "b"], ["1", "2"]])
    #expect(try read("a,b\r1,2") == [["a", "b"], ["1", "2"]])
    #expect(try read("\u{FEFF}a,b\n1,2") == [["a", "b"], ["1", "2"]])
    #expect(try read("\"a,\"\"b\"\"\nc\",d\n,\n") == [["a,\"b\"\nc", "d"], ["", ""]])
    #expect(try read("\"\",x\n") == [["", "x"]])
    #expect(try read("").isEmpty)
    #expect(try read("\n") == [[""]])
  }

  @Test("comes back from any text of cells, quoted")
  func roundTrip() throws {
    var random = RandomStream(seed: 1, purpose: .testing)
    let letters = Array("a1,\"\n\r é")
    for _ in 0..<50 {
      let records = (0..<20).map { _ in
        (0..<3).map { _ in String((0..<random.index(below: 6)).map { _ in letters[random.index(below: letters.count)] })
        }
      }
      let text = records.map { record in
        record.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
      }.joined(separator: "\r\n")
      #expect(try read(text) == records)
    }
  }

  @Test(
    "says where it stumbles",
    arguments: [
      ("a,b\n1,\"2\n", 2, "column 2", "never closed"), ("a\n1\"2\n", 2, "column 1", "quote inside"),
      ("a\n\"1\"2\n", 2, "column 1", "behind a closing quote"), ("a\n\"1\"\"", 2, "column 1", "never closed"),
    ])
  func problems(text: String, line: Int, place: String, found: String) throws {
    let error = #expect(throws: InvalidInput.self) { try read(text) }
    let problem = try #require(error?.problems.first)
    #expect(problem.line == line && problem.place == place && problem.found.contains(found), "\(problem)")
  }

  @Test("refuses bytes that are no text, and lines without an end")
  func rubbish() throws {
    #expect(throws: InvalidInput.self) { try read([0x61, 0x2C, 0xFF, 0x0A]) }
    #expect(throws: InvalidInput.self) { try read([UInt8](repeating: 0x61, count: 2 << 20)) }
    var random = RandomStream(seed: 2, purpose: .testing)
    for _ in 0..<300 {
      let bytes = (0..<random.index(below: 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      do { _ = try read(bytes) } catch is InvalidInput {}
    }
    #expect(throws: InputOutputError.self) { try CSVReader("/no/such/file.csv") }
    #expect(throws: InputOutputError.self) { try CSVReader("/tmp") }
  }
}
