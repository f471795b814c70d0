"use strict";
// Puts the page together.

function fail(text) {
  const note = document.getElementById("failure");
  note.textContent = text;
  note.hidden = false;
}

function start() {
  const recording = new Recording(JSON.parse(document.getElementById("recording").textContent));
  document.title = `${recording.title} – Poise`;
  document.getElementById("title").textContent = recording.title;
  document.getElementById("subtitle").textContent = recording.subtitle;
  // All boxes come first, since they leave the stage its place.
  document.getElementById("live").hidden = !recording.isLive;
  let player = null;
  const panel = document.getElementById("plots");
  const plots = recording.layout.plots.map((group) => new Plot(group, panel, (time) => player.seek(time)));
  let stage;
  try {
    stage = new Stage(recording, document.getElementById("scene"));
  } catch (error) {
    fail(`This browser shows no 3-D graphics: ${error.message} The page needs WebGL: see the browser's settings, or take another browser.`);
    throw error;
  }
  const live = recording.isLive ? new LiveLink(recording, stage) : null;
  player = new Player(recording, stage, plots, live);
  window.poise = { recording, stage, player, plots, live, isDrawn: false };

  if (recording.isLive) {
    live.begin(player);
    player.dress();
    player.mark();
  } else {
    stage.frame(player.episode);
    player.dress();
    player.open(player.episode);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches || location.hash === "#paused";
    if (!isCalm) player.toggle();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => player.dress());
  new ResizeObserver(() => player.redraw()).observe(panel);

  let before = performance.now();
  let frames = 0;
  const frame = (now) => {
    // After a tab was hidden, time does not jump.
    player.advance(Math.min(0.1, Math.max(0, now - before) / 1000));
    stage.adapt(player.isRunning, (now - before) / 1000);
    before = now;
    stage.draw();
    // Nobody waits for the curves to see the robot.
    if (frames > 0) {
      for (const plot of [...plots, ...(live?.curves ?? [])]) plot.draw();
      window.poise.isDrawn = true;
    }
    frames += 1;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

start();
