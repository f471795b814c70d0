"use strict";
// Puts the page together.

function fail(text) {
  const note = document.getElementById("failure");
  note.textContent = text;
  note.hidden = false;
}

/** Listens to the connection and passes on what it tells. */
function follow(live, { recording, stage, player, view, hand, controls, curves }) {
  let mustFrame = true;
  live.connect({
    begin(episode) {
      hand.letGo();
      controls.begin(episode);
      player.begin(episode);
    },
    grow(episode) {
      if (mustFrame) {
        mustFrame = false;
        stage.frame(episode);
        view.dress();
      }
      player.grow(episode);
    },
    finish(episode, message) {
      player.finish(episode, message.result);
      controls.finish(message, player.isSimulating);
    },
    state(message) {
      player.setClock(message);
      controls.state(message);
    },
    curves(list) {
      const box = document.getElementById("curves");
      box.hidden = list.length === 0;
      list.forEach((curve, i) => {
        curves[i] ??= new CurvePlot(box);
        curves[i].show(curve);
      });
    },
    say: (text) => controls.say(text),
  });
  showHint(recording);
}

function start() {
  const recording = new Recording(JSON.parse(document.getElementById("recording").textContent));
  document.title = `${recording.title} – Poise`;
  document.getElementById("title").textContent = recording.title;
  document.getElementById("subtitle").textContent = recording.subtitle;
  if (recording.undrawn) document.getElementById("undrawn").textContent = `Not drawn: ${recording.undrawn}.`;
  // All boxes come first, since they leave the stage its place.
  document.getElementById("live").hidden = !recording.isLive;
  let player = null;
  const panel = document.getElementById("plots");
  const plots = recording.layout.plots.map((group) => new Plot(group, panel, (time) => player.seek(time)));
  const curves = [];
  let stage;
  try {
    stage = new Stage(recording, document.getElementById("scene"));
  } catch (error) {
    fail(`This browser shows no 3-D graphics: ${error.message} The page needs WebGL: see the browser's settings, or take another browser.`);
    throw error;
  }
  const live = recording.isLive ? new LiveLink(recording) : null;
  player = new Player(recording, stage, plots, live);
  const view = new ViewControls(recording, stage, () => {
    for (const plot of curves) plot.needsDrawing = true;
    player.redraw();
  });
  const controls = live ? new LiveControls(recording, live, stage) : null;
  const hand = live ? new Hand(stage, live, () => player.isAtEdge) : null;
  window.poise = { recording, stage, player, plots, view, live, hand, controls, isDrawn: false };

  const keys = { ...player.keys, ...view.keys, ...controls?.keys };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input:not([type=range], [type=checkbox])")) return;
    // A slider moves by its own arrows; only the time line's are the page's.
    if (event.target.matches("input[type=range]:not(#scrub)") && /^(Arrow|Page|Home|End)/.test(event.key)) return;
    const action = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action(event);
  });

  if (live) {
    view.dress();
    follow(live, { recording, stage, player, view, hand, controls, curves });
  } else {
    stage.frame(player.episode);
    view.mark();
    view.dress();
    player.open(player.episode);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches || location.hash === "#paused";
    if (!isCalm) player.toggle();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.dress());
  new ResizeObserver(() => view.onDress()).observe(panel);

  let before = performance.now();
  let frames = 0;
  const frame = (now) => {
    // After a tab was hidden, time does not jump.
    player.advance(Math.min(0.1, Math.max(0, now - before) / 1000));
    hand?.draw();
    stage.adapt(player.isRunning, (now - before) / 1000);
    before = now;
    stage.draw();
    // Nobody waits for the curves to see the robot.
    if (frames > 0) {
      for (const plot of [...plots, ...curves]) plot.draw();
      controls?.follow(player.episode, player.time);
      window.poise.isDrawn = true;
    }
    frames += 1;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

start();
