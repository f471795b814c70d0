/// The version of this program and of its libraries.
public enum PoiseVersion {
  /// Major, minor and patch number, as in `CHANGELOG` and tags.
  public static let current = "0.2.0"
}
