import Foundation
import PoiseCore

/// A chart of curves as inline SVG; colours come from the page's style, so it follows dark and light.
struct LineChart {
  struct Series {
    var name: String
    /// Index of the page's colour.
    var color: Int
    var band: CurveBand
  }

  var title: String
  var horizontal: String
  var series: [Series]
  /// Values of the goals, drawn as lines.
  var goals: [Double] = []
  /// Values that the vertical axis always includes.
  var reach: [Double] = []

  private static let size = (width: 460.0, height: 250.0)
  private static let margin = (left: 58.0, right: 12.0, top: 10.0, bottom: 38.0)

  /// A `<figure>` with the chart and the numbers that the pointer shows.
  var html: String {
    let curves = series.flatMap { [$0.band.mean, $0.band.low, $0.band.high] }
    let points = curves.flatMap(\.points)
    guard let xMost = points.map(\.x).max(), let yLow = points.map(\.y).min(), let yHigh = points.map(\.y).max() else {
      return
        "<figure class=\"chart\"><figcaption>\(escapedHTML(title))</figcaption><p class=\"none\">no data yet</p></figure>"
    }
    let xScale = Scale(0...max(xMost, 1e-9), from: Self.margin.left, to: Self.size.width - Self.margin.right)
    let ends = [yLow, yHigh] + goals + reach
    var (low, high) = (ends.min() ?? 0, ends.max() ?? 1)
    let spread = high - low > 1e-12 * max(abs(high), abs(low), 1e-9) ? high - low : max(abs(high), 1)
    (low, high) = (low - 0.05 * spread, high + 0.05 * spread)
    let yScale = Scale(low...high, from: Self.size.height - Self.margin.bottom, to: Self.margin.top)

    var parts: [String] = []
    for tick in yScale.ticks {
      let y = coordinate(yScale.place(tick.value))
      parts.append(
        "<line class=\"grid\" x1=\"\(coordinate(xScale.start))\" x2=\"\(coordinate(xScale.end))\" y1=\"\(y)\" y2=\"\(y)\"/>"
      )
      parts.append(
        "<text class=\"tick\" x=\"\(coordinate(xScale.start - 6))\" y=\"\(y)\" dy=\"0.32em\" text-anchor=\"end\">\(tick.text)</text>"
      )
    }
    for tick in xScale.ticks {
      let x = coordinate(xScale.place(tick.value))
      parts.append(
        "<text class=\"tick\" x=\"\(x)\" y=\"\(coordinate(yScale.start + 16))\" text-anchor=\"middle\">\(tick.text)</text>"
      )
    }
    parts.append(
      "<text class=\"axis\" x=\"\(coordinate((xScale.start + xScale.end) / 2))\" y=\"\(coordinate(Self.size.height - 5))\" text-anchor=\"middle\">\(escapedHTML(horizontal))</text>"
    )
    for goal in goals {
      let y = coordinate(yScale.place(goal))
      parts.append(
        "<line class=\"goal\" x1=\"\(coordinate(xScale.start))\" x2=\"\(coordinate(xScale.end))\" y1=\"\(y)\" y2=\"\(y)\"><title>goal</title></line>"
      )
    }
    func path(_ points: [Curve.Point]) -> String {
      points.map { "\(coordinate(xScale.place($0.x))),\(coordinate(yScale.place($0.y)))" }.joined(separator: " ")
    }
    for item in series where item.band.count > 1 {
      parts.append(
        "<polygon class=\"band c\(item.color)\" points=\"\(path(item.band.low.points + item.band.high.points.reversed()))\"/>"
      )
    }
    for item in series where !item.band.mean.points.isEmpty {
      parts.append("<polyline class=\"curve c\(item.color)\" points=\"\(path(item.band.mean.points))\"/>")
      // A few points are marked, so that a single one is visible, too.
      if item.band.mean.points.count <= 24 {
        for point in item.band.mean.points {
          parts.append(
            "<circle class=\"dot c\(item.color)\" cx=\"\(coordinate(xScale.place(point.x)))\" cy=\"\(coordinate(yScale.place(point.y)))\" r=\"2.5\"/>"
          )
        }
      }
    }
    let data = ChartData(
      left: xScale.start, right: xScale.end, most: xScale.range.upperBound,
      series: series.map { item in
        ChartData.Series(
          name: item.name, color: item.color, x: item.band.mean.points.map { short($0.x) },
          mean: item.band.mean.points.map { short($0.y) },
          low: item.band.count > 1 ? item.band.low.points.map { short($0.y) } : [],
          high: item.band.count > 1 ? item.band.high.points.map { short($0.y) } : [])
      })
    return """
      <figure class="chart"><figcaption>\(escapedHTML(title))</figcaption>
      <svg viewBox="0 0 \(coordinate(Self.size.width)) \(coordinate(Self.size.height))" role="img" aria-label="\(escapedHTML("\(title) over \(horizontal)"))" data-chart="\(escapedHTML(data.text))">
      \(parts.joined(separator: "\n"))
      <line class="cursor" y1="\(coordinate(yScale.end))" y2="\(coordinate(yScale.start))" visibility="hidden"/>
      </svg><div class="tip" hidden></div></figure>
      """
  }

  private func short(_ value: Double) -> Double { Double(value.rounded(significant: 6)) ?? value }
  private func coordinate(_ value: Double) -> String { value.rounded(significant: 5) }

  /// What the page's script reads.
  private struct ChartData: Encodable {
    struct Series: Encodable {
      var name: String
      var color: Int
      var x: [Double]
      var mean: [Double]
      var low: [Double]
      var high: [Double]
    }
    var left: Double
    var right: Double
    /// The number at `right`; 0 is at `left`.
    var most: Double
    var series: [Series]

    var text: String { (try? JSONEncoder().text(of: self)) ?? "{}" }
  }
}

/// A linear map from a range of numbers to coordinates, with round numbers as ticks.
struct Scale {
  let range: ClosedRange<Double>
  let start: Double
  let end: Double

  /// - Parameters:
  ///   - start: coordinate of the range's lower bound.
  ///   - end: of its upper bound; may be the smaller one.
  init(_ range: ClosedRange<Double>, from start: Double, to end: Double) {
    (self.range, self.start, self.end) = (range, start, end)
  }

  func place(_ value: Double) -> Double {
    start + (end - start) * (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// 4 to 10 multiples of 1, 2 or 5 times a power of ten.
  var ticks: [(value: Double, text: String)] {
    let span = range.upperBound - range.lowerBound
    let magnitude = pow(10, (log10(span / 5)).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * magnitude }.first { span / $0 <= 6 } ?? span
    // A table from elsewhere may contain any number.
    guard step > 0, max(abs(range.lowerBound), abs(range.upperBound)) / step < 1e15 else { return [] }
    let first = Int(clamping: (range.lowerBound / step).rounded(.up))
    let last = Int(clamping: (range.upperBound / step).rounded(.down))
    guard first <= last, last - first < 100 else { return [] }
    return (first...last).map { index in
      let value = Double(index) * step
      return (value, Self.text(value))
    }
  }

  private static func text(_ value: Double) -> String {
    switch abs(value) {
    case 1e6...: "\((value / 1e6).rounded(significant: 4))M"
    case 1e4...: "\((value / 1e3).rounded(significant: 4))k"
    default: value.rounded(significant: 4)
    }
  }
}

/// Escapes text for HTML, both for content and for quoted attributes.
func escapedHTML(_ text: String) -> String {
  var result = ""
  for character in text.unicodeScalars {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\u{0}"..<"\u{20}" where character != "\n" && character != "\t": result += "\u{FFFD}"
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}
