import Dispatch
import Foundation
import PoiseCore
import Testing

@Suite("A guarded value")
struct GuardedTests {
  @Test("keeps every change of eight threads that want it at once")
  func contention() {
    let (threads, changes) = (8, 20_000)
    let numbers = Guarded<[Int]>([])
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for i in 0..<changes { numbers.withLock { $0.append(thread * changes + i) } }
    }
    #expect(numbers.withLock { $0.sorted() } == Array(0..<threads * changes))
  }

  @Test("is free again after an error, and passes the error on")
  func errors() {
    struct Refusal: Error, Equatable {}
    let number = Guarded(1)
    #expect(throws: Refusal()) {
      try number.withLock { (number) throws(Refusal) in
        number = 2
        throw Refusal()
      }
    }
    #expect(number.withLock { $0 } == 2)
  }
}
