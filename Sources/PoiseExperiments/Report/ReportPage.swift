import PoiseCore

/// The frame of a report's page: structure, style and script, all in one file.
enum ReportPage {
  /// Number of colours: classes c0 … of curves and swatches.
  static let colorCount = 8

  /// - Parameter body: sections, as `section` makes them.
  static func html(title: String, body: [String]) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <title>\(escapedHTML(title))</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    <h1>\(escapedHTML(title))</h1>
    \(body.joined(separator: "\n"))
    <script>
    \(script)
    </script>
    </body>
    </html>

    """
  }

  static func section(_ title: String, _ content: String) -> String {
    "<section><h2>\(escapedHTML(title))</h2>\n\(content)\n</section>"
  }

  /// - Parameters:
  ///   - header, rows: HTML already.
  ///   - textColumns: columns that are aligned left; all others, numbers, are aligned right.
  static func table(_ header: [String], _ rows: [[String]], textColumns: Set<Int>) -> String {
    func line(_ cells: [String], _ tag: String) -> String {
      let cells = cells.enumerated().map { index, cell in
        "<\(tag)\(textColumns.contains(index) ? " class=\"text\"" : "")>\(cell)</\(tag)>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    return "<div class=\"scroll\"><table><thead>\(line(header, "th"))</thead>\n<tbody>\n"
      + rows.map { line($0, "td") }.joined(separator: "\n") + "\n</tbody></table></div>"
  }

  /// Colours after Okabe and Ito 2008, "Color Universal Design", which people with any colour vision can distinguish;
  /// lighter ones of the same hues on a dark background.
  private static let style = """
    :root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --faint: #667; --line: #d8dce2; --panel: #f6f7f9;
      --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b5508c; --c4: #b38600; --c5: #2b8fc4; --c6: #444; --c7: #8c6d31; }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #14171c; --ink: #e6e8eb; --faint: #9aa3af; --line: #333a44; --panel: #1c2128;
        --c0: #56b4e9; --c1: #ff8a3d; --c2: #2fd3a0; --c3: #e08cc0; --c4: #f0c33c; --c5: #8fd0f5; --c6: #ccc; --c7: #d1b06a; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 1240px; padding: 1rem; background: var(--ground); color: var(--ink);
      font: 15px/1.45 system-ui, sans-serif; }
    h1 { font-size: 1.35rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
    h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
    .note, small { color: var(--faint); } .note { margin: .25rem 0 .75rem; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
    th, td { padding: .2rem .55rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
    .text { text-align: left; } th { font-weight: 600; white-space: normal; vertical-align: bottom; min-width: 3em; } .part { padding-left: 1.2em; color: var(--faint); }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 1rem; }
    figure { margin: 0; position: relative; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .5rem; }
    figcaption { font-weight: 600; font-size: .9rem; padding: 0 .25rem .25rem; overflow-wrap: anywhere; } svg { display: block; width: 100%; height: auto; touch-action: pan-y; }
    .none { color: var(--faint); padding: 2rem; text-align: center; }
    .grid { stroke: var(--line); } .tick, .axis { fill: var(--faint); font-size: 11px; }
    .goal { stroke: var(--faint); stroke-dasharray: 5 4; } .cursor { stroke: var(--faint); }
    .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke: var(--c); }
    .band { fill: var(--c); opacity: .2; } .dot { fill: var(--c); }
    .swatch { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; background: var(--c); }
    \((0..<colorCount).map { ".c\($0) { --c: var(--c\($0)); }" }.joined(separator: " "))
    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.2rem; padding: 0; margin: .4rem 0; }
    .tip { position: absolute; top: calc(100% - 4px); z-index: 1; pointer-events: none; background: var(--ground); border: 1px solid var(--line);
      border-radius: 6px; padding: .25rem .5rem; font-size: .8rem; font-variant-numeric: tabular-nums; max-width: 75%; }
    pre { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .75rem; overflow-x: auto; font-size: .8rem; }
    summary { cursor: pointer; padding: .25rem 0; }
    """

  /// The pointer over a chart shows the nearest numbers. Texts from files are set as text, never as markup.
  private static let script = """
    for (const svg of document.querySelectorAll('svg[data-chart]')) {
      const chart = JSON.parse(svg.dataset.chart), cursor = svg.querySelector('.cursor'), tip = svg.parentNode.querySelector('.tip');
      const format = value => Number(value.toPrecision(5)).toLocaleString('en');
      const hide = () => { tip.hidden = true; cursor.setAttribute('visibility', 'hidden'); };
      svg.addEventListener('pointerleave', hide);
      svg.addEventListener('pointermove', event => {
        const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
        const x = ((event.clientX - box.left) * scale - chart.left) / (chart.right - chart.left) * chart.most;
        if (x < 0 || x > chart.most) return hide();
        tip.replaceChildren();
        let shown = null;
        for (const series of chart.series) {
          if (!series.x.length) continue;
          let nearest = 0;
          series.x.forEach((value, i) => { if (Math.abs(value - x) < Math.abs(series.x[nearest] - x)) nearest = i; });
          if (shown === null || Math.abs(series.x[nearest] - x) < Math.abs(shown - x)) shown = series.x[nearest];
          const line = document.createElement('div'), swatch = document.createElement('span');
          swatch.className = 'swatch c' + series.color;
          const range = series.low.length ? ' (' + format(series.low[nearest]) + ' … ' + format(series.high[nearest]) + ')' : '';
          line.append(swatch, series.name + ': ' + format(series.mean[nearest]) + range);
          tip.append(line);
        }
        if (shown === null) return hide();
        const head = document.createElement('div');
        head.textContent = 'at ' + format(shown);
        tip.prepend(head);
        const place = chart.left + shown / chart.most * (chart.right - chart.left);
        cursor.setAttribute('x1', place); cursor.setAttribute('x2', place); cursor.setAttribute('visibility', 'visible');
        tip.hidden = false;
        const left = place / scale + (place / scale > box.width / 2 ? -tip.offsetWidth - 4 : 20);
        tip.style.left = Math.max(4, left) + 'px';
      });
    }
    """
}
