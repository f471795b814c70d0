private import Foundation
internal import Synchronization

/// Files that must not remain when this process has ended: those that it writes under a temporary name, and its locks.
///
/// Where a signal ends the process at once, its handler removes them. A handler may do next to nothing: it may not
/// allocate, and it may not wait for a lock. So the paths lie in a table of C strings that are made once and never freed.
package enum UnfinishedFiles {
  private static let size = 128
  /// Addresses of C strings, 0 for a free place.
  private static let table = InlineArray<128, Atomic<UInt>> { _ in Atomic(0) }
  /// The C string of every path so far: a process writes the same few files again and again.
  private static let strings = Guarded<[String: UInt]>([:])

  /// To be called before the file is made. Beyond 128 at a time a file is not noted, and would be left behind.
  package static func add(_ path: String) {
    let address = strings.withLock { strings in
      if let known = strings[path] { return known }
      guard let copy = strdup(path) else { return 0 }
      let address = UInt(bitPattern: copy)
      strings[path] = address
      return address
    }
    for i in 0..<size where table[i].load(ordering: .relaxed) == 0 {
      if table[i].compareExchange(expected: 0, desired: address, ordering: .sequentiallyConsistent).exchanged { return }
    }
  }

  /// To be called once the file has its name, or is gone.
  package static func remove(_ path: String) {
    guard let address = strings.withLock({ $0[path] }) else { return }
    for i in 0..<size {
      if table[i].compareExchange(expected: address, desired: 0, ordering: .sequentiallyConsistent).exchanged { return }
    }
  }

  /// Removes the files. For a signal handler that ends the process; `prepare` must have been called before.
  package static func removeAll() {
    for i in 0..<size {
      let address = table[i].load(ordering: .relaxed)
      if address != 0, let path = UnsafePointer<CChar>(bitPattern: address) { unlink(path) }
    }
  }

  /// Makes the table, which a handler must not be the first to touch.
  package static func prepare() { _ = table[0].load(ordering: .relaxed) }
}
