import FlyingFox
import FlyingSocks
import Foundation
import PoiseCore

/// Serves a live simulation's page to this machine, and through forwarded ports.
///
/// FlyingFox serves HTTP and WebSocket on a Unix socket in a folder that only this user may enter; a `LoopbackProxy` on
/// 127.0.0.1 forwards what it allows. There are two addresses: `/` is the page, `/live` its WebSocket. Everything else
/// is 404.
public final class ViewerServer: Sendable {
  /// The simulation that the page shows.
  public let simulation: LiveSimulation
  /// The port on 127.0.0.1.
  public let port: UInt16
  private let proxy: LoopbackProxy
  private let folder: ServerFolder
  private let server: HTTPServer
  private let task = Guarded<Task<Void, Never>?>(nil)

  /// Makes the page and binds the port; no client is served before `start`.
  ///
  /// - Parameters:
  ///   - simulation: the simulation that the page shows.
  ///   - port: the port on 127.0.0.1; 0 for any free one.
  ///   - limits: limits of clients.
  /// - Throws: `InputOutputError` where the port is taken or three.js is missing.
  public init(_ simulation: LiveSimulation, port: UInt16, limits: ProxyLimits = ProxyLimits()) throws {
    self.simulation = simulation
    let page = try ViewerPage(
      title: simulation.title, subtitle: "live", layout: simulation.layout,
      controlTimeStep: simulation.controlTimeStep, episodes: [], isLive: true
    ).html()
    // Checked before anything waits for them.
    try SystemThread.require(Self.threadNeed, for: "the server")
    let limits = try limits.fitting(DescriptorLimit.free())
    folder = try ServerFolder()
    let socketPath = folder.socketPath
    server = HTTPServer(
      address: .unix(path: socketPath), timeout: 10, logger: .disabled,
      handler: PageHandler(
        page: Data(page.utf8),
        live: WebSocketHTTPHandler(
          handler: MessageFrameWSHandler(handler: LiveHandler(simulation: simulation)))))
    proxy = try LoopbackProxy(port: port, inner: socketPath, limits: limits)
    self.port = proxy.port
  }

  /// The page's address for a browser on this machine.
  public var address: String { "http://127.0.0.1:\(port)/" }

  /// Starts to serve.
  ///
  /// - Throws: `InputOutputError` if the server behind the proxy does not start.
  public func start() async throws {
    let server = server
    let running = Task.detached {
      do { try await server.run() } catch {}
    }
    task.withLock { $0 = running }
    do {
      try await server.waitUntilListening(timeout: 10)
    } catch {
      throw InputOutputError(path: folder.socketPath, operation: "listen", reason: "\(error)")
    }
    try proxy.open()
  }

  /// Closes every connection and ends the simulation.
  public func stop() async {
    proxy.close()
    simulation.stop()
    await server.stop(timeout: 1)
    task.withLock { $0 }?.cancel()
    folder.remove()
  }

  /// Threads beside the caller's: the simulation's is there by now; the proxy's, and some of the runtime's for the server behind it.
  private static let threadNeed = 4
}

/// The two addresses.
private struct PageHandler: HTTPHandler {
  let page: Data
  let live: WebSocketHTTPHandler

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    switch request.path {
    case ViewerPath.page:
      HTTPResponse(
        statusCode: .ok,
        headers: [
          .contentType: "text/html; charset=utf-8",
          HTTPHeader("Cache-Control"): "no-store",
          HTTPHeader("Content-Security-Policy"): "frame-ancestors 'none'",
          HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
          HTTPHeader("Referrer-Policy"): "no-referrer",
          HTTPHeader("X-Content-Type-Options"): "nosniff",
        ],
        body: page)
    case ViewerPath.live: try await live.handleRequest(request)
    default: HTTPResponse(statusCode: .notFound)
    }
  }
}

/// Connects a WebSocket to the simulation.
private struct LiveHandler: WSMessageHandler {
  let simulation: LiveSimulation
  /// Largest number of messages that wait for one page: ten seconds of rows.
  private static let streamLimit = 512

  func makeMessages(for client: AsyncStream<WSMessage>) async throws -> AsyncStream<WSMessage> {
    let (messages, continuation) = AsyncStream<WSMessage>.makeStream(
      bufferingPolicy: .bufferingNewest(Self.streamLimit))
    let page = LiveClient(
      send: { update in
        let message: WSMessage =
          switch update {
          case .message(let message): .text(message.text)
          case .rows(let bytes): .data(bytes)
          }
        if case .enqueued = continuation.yield(message) { return true }
        return false
      },
      end: { continuation.finish() })
    let simulation = simulation
    let number = simulation.join(page)
    let listener = Task {
      for await message in client {
        guard case .text(let text) = message, simulation.receive(text) else {
          // The viewer's page never sends this.
          if case .close = message { break }
          continuation.yield(.close(WSCloseCode(1008, reason: "not a command")))
          break
        }
      }
      simulation.leave(number)
    }
    continuation.onTermination = { _ in
      listener.cancel()
      simulation.leave(number)
    }
    return messages
  }
}
