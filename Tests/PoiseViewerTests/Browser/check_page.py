"""Drives the viewer's page in a real browser and checks what it shows and does.

    check_page.py recorded FILE.html FILE.csv     a page of the humanoid, and the trajectory of the same episode
    check_page.py live http://127.0.0.1:PORT/     the page of a live server of the humanoid
    check_page.py ends http://127.0.0.1:PORT/     the page of a live server whose episodes are short

Prints what was checked; ends with status 1 at the first thing that is not so, and with 77 where there is no browser.
"""

import csv
import math
import sys
import time

from browser import Browser, find_chromium


def check(claim, holds, detail=""):
    print(("ok    " if holds else "FAILS ") + claim + (f" ({detail})" if detail != "" else ""), flush=True)
    if not holds:
        sys.exit(1)


def rotation(matrix):
    """Rows of the rotation in a column-major 4 × 4 matrix."""
    return [[matrix[4 * column + row] for column in range(3)] for row in range(3)]


def angle_between(a, b):
    """Angle of the rotation from one frame to another, rad."""
    trace = sum(a[i][j] * b[i][j] for i in range(3) for j in range(3))
    return math.acos(max(-1, min(1, (trace - 1) / 2)))


def from_quaternion(w, x, y, z):
    return [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]


def check_poses(page, rows):
    """The torso where the CSV has it; knees and elbows, single hinges, bent as the CSV says."""
    farthest = turned = bent = 0
    for row in rows[:: max(1, len(rows) // 25)]:
        page.evaluate(f"poise.player.seek({row['time_s']})")
        drawn = page.evaluate("poise.stage.transforms()")
        torso = drawn["torso"]
        farthest = max(farthest, max(abs(torso[12 + i] - float(row[f"torso_{axis}_m"])) for i, axis in enumerate("xyz")))
        quaternion = [float(row[f"torso_q{axis}"]) for axis in "wxyz"]
        turned = max(turned, angle_between(rotation(torso), from_quaternion(*quaternion)))
        for side in ("left", "right"):
            for joint, upper, lower in (("knee", "thigh", "shin"), ("elbow", "upper_arm", "lower_arm")):
                angle = angle_between(rotation(drawn[f"{side}_{upper}"]), rotation(drawn[f"{side}_{lower}"]))
                bent = max(bent, abs(angle - abs(float(row[f"{side}_{joint}_rad"]))))
    check("the torso is drawn where the CSV has it", farthest < 5e-4, f"{farthest:.1e} m at most")
    check("and turned as the CSV has it", turned < 2e-3, f"{turned:.1e} rad at most")
    # ODE's hinges give way a little, so the two bodies are not turned by the joint's angle alone.
    check("knees and elbows are bent as the CSV says", bent < 2e-2, f"{bent:.1e} rad at most")


def check_nothing_leaves(page, allowed):
    strangers = [url for url in page.requests if not url.startswith(allowed)]
    check("no request leaves the machine, or goes anywhere else", not strangers, strangers or f"{len(page.requests)} requests")
    check("no error in the console", not page.console, page.console)


def moves(page, expression, seconds=30.0):
    """Whether a number changes; software draws slowly on a machine that has other things to do, so there is time."""
    before = page.evaluate(expression)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if page.evaluate(expression) != before:
            return True
        time.sleep(0.05)
    return False


def rests(page, expression, seconds=0.5):
    """Whether a number stays what it is."""
    return not moves(page, expression, seconds)


def check_following(page):
    """The camera goes with the robot where that is wanted, and stays where it is not."""
    farthest = (
        "(() => { const e = poise.player.episode, x = e.columns[poise.recording.layout.poses + 7 * poise.recording.follows];"
        " let best = 0; for (let row = 0; row < e.count; row++) if (Math.abs(x[row] - x[0]) > Math.abs(x[best] - x[0])) best = row;"
        " return [e.columns[0][best], x[best] - x[0]]; })()")
    at, distance = page.evaluate(farthest)
    for follows in (True, False):
        if page.evaluate("poise.stage.isFollowing") != follows:
            page.key("f")
        page.key("Home")
        before = page.evaluate("poise.stage.orbit.target.x")
        page.evaluate(f"poise.player.seek({at})")
        moved = page.evaluate("poise.stage.orbit.target.x") - before
        what = "the camera goes with the robot" if follows else "and stays when told to"
        check(what, abs(moved - (distance if follows else 0)) < 1e-3, f"{moved:.3f} of {distance:.3f} m")


def seek_contact(page):
    """Goes to a moment at which the ground carries the robot."""
    page.evaluate(
        "(() => { const e = poise.player.episode, all = poise.recording.layout.contacts, least = 0.2 * poise.recording.weight;"
        " const row = [...Array(e.count).keys()].find((row) => row > 5 && all.some(({ column }) => e.value(column + 2, row) > least));"
        " poise.player.seek(e.columns[0][row]); })()")


def check_arrows(page):
    """Pushes and contact forces are drawn while they act."""
    if not page.evaluate("poise.stage.shows('forces')"):
        page.key("c")
    rows = page.evaluate(
        "(() => { const e = poise.player.episode, p = poise.recording.layout.push;"
        " const pushed = (row) => Math.hypot(e.columns[p][row], e.columns[p + 1][row]) > 1;"
        " const all = [...e.columns[0].keys()].filter((row) => row > 0 && row < e.count);"
        " return [all.find(pushed), all.find((row) => !pushed(row))].map((row) => row === undefined ? null : e.columns[0][row]); })()")
    for time_s, what in zip(rows, (True, False)):
        if time_s is None:
            continue
        page.evaluate(f"poise.player.seek({time_s})")
        check(f"an arrow shows {'a push' if what else 'no push where there is none'}", page.evaluate("poise.stage.push.visible") == what)
    seek_contact(page)
    shown = "poise.stage.contacts.filter((arrow) => arrow.visible).length"
    check("arrows show what carries the robot", page.evaluate(shown) > 0)
    page.key("c")
    check("and go when not wanted", page.evaluate(shown) == 0)


def check_layers(page):
    """Contact points, joint axes, frames and the centre of mass are drawn when asked for, and where they are."""
    seek_contact(page)
    for key, layer in (("v", "points"), ("j", "joints"), ("e", "frames"), ("m", "mass")):
        page.key(key)
        check(f"{key.upper()} shows {layer}", page.evaluate(
            f"poise.stage.shows('{layer}') && poise.stage.layers.groups.{layer}.visible"
            f" && poise.stage.layers.groups.{layer}.children.some((part) => part.visible)"))
    lowest = page.evaluate(
        "Math.min(...poise.stage.layers.groups.points.children.filter((ball) => ball.visible).map((ball) => Math.abs(ball.position.z)))")
    check("a point of contact is on the ground", lowest < 0.02, f"{lowest:.1e} m")
    # A knee is a single hinge: both of its bodies agree on where it is and which way it points.
    apart, turned = page.evaluate(
        "(() => { const { bodies } = poise.recording, s = poise.stage; const at = bodies.findIndex((b) => b.name === 'left_shin');"
        " const all = bodies.flatMap((b, body) => b.joints.map((joint) => ({ body, joint })));"
        " const knee = all.findIndex(({ body }) => body === at); const mark = s.layers.groups.joints.children[knee];"
        " const thigh = s.bodies[bodies.findIndex((b) => b.name === 'left_thigh')];"
        " const along = new THREE.Vector3(0, 0, 1).applyQuaternion(mark.quaternion);"
        " const middle = mark.position.clone().addScaledVector(along, 0.12 * s.radius);"
        " const inThigh = along.clone().applyQuaternion(thigh.quaternion.clone().conjugate());"
        " return [middle.distanceTo(s.bodies[at].localToWorld(new THREE.Vector3(...all[knee].joint.anchor))),"
        " Math.abs(Math.abs(inThigh.y) - 1)]; })()")
    check("the axis of the knee goes through the knee, across the thigh", apart < 1e-3 and turned < 1e-3, f"{apart:.1e} m, {turned:.1e}")
    for key in "vjem":
        page.key(key)
    check("and all go when not wanted", page.evaluate("Object.values(poise.stage.layers.groups).every((group) => !group.visible)"))


def check_outer_axes(page, rows):
    """The first of three hinges of a hip is fixed to the pelvis, whatever the other two do."""
    page.key("j")
    farthest = 0
    for row in rows[:: max(1, len(rows) // 10)]:
        page.evaluate(f"poise.player.seek({row['time_s']})")
        farthest = max(farthest, page.evaluate(
            "(() => { const { bodies } = poise.recording, s = poise.stage;"
            " const all = bodies.flatMap((b, body) => b.joints.map((joint) => ({ body, joint })));"
            " const i = all.findIndex(({ body }) => bodies[body].name === 'left_thigh'); const { joint } = all[i];"
            " const along = new THREE.Vector3(0, 0, 1).applyQuaternion(s.layers.groups.joints.children[i].quaternion);"
            " const pelvis = s.bodies[bodies.findIndex((b) => b.name === 'pelvis')];"
            " return along.applyQuaternion(pelvis.quaternion.clone().conjugate()).angleTo(new THREE.Vector3(...joint.axis)); })()"))
    page.key("j")
    # As with the knees, ODE's joints give way a little.
    check("outer axes of a hip stay with the pelvis", farthest < 2e-2, f"{farthest:.1e} rad at most")


def check_legend(page):
    """Which of sixteen curves is which: one alone, a side, a search, and nothing on hover for what is hidden."""
    plot = "poise.plots.find((plot) => plot.group.title === 'Joint angles')"
    shown = f"{plot}.legend.shown.map((i) => {plot}.legend.lines[i].name)"
    styles = page.evaluate(f"{plot}.legend.lines.map((line) => line.color + line.dash)")
    check("no two of sixteen curves look alike", len(styles) == 16 and len(set(styles)) == 16)
    check("the total reward is shown", page.evaluate("poise.plots[0].legend.shown.length === 1 && poise.plots[0].group.lines[0].name === 'total'"))
    page.evaluate(f"{plot}.legend.lines[5].chip.querySelector('.only').click()")
    check("'only' shows one", page.evaluate(shown) == [page.evaluate(f"{plot}.legend.lines[5].name")])
    page.evaluate(f"{plot}.legend.stress(0)")
    check("a hidden name does nothing on hover", page.evaluate(f"{plot}.legend.highlight") == -1)
    page.evaluate(f"{plot}.legend.stress(5)")
    check("a shown one stands out", page.evaluate(f"{plot}.legend.highlight") == 5)
    press = lambda name: page.evaluate(
        f"[...{plot}.box.querySelectorAll('.tools button')].find((button) => button.textContent === '{name}').click()")
    press("Left")
    names = page.evaluate(shown)
    check("'Left' shows the left side", len(names) == 7 and all(name.startswith("left_") for name in names), names)
    press("All")
    page.evaluate(f"(() => {{ const s = {plot}.box.querySelector('input'); s.value = 'KNEE'; s.dispatchEvent(new Event('input')); }})()")
    check("a search shows what it finds", sorted(page.evaluate(shown)) == ["left_knee", "right_knee"])
    page.evaluate(f"(() => {{ const s = {plot}.box.querySelector('input'); s.value = ''; s.dispatchEvent(new Event('input')); }})()")
    check("and all again without it", len(page.evaluate(shown)) == 16)
    # A curve under the mouse tells its name.
    at = page.evaluate(
        f"(() => {{ const p = {plot}; p.box.scrollIntoView(); p.draw(); const b = p.canvas.getBoundingClientRect(), e = poise.player.episode;"
        " const row = Math.floor(e.count / 2), line = p.legend.lines[5];"
        " return [b.left + p.axes.x(e.value(0, row)), b.top + p.axes.y(e.value(line.column, row))]; })()")
    page.mouse("mouseMoved", *at, buttons=0)
    told = page.evaluate(f"{plot}.tip.hidden ? '' : {plot}.tip.textContent")
    check("the mouse on a curve is told which it is", told != "" and told.split()[0] in page.evaluate(shown), told)
    page.evaluate("scrollTo(0, 0)")


def check_marks(page, rows):
    """Pushes stand on the time line where the CSV has them."""
    pushed = [math.hypot(float(row["push_x_N"]), float(row["push_y_N"])) > 1e-9 for row in rows]
    begun = [float(rows[i - 1]["time_s"]) for i in range(1, len(rows)) if pushed[i] and not pushed[i - 1]]
    marks = page.evaluate("[...document.querySelectorAll('#marks i')].map((mark) => parseFloat(mark.style.left))")
    end = float(rows[-1]["time_s"])
    fits = len(marks) == len(begun) and all(abs(mark - 100 * time_s / end) < 0.1 for mark, time_s in zip(marks, begun))
    check("the time line marks the pushes", fits, f"{len(marks)} marks, {len(begun)} pushes")


def overlaps(page, selectors):
    """Pairs of elements that cover each other."""
    boxes = {s: page.box(s) for s in selectors if page.evaluate(f"document.querySelector('{s}').offsetWidth > 0")}
    names = list(boxes)
    return [
        (a, b) for i, a in enumerate(names) for b in names[i + 1:]
        if boxes[a][0] < boxes[b][0] + boxes[b][2] and boxes[b][0] < boxes[a][0] + boxes[a][2]
        and boxes[a][1] < boxes[b][1] + boxes[b][3] and boxes[b][1] < boxes[a][1] + boxes[a][3]
    ]


def check_episodes(page):
    """Another episode is shown from its start; the end leads to the start where that is wanted."""
    page.key("PageDown")
    check("Page ↓ shows the next episode", page.evaluate("poise.player.index") == 1 and page.evaluate("poise.player.time") == 0)
    page.evaluate("(() => { const e = document.getElementById('episode'); e.value = '0'; e.dispatchEvent(new Event('change')); })()")
    check("and the list the first again", page.evaluate("poise.player.index") == 0)
    for loops in (True, False):
        if page.evaluate("poise.player.isLooping") != loops:
            page.key("o")
        page.evaluate("poise.player.seek(poise.player.episode.end - 0.2)")
        page.key(" ")
        if loops:
            page.until("poise.player.time < poise.player.episode.end - 0.3")
            check("the end leads to the start", page.evaluate("poise.player.isPlaying"))
            page.key(" ")
        else:
            page.until("!poise.player.isPlaying")
            check("or ends it, where it is not to loop", page.evaluate("poise.player.time === poise.player.episode.end"))


def check_recorded(file, trajectory):
    with open(trajectory, newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["episode"] == "0"]
    address = f"file://{file}"
    with Browser(800, 600) as page:
        page.open(address)
        page.until("poise.player.isPlaying")
        check("it plays by itself", moves(page, "poise.player.time"))
        page.key(" ")
        check("Space stops it", not page.evaluate("poise.player.isPlaying") and rests(page, "poise.player.time"))
        page.key("Home")
        check("Home goes to the start", page.evaluate("poise.player.time") == 0)
        page.key("ArrowRight")
        step = float(rows[1]["time_s"])
        check("→ is one control step", abs(page.evaluate("poise.player.time") - step) < 1e-6)
        page.key("ArrowRight", shift=True)
        check("Shift → is a second", abs(page.evaluate("poise.player.time") - 1 - step) < 1e-5)
        page.key("ArrowLeft")
        check("← is one back", abs(page.evaluate("poise.player.time") - 1) < 1e-5)
        page.key("End")
        end = float(rows[-1]["time_s"])
        check("End goes to the end", abs(page.evaluate("poise.player.time") - end) < 1e-4)
        check("the readout is the CSV's", f"{float(rows[-1]['reward']):.3f}" in
              page.evaluate("document.getElementById('readout').textContent").replace("\u2212", "-"))

        left, top, width, height = page.box("#scrub")
        page.drag((left + 8, top + height / 2), (left + width / 2, top + height / 2))
        check("the slider scrubs", abs(page.evaluate("poise.player.time") / end - 0.5) < 0.05)
        left, top, width, height = page.box(".plot .field")
        page.click(left + 44 + (width - 52) * 0.25, top + height / 2)
        check("a click on a plot goes there", abs(page.evaluate("poise.player.time") / end - 0.25) < 0.02)
        cursors = page.evaluate(
            "[...document.querySelectorAll('.plot')].map(p => p.querySelector('.cursor').getBoundingClientRect().left"
            " - p.querySelector('.field').getBoundingClientRect().left)")
        check("and every plot's cursor is there", len(cursors) >= 4 and max(
            abs((x - 44) / (width - 52) - 0.25) for x in cursors) < 0.02)

        check_poses(page, rows)
        check_marks(page, rows)

        view = "poise.stage.orbit.azimuth"
        before = page.evaluate(view)
        left, top, width, height = page.box("#scene")
        page.drag((left + width * 0.2, top + height * 0.6), (left + width * 0.3, top + height * 0.6))
        check("a drag turns the view", page.evaluate(view) != before)
        before = page.evaluate("poise.stage.orbit.distance")
        page.call("Input.dispatchMouseEvent", type="mouseWheel", x=left + 200, y=top + 200, deltaX=0, deltaY=-300)
        page.until(f"poise.stage.orbit.distance < {before}")
        check("the wheel comes closer", True)
        for key, what in (("f", "stage.isFollowing"), ("c", "stage.shows('forces')"), ("o", "player.isLooping")):
            before = page.evaluate(f"poise.{what}")
            page.key(key)
            check(f"{key.upper()} switches {what}", page.evaluate(f"poise.{what}") != before)
        page.key("?")
        check("? shows the keys", page.evaluate("!document.getElementById('keys').hidden"))
        check("and three.js's licence", "Permission is hereby granted" in page.evaluate("document.querySelector('#keys pre').textContent"))
        page.key("Escape", "Escape")
        check_following(page)
        check_arrows(page)
        check_layers(page)
        check_outer_axes(page, rows)
        check_legend(page)
        check_episodes(page)
        theme = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.key("d")
        check("D changes to dark", page.evaluate("getComputedStyle(document.body).backgroundColor") != theme)
        page.key("ArrowUp")
        check("↑ is faster", page.evaluate("poise.player.speed") == 2)
        check_nothing_leaves(page, address)
    with Browser(390, 844, scale=2, touch=True, dark=True) as phone:
        phone.open(address + "#paused")
        overflow = phone.evaluate("document.documentElement.scrollWidth - innerWidth")
        check("it fits a phone", overflow <= 0, f"{overflow} px beyond")
        parts = ["#head", "#follow", "#show", "#home", "#theme", "#help", "#play", "#back", "#forward", "#timeline", "#clock", "#speed", "#loop", "#episode", "#plots"]
        check("and nothing covers anything there", not overlaps(phone, parts), overlaps(phone, parts))
        before = phone.evaluate(view)
        phone.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": 100, "y": 200}])
        phone.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": 160, "y": 210}])
        phone.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        check("a finger turns the view", phone.evaluate(view) != before)
        left, top, width, height = phone.box("#play")
        phone.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": left + width / 2, "y": top + height / 2}])
        phone.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        phone.until("poise.player.isPlaying")
        check("a finger plays", True)
        check_nothing_leaves(phone, address)


def check_live(address):
    socket = address.replace("http:", "ws:")
    with Browser(800, 600) as page:
        page.open(address)
        page.until("poise.player.episode.count > 10", 30)
        check("rows arrive", moves(page, "poise.player.episode.count"))
        page.until("poise.player.time > 0 && poise.player.episode.end - poise.player.time < 1")
        check("and the newest is shown", page.evaluate("poise.player.isAtEdge"))

        # The middle of the torso on the screen, and a pull on it.
        middle = (
            "(() => { const s = poise.stage; s.draw(); const b = s.element.getBoundingClientRect();"
            " const p = s.bodies[poise.recording.follows].position.clone().project(s.orbit.camera);"
            " return [b.left + (p.x + 1) / 2 * b.width, b.top + (1 - p.y) / 2 * b.height]; })()")
        where = page.evaluate(middle)
        azimuth = page.evaluate("poise.stage.orbit.azimuth")
        page.mouse("mousePressed", *where)
        check("a press on the robot takes hold of it", page.evaluate("poise.hand.isHolding"))
        for k in range(20):
            page.mouse("mouseMoved", where[0] + 8 * k, where[1])
            time.sleep(0.03)
        check("an arrow shows the pull", page.evaluate("poise.stage.hand.visible"))
        check("the view stays", page.evaluate("poise.stage.orbit.azimuth") == azimuth)
        page.mouse("mouseReleased", where[0] + 160, where[1], buttons=0)
        check("and lets go", page.evaluate("!poise.hand.isHolding && !poise.stage.hand.visible"))

        page.evaluate("poise.stage.goHome()")
        # The robot moves on while the mouse is on its way, so that a press may miss it.
        for _ in range(20):
            where = page.evaluate(middle)
            page.mouse("mousePressed", *where)
            if page.evaluate("poise.hand.isHolding"):
                break
            page.mouse("mouseReleased", *where, buttons=0)
        page.evaluate("poise.live.start(41)")
        page.until("poise.player.episode.about.title === 'seed 41'")
        page.mouse("mouseMoved", where[0] + 80, where[1])
        check("the mouse lets go when the robot restarts", page.evaluate("!poise.hand.isHolding && !poise.stage.hand.visible"))
        page.mouse("mouseReleased", *where, buttons=0)

        page.evaluate("document.getElementById('seed').value = '77'; document.getElementById('fresh').click()")
        page.until("poise.player.episode.about.title === 'seed 77'")
        check("a chosen seed starts", True)
        lean = "Math.max(...poise.player.episode.columns[poise.recording.layout.push].slice(0, poise.player.episode.count).map(Math.abs))"
        page.key("p")
        page.until(f"{lean} > 1")
        check("P pushes the robot", True)
        page.key(" ")
        page.until("!poise.player.isSimulating")
        check("Space stops the simulation", rests(page, "poise.player.episode.count"))
        count = page.evaluate("poise.player.episode.count")
        page.key("ArrowRight")
        page.until(f"poise.player.episode.count === {count + 1}")
        check("→ takes one control step", True)
        check_sliders(page)
        page.key("Home")
        check("the past can be looked at", page.evaluate("!poise.player.isAtEdge && poise.player.time === 0"))
        page.evaluate("document.getElementById('edge').click()")
        page.key(" ")
        page.until(f"poise.player.episode.count > {count + 5}")
        check("and then the present again", page.evaluate("poise.player.isAtEdge"))
        check_nothing_leaves(page, (address, socket))


def check_sliders(page):
    """While paused, a slider puts its joint where it stands, in place of the last row."""
    page.key("a")
    count = page.evaluate("poise.player.episode.count")
    name, joint = page.evaluate("(() => { const a = poise.recording.layout.actuators.find((a) => a.name === 'left_elbow'); return [a.name, a.joint]; })()")
    page.evaluate(
        f"(() => {{ const i = poise.recording.layout.actuators.findIndex((a) => a.name === '{name}'), s = document.querySelectorAll('.slider input')[i];"
        " s.value = '1.2'; s.dispatchEvent(new Event('input')); })()")
    page.until(f"Math.abs(poise.player.episode.value(poise.recording.layout.joints + {joint}, poise.player.episode.count - 1) - 1.2) < 1e-4")
    check("a slider moves its joint while paused", page.evaluate("poise.player.episode.count") == count)
    page.until("document.querySelectorAll('.slider.is-held').length === 1")
    page.evaluate("document.getElementById('free').click()")
    page.until("document.querySelectorAll('.slider.is-held').length === 0")
    check("and 'Free all' gives it back", True)


def check_ends(address):
    """An episode that ends says so, and the next one comes; whoever looks at an earlier moment stays there."""
    with Browser(800, 600) as page:
        page.open(address)
        page.until("!document.getElementById('over').hidden", 60)
        text = page.evaluate("document.getElementById('over').textContent")
        check("the end of an episode is told", text.startswith("Episode over: ") and "Next: seed" in text, text)
        seed = page.evaluate("poise.player.episode.about.seed")
        page.until(f"poise.player.episode.about.seed === {seed} + 1", 60)
        check("and the next one comes", page.evaluate("document.getElementById('over').hidden"))
        page.until("poise.player.episode.end > 0.5", 60)
        page.evaluate("poise.player.seek(0.2)")
        page.until(f"poise.live.episode.about.seed > {seed} + 1", 60)
        check("an earlier moment stays in view", page.evaluate("poise.player.episode.about.seed") == seed + 1)
        page.evaluate("document.getElementById('edge').click()")
        check("until the present is asked for", page.evaluate("poise.player.episode.about.seed") > seed + 1)
        check_nothing_leaves(page, (address, address.replace("http:", "ws:")))
    with Browser(390, 844, scale=2, touch=True) as phone:
        phone.open(address)
        phone.until("poise.player.episode.count > 5", 60)
        overflow = phone.evaluate("document.documentElement.scrollWidth - innerWidth")
        parts = ["#head", "#follow", "#show", "#home", "#theme", "#help", "#live", "#play", "#timeline", "#clock", "#speed", "#plots"]
        check("a live page fits a phone", overflow <= 0 and not overlaps(phone, parts), overlaps(phone, parts))


if __name__ == "__main__":
    if find_chromium() is None:
        print("no Chromium here")
        sys.exit(77)
    {"recorded": check_recorded, "live": check_live, "ends": check_ends}[sys.argv[1]](*sys.argv[2:])
