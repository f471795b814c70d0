/// Limits of the clients of a `LoopbackProxy`.
public struct ProxyLimits: Sendable {
  /// Largest number of connections at the same time.
  public var connections = 24
  /// Largest size of a request's head in bytes.
  public var head = 8192
  /// Time for a client to send a head, and to receive what was sent to it, s.
  public var patience = 8.0
  /// Time for the server to answer, or to end a connection, s; long, for busy machines.
  public var answer = 60.0
  /// Largest size of a WebSocket message in bytes.
  public var message = LiveCommand.sizeLimit
  /// Bytes per second that a WebSocket client may send in the long run.
  public var rate = 64 * 1024.0
  /// Bytes that a WebSocket client may send at once.
  public var burst = 64 * 1024.0
  /// Bytes in transit in each direction of a connection.
  public var buffer = 128 * 1024
  /// The default limits.
  public init() {}
}
