#!/usr/bin/env python3
"""Tests of the check of the architecture, on small sources written for it: python3 Tests/Architecture/tests.py"""

import contextlib
import io
import pathlib
import tempfile
import unittest
from unittest import mock

import documentation
import rooms
from swift_source import SwiftFile, circles, file_graph, without_comments_and_strings


def files(**sources):
    """Files from `name="text"`; two underscores in a name stand for the plus sign of `Type+Topic`."""
    return [SwiftFile(f"/room/{name.replace('__', '+')}.swift", text) for name, text in sources.items()]


def arrows(sources):
    return {(a.path.stem, b.path.stem) for a, edges in file_graph(sources).items() for b in edges}


def circle_names(sources):
    return sorted(sorted(file.path.stem for file in circle) for circle in circles(file_graph(sources)))


class Lexing(unittest.TestCase):
    def test_comments_and_strings_are_blanked_and_interpolations_stay(self):
        text = 'let a = "World \\(Robot("Body").name) Joint" // Tilt\n/* a /* Nested */ Shape */ let b = #"Mass \\(x)"#'
        code = without_comments_and_strings(text)
        self.assertEqual(len(code), len(text))
        self.assertIn("Robot", code)
        for word in ("World", "Body", "Joint", "Tilt", "Nested", "Shape", "Mass"):
            self.assertNotIn(word, code)

    def test_strings_of_several_lines_keep_the_lines(self):
        code = without_comments_and_strings('let a = """\n  World "quoted" \\(Robot.self)\n  """\nlet b: Joint')
        self.assertEqual(code.count("\n"), 3)
        self.assertNotIn("World", code)
        self.assertIn("Robot", code)
        self.assertIn("Joint", code)


class Graph(unittest.TestCase):
    def test_a_file_depends_on_the_file_that_declares_a_type_that_it_names(self):
        self.assertEqual(arrows(files(A="struct A { var b: B }", B="struct B {}")), {("A", "B")})

    def test_an_extension_depends_on_its_type_and_not_the_other_way_round(self):
        sources = files(World="struct World { func f() { step() } }", World__Step="extension World { func step() {} }")
        self.assertEqual(arrows(sources), {("World+Step", "World")})
        self.assertEqual(circle_names(sources), [])

    def test_two_files_that_name_each_other_are_a_circle(self):
        self.assertEqual(circle_names(files(A="struct A { var b: B? }", B="func f(_ a: A) {} \nenum B {}")), [["A", "B"]])

    def test_a_long_circle_is_found_and_what_hangs_on_it_is_left_out(self):
        sources = files(A="struct A { var b: B }", B="struct B { var c: C }", C="class C { var a: A? }", D="struct D { var a: A }")
        self.assertEqual(circle_names(sources), [["A", "B", "C"]])

    def test_a_nested_type_is_known_by_its_full_name_and_inside_its_outer_type_by_its_own(self):
        sources = files(
            Run="struct Run { func f(_ e: Ending) {} }", Run__Ending="extension Run { enum Ending {} }",
            Other="struct Other { func f(_ e: Ending) {} }", User="func f(_ e: Run.Ending) {}")
        self.assertEqual(
            arrows(sources), {("Run", "Run+Ending"), ("Run+Ending", "Run"), ("User", "Run"), ("User", "Run+Ending")})

    def test_a_private_type_is_not_seen_from_other_files(self):
        self.assertEqual(arrows(files(A="private struct Shared {}", B="private struct Shared {}\nvar s: Shared")), set())

    def test_generic_parameters_are_not_types_of_the_same_name(self):
        sources = files(Value="struct Value {}", Box="struct Box<Value: Sendable> { var value: Value\n func f<T>(_ t: T) -> T { t } }")
        self.assertEqual(arrows(sources), set())

    def test_a_case_or_a_member_is_not_a_type_of_the_same_name(self):
        self.assertEqual(arrows(files(A="struct A {}", B="let x = b.A.c\nlet y: K = .A")), set())


class Rooms(unittest.TestCase):
    TABLE = "| room | what it is | may import |\n| --- | --- | --- |\n| `Top` | t | `Middle` |\n| `Middle` | m | `Base`, `COde` |\n" \
        "| `Base` | b | – |\n| `COde` | c | – |\n\nText `Not` here."
    PACKAGE = '''
      let base = Target.Dependency.byName(name: "Base")
      let below: [Target.Dependency] =
        ["Base"]
        + others
      let others: [Target.Dependency] = [
        "COde",
      ]
      let rooms = [
        room("Base"), room("Middle", ["Base", "COde", yams], exclude: ["a.proto"]),  // room("Comment")
        .executableTarget(name: "Top", dependencies: ["Middle", "Base", .product(name: "X", package: "Y")], swiftSettings: settings),
        .systemLibrary(name: "COde", pkgConfig: "ode", providers: [.apt(["libode-dev"])]),
        room("Sum", ["Middle"] + below + [yams]), room("None", exclude: ["x"]),
        .testTarget(name: "TopTests", dependencies: ["Top"]),
      ]'''

    def faults(self, table=None, **sources):
        targets = rooms.read_package(self.PACKAGE)
        del targets["Sum"], targets["None"]
        made = {"Top": "import Middle\nimport Base", "Middle": "import Base\ninternal import COde", "Base": "import Foundation"} | sources
        return rooms.arrow_faults(
            rooms.read_table(table or self.TABLE), targets, {room: files(File=text) for room, text in made.items()})

    def test_the_package_is_read(self):
        targets = rooms.read_package(self.PACKAGE)
        self.assertEqual(set(targets), {"Top", "Middle", "Base", "COde", "Sum", "None"})
        self.assertEqual(targets["Middle"], ("Sources/Middle", ["Base", "COde"]))
        self.assertEqual(targets["Top"][1], ["Middle", "Base"])
        self.assertEqual(targets["Sum"][1], ["Middle", "Base", "COde"])
        self.assertEqual((targets["None"][1], targets["COde"][1]), ([], []))

    def test_a_tree_that_agrees_with_its_table_has_no_fault(self):
        self.assertEqual(self.faults(), [])

    def test_an_import_upwards_is_named_with_file_and_line(self):
        self.assertIn("File.swift:2: 'Base' imports 'Middle', which the table", " ".join(self.faults(Base="import Foundation\nimport Middle")))

    def test_c_may_be_imported_only_by_a_room_that_names_it(self):
        self.assertIn("'Top' imports 'COde'", " ".join(self.faults(Top="import COde\nimport Middle\nimport Base")))

    def test_a_missing_row_and_an_arrow_upwards_are_named(self):
        table = self.TABLE.replace("| `Base` | b | – |\n", "| `Base` | b | `Top` |\n").replace("| `COde` | c | – |\n", "")
        text = " ".join(self.faults(table))
        self.assertIn("'COde' of Package.swift is missing from the table", text)
        self.assertIn("'Base' may import 'Top', which stands above it", text)

    def test_a_file_that_the_readme_names_and_that_is_not_there_is_named(self):
        there = {"A/B.swift", "C.swift", "D/"}.__contains__
        self.assertEqual(len(rooms.path_faults("`A/B.swift`, `C.swift`, `D/`, `make test`, `a.b` and `tilt`", there)), 0)
        self.assertIn("README.md:2: names 'E.swift'", " ".join(rooms.path_faults("\n`E.swift`", there)))

    def test_a_circle_is_reported_unless_one_of_its_arrows_is_argued_for(self):
        sources = files(A="struct A { var b: B? }", B="struct B { var a: A }")
        self.assertEqual(len(rooms.circle_reports("R", sources, {}, set())), 1)
        exceptions, wrong = rooms.read_exceptions("# comment\nR  A.swift -> B.swift  a tree has both\nR A.swift -> B.swift")
        used = set()
        self.assertEqual(rooms.circle_reports("R", sources, exceptions, used), [])
        self.assertEqual((used, len(wrong)), ({("R", "A.swift", "B.swift")}, 1))

    def test_one_type_spread_over_files_is_no_circle(self):
        sources = files(Run="struct Run { var e: Ending }", Run__Ending="extension Run { enum Ending {} }")
        self.assertEqual(len(circles(file_graph(sources))), 1)
        self.assertEqual(rooms.circle_reports("R", sources, {}, set()), [])


class Documentation(unittest.TestCase):
    def missing(self, text):
        return [line for _, line, _ in documentation.undocumented({"R": files(File=text)})["R"][0]]

    def test_public_declarations_without_a_doc_comment_are_found(self):
        text = "/// A.\npublic struct A {\n  public var a = 1\n  /// B.\n  public var b = 2\n  var c = 3\n  public init() {}\n}\npublic func f() {\n  let x = 1\n}"
        self.assertEqual(self.missing(text), [3, 7, 9])

    def test_cases_and_requirements_are_as_public_as_their_type(self):
        text = "/// A.\npublic enum A {\n  case a\n  /// B.\n  case b\n}\n/// P.\npublic protocol P {\n  func f()\n}\nenum B { case c }"
        self.assertEqual(self.missing(text), [3, 9])

    def test_what_a_protocol_asks_for_needs_no_second_sentence(self):
        text = ("/// P.\npublic protocol P {\n  /// F.\n  func f(_ x: Int, to y: Int)\n}\n/// A.\npublic struct A: P, CustomStringConvertible {\n"
                "  public func f(_ z: Int, to w: Int) {}\n  public func f(_ z: Int) {}\n  public var description: String { \"\" }\n}")
        self.assertEqual(self.missing(text), [9])

    def test_a_protocol_without_members_passes_on_what_its_own_protocols_ask_for(self):
        text = ("/// P.\npublic protocol P {\n  /// F.\n  var f: Int { get }\n}\n/// Q.\npublic protocol Q: P {}\n/// A.\npublic struct A: Q {\n"
                "  public var f: Int { 1 }\n  public var g: Int { 1 }\n}")
        self.assertEqual(self.missing(text), [11])

    def test_faults_are_told_with_file_and_line_in_the_order_of_the_files(self):
        text = "public func f() {}\n/// G.\n/// - Parameter x: m.\npublic func g(x: Int, y: Int) {}\npublic var h = 1"
        faults = rooms.documentation_faults({"R": files(File=text)})
        self.assertEqual([fault.split(": ")[0] for fault in faults], ["/room/File.swift:1", "/room/File.swift:4", "/room/File.swift:5"])
        self.assertIn("found no sentence for the public declaration 'public func f() {}'", faults[0])
        self.assertIn("parameters without a line: y", faults[1])
        self.assertEqual(rooms.documentation_faults({"R": files(File="/// F.\npublic func f() {}")}), [])

    def test_the_check_fails_where_a_declaration_has_no_sentence(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "Sources/Base").mkdir(parents=True)
            (root / "Package.swift").write_text('let rooms = [room("Base")]')
            (root / "Sources/README.md").write_text("| `Base` | b | – |\n")
            source = root / "Sources/Base/File.swift"
            with mock.patch.object(rooms, "ROOT", root), mock.patch.object(rooms, "EXCEPTIONS", root / "circles.txt"):
                (root / "circles.txt").write_text("")
                for text, code in ("/// A.\npublic struct A {}", 0), ("public struct A {}", 1):
                    source.write_text(text)
                    output = io.StringIO()
                    with contextlib.redirect_stdout(output):
                        self.assertEqual(rooms.check(False), code)
                    self.assertIn("Sources/Base/File.swift:1: " if code else "every public declaration is documented", output.getvalue())

    def test_a_list_of_parameters_is_no_sentence(self):
        self.assertEqual(self.missing("/// - Parameter x: m.\npublic func f(x: Double) {}\n/// F.\n///\n/// - Parameter x: m.\npublic func g(x: Double) {}"), [2])

    def test_a_list_of_parameters_is_empty_or_complete(self):
        text = ("/// F.\n/// - Parameter x: m.\npublic func f(x: Double, of y: [Int], _ z: (A) -> B) {}\n/// G.\n///\n/// - Parameters:\n///   - y: 1.\n"
                "///   - w: 2.\npublic func g<T>(x y: T,\n  w: Int) {}\n/// H.\n/// - Parameter of: m.\npublic func h(of x: Int) {}")
        faults = documentation.undocumented({"R": files(File=text)})["R"][1]
        self.assertEqual([(line, fault) for _, line, fault in faults], [
            (3, "parameters without a line: y, z"), (13, "parameters without a line: x; no such parameters: of")])

    def test_a_default_that_is_a_range_ends_no_list(self):
        text = ("/// F.\n///\n/// - Parameters:\n///   - x: 1.\n///   - y: 2.\n"
                "public func f(x: Range<Int> = 0..<0, y: [Range<Int>] = [1..<2]) {}")
        self.assertEqual(documentation.undocumented({"R": files(File=text)})["R"][1], [])

    def test_attributes_may_stand_between(self):
        self.assertEqual(self.missing("/// F.\n@inlinable\npublic func f() {}\n@inlinable public func g() {}"), [4])


if __name__ == "__main__":
    unittest.main()
