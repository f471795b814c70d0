"""Makes the README's pictures of the viewer: screenshots.py POISE RUN FOLDER

Plays the run, opens its page and its live page in headless Chromium, and writes WebP files. Takes the moment of the
strongest push for the first ones, so that there is something to see.
"""

import os
import subprocess
import sys
import tempfile
import time

from browser import Browser

# The row in the middle of the strongest push, or of the episode where there is none.
strongest = """(() => {
  const { layout, episodes } = poise.recording, e = episodes[0];
  let best = Math.floor(e.count / 2), most = 1;
  for (let row = 0; row < e.count; row++) {
    const push = Math.hypot(...[0, 1, 2].map((k) => e.value(layout.push + k, row) || 0));
    if (push > most) { most = push; best = row + 2; }
  }
  return e.value(layout.time, Math.min(e.count - 1, best));
})()"""


def sharp(page):
    """Waits until the picture, which stands still, is drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def main(poise, run, folder):
    os.makedirs(folder, exist_ok=True)
    picture = lambda name: os.path.join(folder, name)
    with tempfile.TemporaryDirectory() as scratch:
        file = os.path.join(scratch, "page.html")
        subprocess.run([poise, "replay", run, "--html", file], check=True)
        for name, options, closer in (
            ("replay.webp", {"width": 1280, "height": 800}, 0.9),
            ("replay-dark.webp", {"width": 1280, "height": 800, "dark": True}, 0.9),
            ("replay-phone.webp", {"width": 390, "height": 844, "touch": True}, 1),
        ):
            with Browser(**options) as page:
                page.open(f"file://{file}#paused")
                page.evaluate(f"poise.player.seek({strongest})")
                page.evaluate(f"poise.stage.orbit.approach({closer}); poise.player.refresh(true)")
                sharp(page)
                page.screenshot(picture(name), "webp", 78)
    server = subprocess.Popen([poise, "replay", run, "--serve", "0"], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().split()[0]
        with Browser(1280, 800) as page:
            page.open(address)
            page.until("poise.player.episode.count > 60", 60)
            page.evaluate("document.getElementById('hint').hidden = true")
            # A hand on the torso, pulling to the right.
            # The robot moves on while the mouse is on its way, so that a press may miss it.
            for _ in range(20):
                where = page.evaluate(
                    "(() => { const s = poise.stage; s.draw(); const b = s.element.getBoundingClientRect();"
                    " const p = s.bodies[poise.recording.follows].position.clone().project(s.orbit.camera);"
                    " return [b.left + (p.x + 1) / 2 * b.width, b.top + (1 - p.y) / 2 * b.height]; })()")
                page.mouse("mousePressed", *where)
                if page.evaluate("poise.hand.isHolding"):
                    break
                page.mouse("mouseReleased", *where, buttons=0)
                page.evaluate("poise.stage.goHome()")
            for k in range(12):
                page.mouse("mouseMoved", where[0] + 9 * k, where[1] - 2 * k)
                time.sleep(0.03)
            page.evaluate("poise.live.send({ kind: 'pause' })")
            page.until("!poise.player.isSimulating")
            sharp(page)
            page.evaluate("poise.hand.draw(); poise.stage.draw()")
            page.screenshot(picture("live.webp"), "webp", 78)
    finally:
        server.terminate()
        server.wait()
    for name in sorted(os.listdir(folder)):
        print(f"{picture(name)}: {os.path.getsize(picture(name)) // 1000} kB")


main(*sys.argv[1:])
