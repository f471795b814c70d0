/// The paths that the viewer's server knows.
enum ViewerPath {
  /// The page.
  static let page = "/"
  /// The WebSocket of a live simulation.
  static let live = "/live"
}
