@testable import PoiseCore
import Testing

// The figures are those of SciPy 1.17: stats.trim_mean(v, 0.25), stats.bootstrap(…, method="percentile", n_resamples=200000) and
// stats.permutation_test((a, b), difference of means, n_resamples=inf).

@Suite("Statistics over seeds")
struct GroupStatisticsTests {
  private let random = RandomStream(seed: 1, purpose: .statistics)

  @Test("the interquartile mean and its bootstrap interval are SciPy's")
  func interquartileMean() {
    let mean = InterquartileMean([12, 15, 9, 30, 22, 18, 25, 11, 14, 16], random: random)
    #expect(abs(mean.value - 16.166666666666668) < 1e-12)
    // 2,000 resamples in place of 200,000: the ends are known to about half a unit.
    #expect(abs(mean.low - 12.5) < 0.5 && abs(mean.high - 21.67) < 0.7, "\(mean)")
  }

  @Test("of fewer than four runs nothing is left out; of one, the interval is a point")
  func few() {
    #expect(InterquartileMean([1, 2, 9], random: random).value == 4)
    let one = InterquartileMean([7], random: random)
    #expect(one.value == 7 && one.low == 7 && one.high == 7)
  }

  @Test("an outlier moves the mean, and not the interquartile mean")
  func robust() {
    #expect(InterquartileMean([3, 1, 100, 2, 4, 5, 6, 7], random: random).value == 4.5)
  }

  @Test("the permutation test is SciPy's, exact for small groups")
  func permutation() {
    let a = [210.3, 198.7, 225.1, 190.2, 240.8]
    let b = [180.4, 175.9, 199.3, 201.7]
    let difference = GroupDifference(a, b, random: random)
    #expect(difference.pValue == 14.0 / 126 && abs(difference.difference - 23.695) < 1e-9)
    #expect(difference.probabilityOfImprovement == 0.8 && difference.leastPValue == 1.0 / 126)
    let seven = GroupDifference([1, 2, 3, 4, 5, 6, 7], [3.5, 4.5, 5.5, 8, 9, 10, 11], random: random)
    #expect(seven.pValue == 128.0 / 3432)
  }

  @Test("three seeds against three cannot be further apart than p = 0.1, and say so")
  func least() {
    let difference = GroupDifference([1, 2, 3], [4, 5, 6], random: random)
    #expect(difference.pValue == 0.1 && difference.leastPValue == 0.1 && difference.probabilityOfImprovement == 0)
  }

  @Test("large groups are drawn: equal ones are not told apart, and others are")
  func drawn() {
    let a = (0..<20).map { Double($0 * 37 % 20) }
    let equal = GroupDifference(a, a.reversed(), random: random)
    #expect(equal.pValue == 1 && equal.difference == 0 && equal.probabilityOfImprovement == 0.5)
    let apart = GroupDifference(a, a.map { $0 + 15 }, random: random)
    #expect(apart.pValue < 0.001 && GroupDifference.ways(20, of: 40) == nil)
    // The two-sided p of these two, by NumPy with 400,000 permutations: 0.0971.
    let near = GroupDifference(a, a.map { $0 + 3.2 }, random: random)
    #expect(abs(near.pValue - 0.0971) < 0.01, "\(near.pValue)")
  }
}
