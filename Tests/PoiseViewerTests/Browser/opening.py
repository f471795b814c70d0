"""Measures how pages of the viewer open: opening.py [--times N] PAGE.html [PAGE.html …]

Opens each page N times (7 unless told), several pages in turns, each time in a browser that has never seen it, and prints for
each page its bytes and, as median and range:

    load event      seconds from the start of the navigation, as the page's own clock has it
    first picture   seconds until the browser presented a picture in which the robot stands, as the compositor's clock has it
    processor       seconds of processor time that all processes of the browser took up to then

The first picture is told without the page's help: the browser casts its screen, and the pixels that count are those which
change when the robot is taken out of the scene, once all has settled. Processor time says more than the clock on a machine that
has other work; the load average stands beside.
"""

import argparse
import base64
import os
import statistics
import struct
import sys
import time
import zlib

from browser import Browser

WIDTH, HEIGHT = 1280, 800
# Casting a small picture costs the browser little.
CAST_WIDTH, CAST_HEIGHT = 320, 200
# Two frames, and an answer that has to wait for all drawing.
FINISH = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const gl = poise.stage.renderer.getContext();
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  done();
})))"""
TICKS = os.sysconf("SC_CLK_TCK")


def pixels(png):
    """Rows of RGB(A) bytes of an 8-bit PNG without interlacing, and the bytes of a pixel."""
    width, height, depth, color, _, _, interlacing = struct.unpack(">IIBBBBB", png[16:29])
    assert depth == 8 and color in (2, 6) and interlacing == 0, "a PNG that Chromium does not write"
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at:at + 4])
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += 12 + length
    data, size = zlib.decompress(data), 3 if color == 2 else 4
    stride = width * size
    above, rows = bytearray(stride), []
    for y in range(height):
        start = y * (stride + 1)
        kind, row = data[start], bytearray(data[start + 1:start + 1 + stride])
        for i in range(stride):
            left = row[i - size] if i >= size else 0
            if kind == 1:
                row[i] = (row[i] + left) & 255
            elif kind == 2:
                row[i] = (row[i] + above[i]) & 255
            elif kind == 3:
                row[i] = (row[i] + (left + above[i]) // 2) & 255
            elif kind == 4:
                corner = above[i - size] if i >= size else 0
                guess = left + above[i] - corner
                a, b, c = abs(guess - left), abs(guess - above[i]), abs(guess - corner)
                row[i] = (row[i] + (left if a <= b and a <= c else above[i] if b <= c else corner)) & 255
        rows.append(row)
        above = row
    return rows, size


def differing(one, other, among=None, least=40):
    """Places (x, y), of those given or of all, whose colours differ by `least` of 765 or more."""
    (rows, size), (others, size2) = one, other
    places = among or [(x, y) for y in range(len(rows)) for x in range(len(rows[0]) // size)]
    return [
        (x, y) for x, y in places
        if sum(abs(rows[y][size * x + k] - others[y][size2 * x + k]) for k in range(3)) >= least
    ]


def processor_seconds(root):
    """Processor time of a process and all that it started."""
    parents, times = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(name)] = int(fields[1])
        times[int(name)] = (int(fields[11]) + int(fields[12])) / TICKS
    total, family = 0.0, {root}
    while family:
        total += sum(times.get(process, 0) for process in family)
        family = {process for process, parent in parents.items() if parent in family}
    return total


def measure(path):
    """Load event, first picture and processor time of one opening, s."""
    casts = []
    with Browser(WIDTH, HEIGHT) as page:
        # The browser itself is up and at rest.
        time.sleep(1.5)
        hear = page.note

        def note(method, what):
            hear(method, what)
            if method == "Page.screencastFrame":
                casts.append((what["metadata"]["timestamp"], what["data"], processor_seconds(page.process.pid)))
                page.send("Page.screencastFrameAck", sessionId=what["sessionId"])

        def settled():
            """The picture that is there once the page has drawn all that it was asked for, and that stays for two seconds."""
            page.evaluate(FINISH)
            count, since = len(casts), time.monotonic()
            while time.monotonic() < since + 2 or not casts:
                page.evaluate("0")
                if len(casts) > count:
                    count, since = len(casts), time.monotonic()
                time.sleep(0.02)
            return casts[-1][1]

        def show(robot):
            page.evaluate(f"poise.stage.bodies.forEach((body) => {{ body.visible = {robot}; }}); poise.stage.needsDrawing = true")

        page.note = note
        page.call("Page.startScreencast", format="png", maxWidth=CAST_WIDTH, maxHeight=CAST_HEIGHT, everyNthFrame=1)
        before = processor_seconds(page.process.pid)
        page.open(f"file://{os.path.abspath(path)}#paused")
        settled()
        shown = len(casts)
        origin, load = page.evaluate(
            "[performance.timeOrigin, performance.getEntriesByType('navigation')[0].loadEventEnd]")
        show(robot="false")
        empty = settled()
        show(robot="true")
        final = settled()
    decoded = lambda text: pixels(base64.b64decode(text))
    final = decoded(final)
    robot = differing(final, decoded(empty))
    assert len(robot) > 100, f"{path}: the robot covers {len(robot)} pixels"
    for timestamp, data, processor in casts[:shown]:
        picture = decoded(data)
        # A cast of the blank page that was there before may be of another size.
        if len(picture[0]) == len(final[0]) and len(differing(picture, final, robot)) < 0.1 * len(robot):
            return load / 1000, timestamp - origin / 1000, processor - before
    raise RuntimeError(f"{path}: no picture with the robot")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=7, help="openings of each page")
    parser.add_argument("pages", nargs="+", metavar="PAGE.html")
    options = parser.parse_args()
    taken = {page: [] for page in options.pages}
    for _ in range(options.times):
        for page in options.pages:
            taken[page].append(measure(page))
            print(f"{page}: %.2f s, %.2f s, processor %.2f s" % taken[page][-1], file=sys.stderr, flush=True)
    print(f"{options.times} openings, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for page, results in taken.items():
        print(f"{page}: {os.path.getsize(page):,} bytes")
        for name, values in zip(("load event", "first picture", "processor"), zip(*results)):
            print(f"  {name:14} {statistics.median(values):6.2f} s  ({min(values):.2f} … {max(values):.2f})")


if __name__ == "__main__":
    main()
