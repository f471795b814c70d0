import PoiseCore
import Testing

@Suite("The parts of a path")
struct PathPartsTests {
  @Test(
    "are those that dirname and basename tell, also of names of one character",
    arguments: [
      ("a/b/c", "a/b", "c"), ("c", "", "c"), ("c/", "", "c"), (".", "", "."), ("./", "", "."), ("./c", ".", "c"),
      ("/c", "/", "c"), ("//c", "/", "c"), ("/", "/", "/"), ("", "", ""), ("a//c//", "a", "c"), ("é", "", "é"),
      ("a/.", "a", "."), ("a/日", "a", "日"), ("a/\u{301}b", "a", "\u{301}b"),
    ])
  func parts(path: String, folder: String, name: String) {
    #expect(path.parentFolder == folder && path.fileName == name, "\(path)")
  }
}
