/// A file, or files, that pictures are appended to. The file appears with `commit`, or not at all.
public protocol FilmFile {
  /// Appends a picture, which has the size of all others.
  ///
  /// - Throws: `InputOutputError` if it cannot be written.
  mutating func append(_ picture: Picture) throws
  /// Completes the film.
  ///
  /// - Throws: `InputOutputError` if it cannot be written.
  mutating func commit() throws
}
