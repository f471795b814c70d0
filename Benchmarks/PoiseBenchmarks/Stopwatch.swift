internal import Dispatch
internal import Foundation

/// Times of repeated work, taken in turns so that a varying load of the machine affects all candidates equally.
///
/// Counts the processor time of the calling thread: on an idle machine that is the time on the wall clock, on a busy one it
/// leaves out the time that the thread waits for a processor.
struct Stopwatch {
  /// Rounds of every candidate; the best and the median of a candidate's rounds are reported.
  var rounds = 15
  /// Shortest length of one round in seconds.
  var roundSeconds = 0.02

  /// Seconds per call of each candidate.
  struct Times {
    var best: Double
    var median: Double
  }

  /// Calls each candidate often enough for a round, rounds in turns.
  func measure(_ candidates: [() -> Void]) -> [Times] {
    func seconds(_ calls: Int, _ work: () -> Void) -> Double {
      let start = threadSeconds()
      for _ in 0..<calls { work() }
      return threadSeconds() - start
    }
    let calls = candidates.map { work in
      var calls = 1
      while seconds(calls, work) < roundSeconds, calls < 1 << 24 { calls *= 2 }
      return calls
    }
    var times = candidates.map { _ in [Double]() }
    for _ in 0..<rounds {
      for (i, work) in candidates.enumerated() { times[i].append(seconds(calls[i], work) / Double(calls[i])) }
    }
    return times.map { list in
      let sorted = list.sorted()
      return Times(best: sorted[0], median: sorted[sorted.count / 2])
    }
  }
}

/// Processor time of the calling thread so far, in seconds.
func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Time on the clock that `work` takes, in seconds: for work of several threads.
func wallSeconds(_ work: () -> Void) -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  work()
  return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
}

/// The median: the middle value, or the mean of the two in the middle.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
