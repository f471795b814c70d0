"use strict";
// What a live page has beside a recorded one: seeds, the policy, pushes, and a slider for each actuator.

class LiveControls {
  constructor(recording, link, stage) {
    Object.assign(this, { recording, link, stage });
    this.elements = Object.fromEntries(
      ["live", "seed", "fresh", "next", "checkpoint", "shove", "policy", "status", "over", "drive", "sliders", "free"].map((id) => [id, document.getElementById(id)]));
    const e = this.elements;
    e.live.hidden = false;
    e.fresh.addEventListener("click", () => this.start(Number(e.seed.value)));
    e.seed.addEventListener("keydown", (event) => { if (event.key === "Enter") e.fresh.click(); });
    e.next.addEventListener("click", () => this.start(Number(e.seed.value) + 1));
    e.checkpoint.addEventListener("change", () => link.choosePolicy(e.checkpoint.value));
    e.shove.addEventListener("click", () => this.push());
    e.drive.addEventListener("click", () => this.toggleSliders());
    e.drive.hidden = recording.layout.actuators.length === 0;
    this.sliders = recording.layout.actuators.map((actuator, i) => this.slider(actuator, i));
    e.free.addEventListener("click", () => this.sliders.forEach((_, i) => link.drive(i)));
  }

  get keys() {
    return { p: () => this.push(), n: () => this.elements.next.click(), a: () => this.toggleSliders() };
  }

  start(seed) {
    if (Number.isInteger(seed) && seed >= 0 && seed <= Number.MAX_SAFE_INTEGER) this.link.start(seed);
    else this.say("A seed is a whole number from 0 to 9007199254740991.");
  }

  /** A short push away from the viewer. */
  push() {
    const { azimuth } = this.stage.orbit;
    this.link.push([-Math.cos(azimuth), -Math.sin(azimuth)]);
  }

  // MARK: Told by the connection

  begin(episode) {
    this.elements.over.hidden = true;
    if (document.activeElement !== this.elements.seed) this.elements.seed.value = String(episode.about.seed);
  }

  finish({ result, seed }, isRunning) {
    this.elements.over.textContent = `Episode over: ${result}. ` + (isRunning ? `Next: seed ${seed} …` : `Play goes on with seed ${seed}.`);
    this.elements.over.hidden = false;
  }

  state({ checkpoint, policy, driven }) {
    this.elements.checkpoint.value = checkpoint;
    this.elements.policy.textContent = policy;
    this.sliders.forEach((slider, i) => slider.hold(driven.find(({ actuator }) => actuator === i)?.target));
    this.elements.free.disabled = driven.length === 0;
  }

  say(text) {
    this.elements.status.textContent = text;
    this.elements.status.hidden = text === "";
  }

  // MARK: Sliders

  toggleSliders() {
    const box = document.getElementById("driving");
    box.hidden = !box.hidden;
    this.elements.drive.setAttribute("aria-pressed", String(!box.hidden));
    document.body.classList.toggle("is-driving", !box.hidden);
  }

  slider(actuator, index) {
    const isAngle = actuator.unit === "rad";
    const text = (value) => (isAngle ? `${((value * 180) / Math.PI).toFixed(0)}°` : `${value.toFixed(2)} m`).replace("-", "\u2212");
    const row = document.createElement("label");
    row.className = "slider";
    const name = document.createElement("span");
    name.textContent = actuator.name;
    const input = document.createElement("input");
    const [min, max] = actuator.range;
    Object.assign(input, { type: "range", min, max, step: "any", value: 0 });
    input.setAttribute("aria-label", `${actuator.name}: position of the joint`);
    const output = document.createElement("output");
    const free = document.createElement("button");
    Object.assign(free, { type: "button", textContent: "free", title: "Give the joint back to the controller", disabled: true });
    row.append(name, input, output, free);
    this.elements.sliders.append(row);
    let target;
    let late = null;
    const send = () => { late = null; this.link.drive(index, target); };
    input.addEventListener("input", () => {
      target = Number(input.value);
      output.textContent = text(target);
      late ??= setTimeout(send, 30);
    });
    free.addEventListener("click", (event) => { event.preventDefault(); this.link.drive(index); });
    return {
      /** Whether the slider holds the joint, and where. */
      hold(value) {
        if (late) return;
        target = value;
        row.classList.toggle("is-held", value !== undefined);
        free.disabled = value === undefined;
        if (value !== undefined && document.activeElement !== input) this.write(value);
      },
      /** Where the joint is, shown while nobody holds it. */
      show(value) { if (target === undefined && !late) this.write(value); },
      write(value) {
        input.value = String(value);
        output.textContent = text(value);
      },
    };
  }

  /** Moves the sliders that nobody holds with their joints. */
  follow(episode, time) {
    if (document.getElementById("driving").hidden || episode.count === 0) return;
    const row = episode.rowAt(time);
    const { layout } = this.recording;
    this.sliders.forEach((slider, i) => slider.show(episode.value(layout.joints + layout.actuators[i].joint, row)));
  }
}
