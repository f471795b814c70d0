import PoiseCore

/// A self-contained page of HTML that shows the values after each sweep and the solution: a heat map with arrows if the
/// problem is a map, otherwise bars; and a table of V and Q.
public struct SolutionPage: Sendable {
  /// The problem that is solved.
  public let problem: FiniteProblem
  /// The title of the page, as plain text.
  public let title: String
  /// V after each of the kept sweeps, with the number of the sweep.
  private var frames: [(sweep: Int, values: [Double])] = []
  private var stride = 1
  /// The largest number of frames; with more sweeps, only every second, fourth, … is kept.
  private static let frameLimit = 200
  private let steps: String
  private let last: String

  /// Makes a page with one frame, values of 0 before the first step.
  ///
  /// - Parameters:
  ///   - problem: the problem that is solved.
  ///   - title: the title of the page, as plain text.
  ///   - steps: the name of the steps between frames.
  ///   - last: the name of the last frame.
  public init(_ problem: FiniteProblem, title: String, steps: String = "Sweep", last: String = "solution") {
    self.problem = problem
    self.title = title
    self.steps = steps
    self.last = last
    frames = [(0, [Double](repeating: 0, count: problem.stateCount))]
  }

  /// Adds the values of a sweep as a frame; to be called by the solvers' `onSweep`.
  public mutating func note(_ progress: SolverProgress) {
    guard progress.sweeps % stride == 0 else { return }
    note(progress.values, after: progress.sweeps)
    guard frames.count > Self.frameLimit else { return }
    stride *= 2
    frames = frames.filter { $0.sweep % stride == 0 }
  }

  /// Adds a frame of values after a number of steps.
  public mutating func note(_ values: [Double], after steps: Int) { frames.append((steps, values)) }

  /// The page as a complete HTML document.
  ///
  /// - Parameters:
  ///   - table: the solution, which the last frame shows.
  ///   - summary: lines below the title: method, bound, value of the start.
  public func html(_ table: SolutionTable, summary: [String]) -> String {
    let all = frames + [(sweep: -1, values: table.values)]
    let values = all.map { "[" + $0.values.map(number).joined(separator: ",") + "]" }.joined(separator: ",\n")
    let q = (0..<problem.stateCount).map { state in
      "["
        + problem.choices(of: state).map { "[\(problem.choiceActions[$0]),\(number(table.choiceValues[$0]))]" }.joined(
          separator: ",") + "]"
    }
    let best = table.best.map { "[" + $0.map { "\(problem.choiceActions[$0])" }.joined(separator: ",") + "]" }
    let names = (0..<problem.stateCount).map { quotedScript(problem.stateName($0)) }
    let actions = problem.actionNames.map(quotedScript)
    let layout =
      problem.layout.map { layout in
        """
        {rows:\(layout.rows),columns:\(layout.columns),states:[\(layout.states.map { "\($0)" }.joined(separator: ","))],\
        cells:\(quotedScript(String(layout.characters))),moves:[\(layout.moves.map { "[\($0.right),\($0.down)]" }.joined(separator: ","))]}
        """
      } ?? "null"
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>\(escapedHTML(title))</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <style>
      body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222;background:#fff}
      svg{width:100%;max-height:75vh;display:block} text{font-family:system-ui,sans-serif;text-anchor:middle;dominant-baseline:central}
      table{border-collapse:collapse;margin-top:1em} td,th{padding:.15em .7em;text-align:right;border-bottom:1px solid #ddd}
      input[type=range]{width:60%;vertical-align:middle} label{margin-right:1em}
      </style></head><body>
      <h1>\(escapedHTML(title))</h1>
      \(summary.map { "<p>\(escapedHTML($0))</p>" }.joined(separator: "\n"))
      <p><label>\(escapedHTML(steps)) <input id="sweep" type="range" min="0" max="\(all.count - 1)" value="\(all.count - 1)"></label>
      <output id="which"></output> <label><input id="qs" type="checkbox"> Q in each cell</label></p>
      <div id="picture"></div><table id="table"></table>
      <script>
      const frames=[\(values)];
      const sweeps=[\(all.map { "\($0.sweep)" }.joined(separator: ","))];
      const q=[\(q.joined(separator: ","))];
      const best=[\(best.joined(separator: ","))];
      const names=[\(names.joined(separator: ","))];
      const actions=[\(actions.joined(separator: ","))];
      const layout=\(layout), solved=\(quotedScript(last));
      \(Self.script)
      </script></body></html>

      """
  }

  private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

  /// A string literal of JavaScript that cannot end the script element around it.
  private func quotedScript(_ text: String) -> String {
    var result = ""
    for character in quotedJSON(text) { result += character == "<" ? "\\u003c" : String(character) }
    return result
  }

  private func escapedHTML(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  private static let script = """
    const $=id=>document.getElementById(id), esc=t=>t.replace(/[&<>"]/g,c=>({'&':'&amp;','<':'&lt;','>':'&gt;','"':'&quot;'}[c]));
    const show=v=>v===null?'–':Math.abs(v)>=100?v.toFixed(1):Math.abs(v)>=10?v.toFixed(2):v.toFixed(3);
    function color(v,low,high){ // blue for the least, white for 0, orange for the largest
      if(v>=0){const t=high>0?v/high:0;return `rgb(255,${Math.round(255-105*t)},${Math.round(255-205*t)})`}
      const t=low<0?v/low:0;return `rgb(${Math.round(255-175*t)},${Math.round(255-105*t)},255)`}
    function draw(){
      const f=+$('sweep').value, v=frames[f], low=Math.min(...v,0), high=Math.max(...v,0);
      $('which').textContent=sweeps[f]<0?solved:String(sweeps[f]);
      const last=sweeps[f]<0, withQ=$('qs').checked&&last;
      if(layout){
        let s=`<svg viewBox="0 0 ${layout.columns*100} ${layout.rows*100}" role="img">`;
        const chars=[...layout.cells];
        layout.states.forEach((state,cell)=>{
          const x=cell%layout.columns*100, y=Math.floor(cell/layout.columns)*100;
          const fill=state<0?(chars[cell]==='#'?'#555':'#ccc'):color(v[state],low,high);
          s+=`<rect x="${x}" y="${y}" width="100" height="100" fill="${fill}" stroke="#888"/>`;
          if(state<0||q[state].length===0) s+=`<text x="${x+50}" y="${y+50}" font-size="30" fill="${state<0?'#999':'#222'}">${esc(chars[cell])}</text>`;
          else if(withQ) for(const [a,value] of q[state]){const [dx,dy]=layout.moves[a];
            s+=`<text x="${x+50+dx*28}" y="${y+50+dy*36}" font-size="15" font-weight="${best[state].includes(a)?700:400}">${show(value)}</text>`}
          else{ s+=`<text x="${x+50}" y="${y+78}" font-size="20">${show(v[state])}</text>`;
            if(last) for(const a of best[state]){const [dx,dy]=layout.moves[a];
              s+=`<line x1="${x+50}" y1="${y+38}" x2="${x+50+dx*26}" y2="${y+38+dy*26}" stroke="#222" stroke-width="4"/><circle cx="${x+50+dx*26}" cy="${y+38+dy*26}" r="6" fill="#222"/>`}}
        });
        $('picture').innerHTML=s+'</svg>';
      } else {
        const n=Math.min(names.length,200), span=Math.max(high,-low)||1;
        let s=`<svg viewBox="0 0 1000 ${n*24}" role="img">`;
        for(let i=0;i<n;i++){const w=300*v[i]/span;
          s+=`<rect x="${w<0?600+w:600}" y="${i*24+3}" width="${Math.abs(w)}" height="18" fill="${color(v[i],low,high)}" stroke="#888"/><text x="120" y="${i*24+12}" font-size="14">${esc(names[i])}</text><text x="250" y="${i*24+12}" font-size="14">${show(v[i])}</text>`}
        $('picture').innerHTML=s+'</svg>';
      }
      if(names.length<=500){
        let t='<tr><th>state</th><th>V</th>'+actions.map(a=>`<th>Q(${esc(a)})</th>`).join('')+'</tr>';
        names.forEach((name,i)=>{const row=new Map(q[i]);t+=`<tr><td>${esc(name)}</td><td>${show(v[i])}</td>`+actions.map((_,a)=>`<td>${last&&row.has(a)?(best[i].includes(a)?'<b>'+show(row.get(a))+'</b>':show(row.get(a))):''}</td>`).join('')+'</tr>'});
        $('table').innerHTML=t;
      }
    }
    $('sweep').oninput=draw;$('qs').onchange=draw;draw();
    """
}
