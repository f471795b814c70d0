import Foundation

/// A page that shows a live simulation.
struct LiveClient: Sendable {
  /// Queues an update for the page; false if too many are waiting already.
  var send: @Sendable (LiveUpdate) -> Bool
  /// Closes the connection.
  var end: @Sendable () -> Void
}

/// An update for all pages.
enum LiveUpdate: Sendable {
  case message(LiveMessage)
  /// See `LiveMessage.rows`.
  case rows(Data)
}
