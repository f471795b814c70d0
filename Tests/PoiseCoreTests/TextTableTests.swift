import Foundation
import PoiseCore
import Testing

@Suite("Tables and lines of text")
struct TextTableTests {
  private static let table = TextTable(
    header: ["name", "value", "meaning", "remark"],
    rows: [
      ["alpha", "1.5", "the share of an update that is taken over from the network", "never above one"],
      ["beta", "20", "short", "an unbreakable/word/that/is/longer/than/all/others/of/its/column"],
    ])

  @Test("no line is wider than asked for, whatever the width, and no word is lost", arguments: 20...200)
  func width(_ width: Int) {
    let text = Self.table.text(width: width)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count < width }, "\(text)")
    let said = text.filter { !$0.isWhitespace }
    for cell in ["alpha", "beta", "1.5", "20"] { #expect(said.contains(cell), "\(text)") }
    // Characters of the wrapped cells, without what stands between their lines.
    for letter in Set("thesharewordlongercolumn") {
      let count = (Self.table.header + Self.table.rows.flatMap(\.self)).joined().count { $0 == letter }
      #expect(said.count { $0 == letter } >= count, "\(letter) at \(width): \(text)")
    }
  }

  @Test("where there is room nothing is wrapped, and without a width lines are as long as they like")
  func roomy() {
    let free = Self.table.text(width: nil)
    #expect(Self.table.text(width: 500) == free)
    #expect(free.split(separator: "\n").count == 3 && free.contains("taken over from the network"))
  }

  @Test("a key of 48 letters stays whole on 80 columns")
  func keys() {
    let key = String(repeating: "k", count: 48)
    let table = TextTable(
      header: ["key", "meaning"], rows: [[key, "a sentence that finds no room beside the key on one line"]])
    let text = table.text(width: 80)
    #expect(text.contains(key) && text.split(separator: "\n").allSatisfy { $0.count < 80 }, "\(text)")
  }

  @Test("columns that find no room stand in a second table, behind the names of the rows")
  func pages() {
    let wide = TextTable(header: ["who"] + (1...12).map { "column\($0)" }, rows: [["me"] + (1...12).map { "\($0)" }])
    let pages = wide.text(width: 50).components(separatedBy: "\n\n")
    #expect(pages.count == 3, "\(pages)")
    #expect(pages.allSatisfy { $0.contains("who") && $0.contains("me") })
    #expect(pages.joined().contains("column12"))
  }

  @Test("lines are cut between words and as far in as the first; a word that is too long is cut")
  func wrapping() {
    #expect(wordWrapped("one two three", to: 7) == ["one two", "three"])
    #expect(wordWrapped("  one two three", to: 9) == ["  one two", "  three"])
    #expect(wordWrapped("abcdefgh", to: 3) == ["abc", "def", "gh"])
    #expect(wordWrapped("fits", to: 4) == ["fits"])
  }
}
