import Foundation
import PoiseCore
import Testing

@Suite("Threads that the system does not make")
struct SystemThreadTests {
  @Test("leave a pool with fewer, which does all of the work and says so", arguments: [0, 1, 2, 6])
  func fewer(made: Int) {
    let counter = Guarded(0)
    let pool = WorkerPool(threadCount: 8) { name, body in
      let isMade = counter.withLock { count in
        count += 1
        return count <= made
      }
      return isMade ? SystemThread.start(name, body) : EAGAIN
    }
    #expect(pool.threadCount == made + 1)
    #expect(pool.note?.hasPrefix("\(made + 1) of 8 threads") == true, "\(pool.note ?? "nothing")")
    for _ in 0..<50 {
      var squares = Array(0..<37)
      pool.forEach(&squares) { index, value in value = index * index }
      #expect(squares == (0..<37).map { $0 * $0 })
    }
  }

  @Test("are no matter where all are made: the pool has nothing to say")
  func all() {
    let pool = WorkerPool(threadCount: 3)
    #expect(pool.threadCount == 3 && pool.note == nil)
  }

  @Test("are asked for before anything waits for them")
  func required() throws {
    try SystemThread.require(3, for: "a test")
    let error = #expect(throws: InputOutputError.self) {
      throw InputOutputError(startingThreadsFor: "the server", EAGAIN)
    }
    #expect(
      error?.description.hasPrefix("the server: cannot start a thread: Resource temporarily unavailable.") == true)
  }
}

@Suite("Numbers of a file as integers")
struct ClampedNumberTests {
  @Test("are the integer part where there is one, the nearest end of the range beyond it, and 0 for NaN")
  func clamping() {
    let cases: [(Double, Int)] = [
      (0, 0), (2.9, 2), (-2.9, -2), (1e300, .max), (-1e300, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0),
      (0x1p63, .max), (-0x1p63, .min), (0x1p62, 1 << 62), (9.007199254740993e15, 9_007_199_254_740_992),
    ]
    for (number, integer) in cases { #expect(Int(clamping: number) == integer, "\(number)") }
  }
}
