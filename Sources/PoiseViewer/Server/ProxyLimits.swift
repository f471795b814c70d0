/// What the clients of a `LoopbackProxy` may use.
public struct ProxyLimits: Sendable {
  /// Connections at the same time.
  public var connections = 24
  /// Bytes of a request's head.
  public var head = 8192
  /// s for a client to send a head, and to receive what was sent to it.
  public var patience = 8.0
  /// s for the server to answer, or to end a connection; long, for machines that are busy.
  public var answer = 60.0
  /// Bytes of a WebSocket message.
  public var message = LiveCommand.sizeLimit
  /// Bytes per second that a WebSocket client may send in the long run.
  public var rate = 64 * 1024.0
  /// Bytes that a WebSocket client may send at once.
  public var burst = 64 * 1024.0
  /// Bytes in transit in each direction of a connection.
  public var buffer = 128 * 1024
  /// The limits above.
  public init() {}
}
