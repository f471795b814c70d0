/// Text as a cell of a CSV file (RFC 4180): in quotes if it contains commas, quotes or line ends.
package func csvCell(_ text: String) -> String {
  // Bytes: a carriage return and a line feed together are one character, and neither of the two.
  text.utf8.contains { ",\"\r\n".utf8.contains($0) } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
}
