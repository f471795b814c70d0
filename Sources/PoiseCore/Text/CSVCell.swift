/// Text as a cell of a CSV file (RFC 4180): in quotes if it contains commas, quotes or line ends.
package func csvCell(_ text: String) -> String {
  // Bytes, because a carriage return with a line feed is one Character, which equals neither of the two.
  text.utf8.contains { ",\"\r\n".utf8.contains($0) } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
}
