import Foundation
import PoiseCore
import PoiseNetworks
import PoiseScenarios
@testable import PoiseViewer
import TestSupport
import Testing
import PoiseControl

@Suite(
  "The viewer's server", .serialized, .enabled(if: hasThree, "Debian's libjs-three is not installed"),
  .timeLimit(.minutes(10)))
struct ServerTests {
  /// Runs a body against a server of its own.
  static func serving(
    _ scenario: LoadedScenario, seed: UInt64 = 5, limits: ProxyLimits = ProxyLimits(),
    _ body: @Sendable @escaping (UInt16, ViewerServer) throws -> Void
  ) async throws {
    let simulation = try LiveSimulation(.scenario(scenario, .hold), seed: seed)
    try await serving(simulation, limits, body)
  }

  static func serving(
    _ simulation: LiveSimulation, _ limits: ProxyLimits = ProxyLimits(),
    _ body: @Sendable @escaping (UInt16, ViewerServer) throws -> Void
  ) async throws {
    let server = try ViewerServer(simulation, port: 0, limits: limits)
    try await server.start()
    let outcome: Result<Void, any Error>
    do {
      // The client waits in system calls.
      outcome = .success(try await OwnThread.run { try body(server.port, server) })
    } catch {
      outcome = .failure(error)
    }
    await server.stop()
    try outcome.get()
  }

  static func cartPole() throws -> LoadedScenario { try PageTests.scenario("cartpole-balance", ["terminations=[]"]) }

  static func get(_ port: UInt16, _ path: String, _ more: [String] = []) throws -> RawClient {
    try RawClient.ask(port, ["GET \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)"] + more)
  }

  // MARK: Who gets in

  @Test("listens on 127.0.0.1 alone")
  func loopback() async throws {
    try await Self.serving(Self.cartPole()) { port, _ in
      let hexPort = String(format: ":%04X", port)
      // local address, …, state 0A: listening
      func listeners(_ table: String) throws -> [String] {
        try String(contentsOfFile: "/proc/net/\(table)", encoding: .utf8).split(separator: "\n").dropFirst()
          .map { $0.split(separator: " ").map(String.init) }
          .filter { $0[1].hasSuffix(hexPort) && $0[3] == "0A" }.map { $0[1] }
      }
      let (inet, inet6) = (try listeners("tcp"), try listeners("tcp6"))
      #expect(inet == ["0100007F\(hexPort)"] && inet6 == [])
    }
  }

  @Test("serves its page and nothing else")
  func pages() async throws {
    try await Self.serving(Self.cartPole()) { port, server in
      let page = try Self.get(port, "/")
      #expect(page.status.hasPrefix("200"))
      #expect(page.text.contains("Content-Type: text/html") && page.text.hasSuffix("</html>\n"))
      #expect(page.text.contains("frame-ancestors 'none'") && page.text.contains("nosniff"))
      #expect(page.text.contains("connect-src 'self'"))
      for path in ["/index.html", "/page.html", "/../../etc/passwd", "/live/x", "/favicon.ico"] {
        do {
          let status = try Self.get(port, path).status
          #expect(status.hasPrefix("404"), "\(path)")
        }
      }
      let post = try RawClient.ask(port, ["POST / HTTP/1.1", "Host: 127.0.0.1:\(port)", "Content-Length: 0"])
      #expect(post.status.hasPrefix("405"))
      #expect(server.address == "http://127.0.0.1:\(port)/")
    }
  }

  @Test("lets in no other host and no other origin")
  func hostAndOrigin() async throws {
    try await Self.serving(Self.cartPole()) { port, _ in
      for host in ["evil.example", "evil.example:\(port)", "127.0.0.2:\(port)", "localhost.evil.example"] {
        do {
          let status = try RawClient.ask(port, ["GET / HTTP/1.1", "Host: \(host)"]).status
          #expect(status.hasPrefix("403"), "\(host)")
        }
      }
      let upgrade = RequestFilterTests.upgrade
      do {
        let status = try Self.get(port, "/live", upgrade).status
        #expect(status.hasPrefix("403"))
      }
      for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        do {
          let status = try Self.get(port, "/live", upgrade + ["Origin: \(origin)"]).status
          #expect(status.hasPrefix("403"), "\(origin)")
        }
      }
      do {
        let status = try Self.get(port, "/live", upgrade + ["Origin: http://127.0.0.1:\(port)"]).status
        #expect(status.hasPrefix("101"))
      }
    }
  }

  @Test("serves page and rows through a forwarded port")
  func forwarded() async throws {
    try await Self.serving(Self.cartPole()) { port, _ in
      // As a browser asks behind `ssh -L 9000:localhost:PORT`.
      let page = try RawClient.ask(port, ["GET / HTTP/1.1", "Host: localhost:9000"])
      #expect(page.status.hasPrefix("200") && page.text.hasSuffix("</html>\n"))
      let live = try RawClient.ask(
        port,
        ["GET /live HTTP/1.1", "Host: localhost:9000", "Origin: http://localhost:9000"] + RequestFilterTests.upgrade)
      #expect(live.status.hasPrefix("101"))
    }
  }

  @Test("says so where a port is taken")
  func takenPort() async throws {
    try await Self.serving(Self.cartPole()) { port, server in
      do {
        _ = try LoopbackProxy(port: port, inner: "/nowhere", limits: ProxyLimits())
        Issue.record("two servers at one port")
      } catch let error as InputOutputError {
        #expect(error.description.contains("\(port)") && error.remedy.contains("another port"))
      }
    }
  }

  // MARK: What it bears

  @Test("bounds heads and messages")
  func bounds() async throws {
    try await Self.serving(Self.cartPole()) { port, _ in
      let long = try RawClient.ask(port, ["GET / HTTP/1.1", "X: \(String(repeating: "a", count: 20_000))"])
      #expect(long.status.hasPrefix("431"))
      let hostile: [(String, [UInt8])] = [
        ("a message that is too long", RawClient.frame("\"\(String(repeating: "a", count: 3000))\"")),
        ("a length beyond all memory", [0x81, 0xFF] + Array(repeating: 0x7F, count: 8) + [0, 0, 0, 0]),
        ("a message in pieces", [0x01, 0x81, 0, 0, 0, 0, 0x7B]),
        ("a frame without a mask", [0x81, 0x02, 0x7B, 0x7D]),
        ("binary", [0x82, 0x81, 0, 0, 0, 0, 0x7B]),
        ("no JSON", RawClient.frame("hello")),
        ("no command", RawClient.frame(#"{"kind":"shutdown"}"#)),
        ("no UTF-8", [0x81, 0x82, 0, 0, 0, 0, 0xFF, 0xFE]),
      ]
      for (name, bytes) in hostile {
        let client = try RawClient.live(port)
        client.send(bytes)
        var isClosed = false
        while !isClosed, let message = client.next() {
          if case .closed = message { isClosed = true }
        }
        #expect(isClosed, "\(name)")
      }
      let other = try RawClient.live(port)
      #expect(other.next("episode") != nil, "still there for others")
    }
  }

  @Test("bounds the number of connections, and lets idle ones go")
  func connections() async throws {
    var limits = ProxyLimits()
    limits.connections = 6
    limits.patience = 3
    try await Self.serving(Self.cartPole(), limits: limits) { port, _ in
      func answers(_ status: String) throws -> Bool { try Self.get(port, "/").status.hasPrefix(status) }
      var idle: [RawClient] = []
      let isFull = try RawClient.eventually {
        idle = try (0..<6).map { _ in try RawClient(port: port) }
        return try answers("503")
      }
      #expect(isFull)
      // One byte now and then buys no time.
      let areGone = RawClient.eventually {
        for client in idle { client.send("G") }
        return idle.allSatisfy { $0.read(seconds: 0.01) }
      }
      #expect(areGone)
      let hasRoom = try RawClient.eventually { try answers("200") }
      #expect(hasRoom)
      // Many at once: each is answered or turned away, and then there is room again.
      for _ in 0..<40 {
        let many = (0..<10).compactMap { _ in try? RawClient(port: port) }
        for client in many { client.send("GET / HT") }
      }
      let hasRoomAgain = try RawClient.eventually { try answers("200") }
      #expect(hasRoomAgain)
    }
  }

  @Test("survives clients that stall")
  func stalling() async throws {
    var limits = ProxyLimits()
    limits.patience = 1
    try await Self.serving(
      PageTests.scenario("humanoid-balance", ["terminations=[]"]), limits: limits
    ) { port, _ in
      // One asks for the page and takes none of it; one looks at the robot and takes no rows.
      let deaf = try RawClient(port: port, receiveBuffer: 2048)
      deaf.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n")
      #expect(RawClient.eventually { deaf.hasMail })
      let blind = try RawClient.live(port, receiveBuffer: 2048)
      blind.command(#"{"kind":"speed","speed":8}"#)
      // One that listens sees rows all the while, until the two have been let go.
      let other = try RawClient.live(port)
      var rows = 0
      let areGone = try RawClient.eventually {
        if case .rows = other.next(seconds: 1) { rows += 1 }
        return try rows > 100 && !deaf.isServed(by: port) && !blind.isServed(by: port)
      }
      #expect(areGone, "\(rows) rows")
      // What the system had taken for them is all that they get.
      #expect(deaf.read() && blind.read())
      #expect(deaf.received.count < 900_000)
    }
  }

  @Test("survives clients that flood")
  func flooding() async throws {
    try await Self.serving(Self.cartPole()) { port, _ in
      // Bytes of each flood that were taken off its hands.
      let taken = Guarded([Int](repeating: 0, count: 3))
      let start = Date()
      let floods = (0..<3).map { flood in
        Thread {
          guard let client = try? RawClient.live(port) else { return }
          let frames = (0..<200).flatMap { _ in
            RawClient.frame(#"{"kind":"speed","speed":1}"#)
              + RawClient.frame(#"{"kind":"grab","body":0,"point":[0,0,0],"target":[9,9,9]}"#)
              + RawClient.frame(#"{"kind":"episode","seed":1}"#)
          }
          let end = start.addingTimeInterval(3)
          while Date() < end, client.send(frames) { taken.withLock { $0[flood] += frames.count } }
        }
      }
      for flood in floods { flood.start() }
      let other = try RawClient.live(port)
      #expect(other.next("episode") != nil)
      do {
        let status = try Self.get(port, "/").status
        #expect(status.hasPrefix("200"))
      }
      let areDone = RawClient.eventually { floods.allSatisfy(\.isFinished) }
      #expect(areDone)
      let later = try RawClient.live(port)
      #expect(later.next("episode") != nil)
      // What a flood can make the server hold is what the server takes: its rate, and the system's buffers of a few megabytes.
      let limits = ProxyLimits()
      let bound = limits.rate * Date().timeIntervalSince(start) + limits.burst + Double(limits.buffer) + 8e6
      let most = taken.withLock { $0.max() ?? 0 }
      #expect(most > 0 && Double(most) < bound, "\(most) bytes")
    }
  }

  @Test("survives rubbish")
  func rubbish() async throws {
    try await Self.serving(Self.cartPole()) { port, _ in
      var random = RandomStream(seed: 1, purpose: .environment)
      for round in 0..<300 {
        // A live one has shaken hands: not one of a hundred that break off in the middle keeps the next from being heard.
        let client = round % 3 == 0 ? try RawClient.live(port) : try RawClient(port: port)
        let head = round % 3 == 1 ? Array("GET /live HTTP/1.1\r\n".utf8) : []
        client.send(head + (0..<random.index(below: 600)).map { _ in UInt8(random.index(below: 256)) })
      }
      do {
        let status = try Self.get(port, "/").status
        #expect(status.hasPrefix("200"))
      }
      let other = try RawClient.live(port)
      #expect(other.next("episode") != nil)
    }
  }

  // MARK: What it shows

  /// Rows of the present episode, each with its columns, as a client gets them.
  ///
  /// - Parameters:
  ///   - count: of rows to wait for.
  ///   - seconds: to wait at most; for rows that must not come, a while.
  static func rows(
    _ client: RawClient, _ columns: Int, count: Int, seconds: Double = RawClient.patience
  ) -> [[Float]] {
    var rows: [[Float]] = []
    var number: UInt32?
    let end = Date().addingTimeInterval(seconds)
    while rows.count < count, Date() < end, let message = client.next(seconds: end.timeIntervalSinceNow) {
      guard case .rows(let episode, let values) = message else { continue }
      if episode != number { (rows, number) = ([], episode) }
      rows += stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
    }
    return rows
  }

  @Test("shows the episode that evaluation judges for the seed, not faster than the clock, until someone touches it")
  func episode() async throws {
    let scenario = try PageTests.scenario("humanoid-balance", ["terminations=[]"])
    try await Self.serving(scenario, seed: 11) { port, server in
      let columns = server.simulation.layout.columnCount
      func expected(_ seed: UInt64, _ count: Int) throws -> [[Float]] {
        let player = try EpisodePlayer(scenario, .baseline(.hold), seed: seed, instructionSet: .baseline)
        var rows: [[Float]] = []
        var row: [Double] = []
        player.play(0, stepLimit: max(1, count - 1)) { moment in
          server.simulation.layout.write(player.robot, moment, into: &row)
          rows.append(row.map { Float($0) })
        }
        return rows
      }
      func isEqual(_ a: [[Float]], _ b: [[Float]]) -> Bool {
        zip(a, b).allSatisfy { zip($0, $1).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN } }
      }
      let start = Date()
      let client = try RawClient.live(port)
      let first = Self.rows(client, columns, count: 60)
      let elapsed = Date().timeIntervalSince(start)
      #expect(first.count >= 60 && Double(first.count) <= elapsed / 0.02 + 15, "\(first.count) rows in \(elapsed) s")
      let expectedFirst = try expected(11, first.count)
      #expect(isEqual(first, expectedFirst))

      client.command(#"{"kind":"episode","seed":42}"#)
      #expect(client.next("episode")?["seed"] as? Int == 42)
      let second = Self.rows(client, columns, count: 30)
      let expectedSecond = try expected(42, second.count)
      #expect(second.count >= 30 && isEqual(second, expectedSecond))
      // Who comes later gets the episode from its start.
      let late = Self.rows(try RawClient.live(port), columns, count: second.count)
      #expect(late.count >= second.count && late[0][0] == 0)
      let expectedLate = try expected(42, late.count)
      #expect(isEqual(late, expectedLate))
    }
  }

  @Test("stops, takes single steps and goes on when told to")
  func pausing() async throws {
    try await Self.serving(Self.cartPole()) { port, server in
      let columns = server.simulation.layout.columnCount
      let client = try RawClient.live(port)
      client.command(#"{"kind":"pause"}"#)
      #expect(client.next("state") { $0["isRunning"] as? Bool == false } != nil)
      let still = Self.rows(client, columns, count: 1, seconds: 0.5)
      #expect(still.isEmpty, "\(still.count) rows while paused")
      client.command(#"{"kind":"step","steps":3}"#)
      #expect(Self.rows(client, columns, count: 3).count == 3)
      #expect(Self.rows(client, columns, count: 1, seconds: 0.5).isEmpty)
      client.command(#"{"kind":"resume"}"#)
      #expect(Self.rows(client, columns, count: 10).count >= 10)
    }
  }

  @Test("lets the viewer shove and pull the robot while it runs")
  func hand() async throws {
    // No torque, which would hold the cart.
    let simulation = try LiveSimulation(.scenario(Self.cartPole(), .zero), seed: 5)
    try await Self.serving(simulation) { port, server in
      let layout = server.simulation.layout
      let client = try RawClient.live(port)
      let cart = try #require(layout.scene.bodies.firstIndex { $0.name == "cart" })
      let x = layout.poses + 7 * cart
      client.command(#"{"kind":"push","direction":[1,0]}"#)
      let shoved = Self.rows(client, layout.columnCount, count: 75)
      // 0.1 s at 50 Hz.
      #expect(shoved.count { $0[layout.push] > 0.1 } == 5)
      #expect(shoved.allSatisfy { $0[layout.push + 1] == 0 })
      #expect((shoved.last?[x] ?? 0) - (shoved.first?[x] ?? 0) > 0.02)

      client.command(#"{"kind":"episode","seed":3}"#)
      _ = client.next("episode")
      let isPulled = RawClient.eventually {
        client.command(#"{"kind":"grab","body":\#(cart),"point":[0,0,0],"target":[-2,0,0]}"#)
        return (Self.rows(client, layout.columnCount, count: 1).last?[x] ?? 0) < -0.1
      }
      #expect(isPulled)
      client.command(#"{"kind":"release"}"#)
    }
  }

  @Test("ends while clients are connected")
  func ending() async throws {
    let kept = try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<RawClient, any Error>) in
      Task {
        do {
          let box = Box<RawClient>()
          try await Self.serving(Self.cartPole()) { port, _ in box.value = try RawClient.live(port) }
          continuation.resume(returning: try #require(box.value))
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
    #expect(kept.read())
  }
}

/// Carries a value out of a thread that is waited for.
private final class Box<Value>: @unchecked Sendable { var value: Value? }
