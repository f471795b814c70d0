import Foundation
import PoiseCore
import PoiseFinite
import Testing

@Suite("What a solution looks like")
struct DrawingTests {
  @Test("a map shows values in its cells, arrows with their ties, and where an episode is")
  func map() throws {
    let problem = try loaded("mdp:\n  map:\n    cells: |\n      S.#\n      ..G\n    stepReward: -1\n")
    let report = try SolveReport(problem, name: "small", request: SolveRequest())
    let drawing = try #require(MapDrawing(problem))
    #expect(
      drawing.values(report.table.values) == """
        -3.00 -2.00   #
        -2.00 -1.00   G
        """)
    #expect(
      drawing.arrows(report.table.best, problem) == """
        →↓  ↓  #
         →  →  G
        """)
    #expect(drawing.frame(state: 1) == "S@#\n..G")
    #expect(report.text.contains("small: 5 states, 4 actions, 16 transitions, γ = 1"))
    #expect(report.text.contains("value of the start: -3"))
  }

  @Test("the table and the JSON of the lecture's exercise hold its numbers")
  func table() throws {
    let problem = try shipped("two-choices")
    var request = SolveRequest()
    request.policy = .given
    request.trajectory = "x1,1,x2,2,x4"
    let report = try SolveReport(problem, name: "two-choices", request: request)
    let line = try #require(report.text.split(separator: "\n").first { $0.contains(" x1 ") })
    #expect(
      line.split(separator: " ").map(String.init) == ["x1", "0.1328", "1", "0.256", "-0.36", "0.1232", "-0.4928"])
    #expect(
      report.text.contains(
        "probability 0.112 from its first state (which starts with 1), return 1.8 discounted, 2 undiscounted"))
    let object = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
    #expect(report.json.contains("\"start_value\": \(report.table.values[0]),"))
    #expect((object?["values"] as? [[String: Any]])?.count == 5)
    request.policy = .optimal
    #expect(try SolveReport(problem, name: "x", request: request).text.contains("probability 0.28 "))
  }

  @Test("a policy that the problem does not give is refused")
  func missingPolicy() throws {
    var request = SolveRequest()
    request.policy = .given
    let problem = try shipped("treasure")
    #expect(throws: InvalidInput.self) { try SolveReport(problem, name: "treasure", request: request) }
  }

  @Test("a horizon shows what can be earned in so many actions")
  func horizon() throws {
    var request = SolveRequest()
    request.horizon = 100
    let report = try SolveReport(shipped("frozen-lake", ("mdp.map.discount", "1")), name: "lake", request: request)
    #expect(report.text.contains("value of the start: 0.744"))
  }

  @Test("the page is whole in itself, keeps every sweep, and no name of a state can break out of it")
  func page() throws {
    let problem = try loaded(
      "mdp:\n  lists:\n    states: ['</script><b>', end]\n    actions: [go]\n    terminal: [end]\n    transitions: {'</script><b>': {go: {end: [1, 2]}}}\n"
    )
    let html = try SolveReport(problem, name: "<&>", request: SolveRequest()).html
    #expect(html.components(separatedBy: "</script>").count == 2 && html.contains("&lt;&amp;&gt;"))
    #expect(!html.contains("http"))
    var request = SolveRequest()
    request.method = .valueIteration
    let lake = try SolveReport(shipped("frozen-lake-8x8"), name: "lake", request: request).html
    let frames = lake.components(separatedBy: "const frames=")[1].components(separatedBy: ";")[0]
    #expect(frames.components(separatedBy: "],").count > 100)
  }

  @Test("the page draws in a browser's language without a fault", .enabled(if: hasNode))
  func script() throws {
    // A document of a few lines stands in for the browser's.
    let html = try SolveReport(shipped("maze"), name: "maze", request: SolveRequest()).html
    let script = html.components(separatedBy: "<script>")[1].components(separatedBy: "</script>")[0]
    let harness = """
      const e={sweep:{value:'1'},qs:{checked:true},which:{},picture:{},table:{}};
      globalThis.document={getElementById:id=>e[id]};
      \(script)
      e.sweep.value=String(frames.length-1);draw();
      if(!e.picture.innerHTML.includes('<rect')||e.picture.innerHTML.includes('NaN')) throw 'no picture';
      if(!e.table.innerHTML.includes('r1c1')) throw 'no table';
      """
    #expect(try node(harness) == 0)
  }
}
