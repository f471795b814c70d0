"use strict";
// Time: which episode is shown at which moment; playing, stepping, scrubbing, looping.
//
// The player owns its state; others ask it by its methods. A live episode grows at its end, and a remote control, which the live
// connection is, decides whether it does: { pause(), resume(), step(rows), setSpeed(speed) }.

class Player {
  #episode;
  #time = 0;
  #speed = 1;
  #isLooping = true;
  #isPlaying = false;
  // Live: whether the newest moment is shown, whether the simulation runs, and an episode that has begun behind the viewer's back.
  #isAtEdge;
  #isSimulating = true;
  #newest = null;
  #remote;
  #numbersWritten = 0;
  #plotted = 0;

  /** @param remote what steps a live simulation; null for recorded episodes. */
  constructor(recording, stage, plots, remote = null) {
    Object.assign(this, { recording, stage, plots });
    this.#remote = remote;
    this.#isAtEdge = remote !== null;
    this.#episode = recording.episodes[0] ?? new Episode(recording.layout, {}, 2048);
    const get = (id) => document.getElementById(id);
    this.elements = Object.fromEntries(
      ["play", "back", "forward", "scrub", "marks", "clock", "speed", "loop", "episode", "edge", "readout", "ending"].map((id) => [id, get(id)]));
    const e = this.elements;
    recording.episodes.forEach((episode, i) => e.episode.append(new Option(episode.about.title, String(i))));
    e.episode.hidden = recording.episodes.length < 2;
    e.loop.hidden = remote !== null;
    e.play.addEventListener("click", () => this.toggle());
    e.back.addEventListener("click", () => this.step(-1));
    e.forward.addEventListener("click", () => this.step(1));
    e.scrub.addEventListener("input", () => this.seek(Number(e.scrub.value)));
    e.speed.addEventListener("change", () => this.setSpeed(Number(e.speed.value)));
    e.loop.addEventListener("click", () => this.toggleLooping());
    e.edge.addEventListener("click", () => this.goToEdge());
    e.episode.addEventListener("change", () => this.choose(Number(e.episode.value)));
  }

  get episode() { return this.#episode; }
  get time() { return this.#time; }
  get speed() { return this.#speed; }
  get isLooping() { return this.#isLooping; }
  get isPlaying() { return this.#isPlaying; }
  /** Live: whether the newest moment is shown. */
  get isAtEdge() { return this.#isAtEdge; }
  /** Live: whether the simulation runs. */
  get isSimulating() { return this.#remote !== null && this.#isSimulating; }
  /** Whether what is shown moves by itself. */
  get isRunning() { return this.#remote ? this.#isSimulating && this.#isAtEdge : this.#isPlaying; }
  get index() { return this.recording.episodes.indexOf(this.#episode); }

  /** What each key does. */
  get keys() {
    const second = Math.max(1, Math.round(1 / this.recording.timeStep));
    return {
      " ": () => this.toggle(), k: () => this.toggle(),
      ArrowLeft: (event) => this.step(event.shiftKey ? -second : -1), ArrowRight: (event) => this.step(event.shiftKey ? second : 1),
      ",": () => this.step(-1), ".": () => this.step(1),
      Home: () => this.seek(this.#episode.start), End: () => this.seek(this.#episode.end),
      ArrowUp: () => this.#changeSpeed(1), ArrowDown: () => this.#changeSpeed(-1),
      PageUp: () => this.choose(this.index - 1), PageDown: () => this.choose(this.index + 1),
      o: () => this.toggleLooping(),
    };
  }

  // MARK: Episodes

  choose(index) {
    const episode = this.recording.episodes[index];
    if (episode && episode !== this.#episode) this.open(episode);
  }

  /** Shows an episode from its start; the camera stays where the viewer put it. */
  open(episode) {
    this.#episode = episode;
    this.#time = episode.start;
    this.stage.cut();
    this.elements.episode.value = String(this.index);
    this.elements.ending.textContent = episode.about.result ?? "";
    this.#showPlots();
    this.#mark();
    this.refresh(true);
  }

  #showPlots() {
    const episode = this.#episode;
    const to = this.#remote ? Math.max(episode.end, episode.about.seconds ?? 0) : episode.end;
    for (const plot of this.plots) plot.show(episode, episode.start, to);
    Object.assign(this.elements.scrub, { min: episode.start, max: episode.end, step: "any" });
    this.#showMarks();
  }

  /** The pushes on the time line. */
  #showMarks() {
    const { start, end } = this.#episode;
    const span = Math.max(1e-6, end - start);
    this.elements.marks.replaceChildren(...this.#episode.pushes().map((push) => {
      const mark = document.createElement("i");
      mark.title = `Push of ${push.strength.toFixed(0)} N at ${push.from.toFixed(2)} s`;
      mark.style.left = `${(100 * (push.from - start)) / span}%`;
      mark.style.width = `${(100 * (push.to - push.from)) / span}%`;
      return mark;
    }));
  }

  // MARK: A live episode, told by the connection

  /** A new episode has begun. A viewer who looks at an earlier moment stays there until asking for the present. */
  begin(episode) {
    if (this.#isAtEdge || this.#episode.count === 0) {
      this.#isAtEdge = true;
      this.open(episode);
    } else {
      this.#newest = episode;
    }
  }

  /** Rows were added to an episode. */
  grow(episode) {
    if (episode !== this.#episode) return;
    this.elements.scrub.max = String(episode.end);
    const now = performance.now();
    if (now - this.#plotted < 150) return;
    this.#plotted = now;
    this.#showPlots();
    this.refresh(false);
  }

  /** An episode has ended. */
  finish(episode, result) {
    episode.about.result = result;
    if (episode === this.#episode) this.elements.ending.textContent = result;
  }

  /** The simulation was stopped, started, or given another speed, by this page or another. */
  setClock({ isRunning, speed }) {
    this.#isSimulating = isRunning;
    this.#speed = speed;
    this.elements.speed.value = String(speed);
    this.#mark();
  }

  goToEdge() {
    this.#isAtEdge = true;
    if (this.#newest) this.open(this.#newest);
    this.#newest = null;
    this.#mark();
  }

  // MARK: Time

  toggle() {
    if (this.#remote) {
      if (!this.#isAtEdge) this.goToEdge();
      else if (this.#isSimulating) this.#remote.pause();
      else this.#remote.resume();
      return;
    }
    if (!this.#isPlaying && this.#time >= this.#episode.end - 1e-9) this.#time = this.#episode.start;
    this.#isPlaying = !this.#isPlaying;
    this.#mark();
    this.refresh(true);
  }

  toggleLooping() {
    this.#isLooping = !this.#isLooping;
    this.#mark();
  }

  step(rows) {
    this.#isPlaying = false;
    if (this.#remote && this.#isAtEdge && rows > 0) {
      this.#remote.step(rows);
      return;
    }
    const row = Math.min(this.#episode.count - 1, Math.max(0, this.#episode.rowAt(this.#time) + rows));
    this.seek(this.#episode.value(this.recording.layout.time, row));
  }

  seek(time) {
    this.#time = Math.min(this.#episode.end, Math.max(this.#episode.start, time));
    if (this.#remote) this.#isAtEdge = this.#newest === null && this.#time >= this.#episode.end - 1e-6;
    this.#mark();
    this.refresh(true);
  }

  #changeSpeed(direction) {
    const options = [...this.elements.speed.options].map((option) => Number(option.value));
    const at = options.indexOf(this.#speed) + direction;
    if (at >= 0 && at < options.length) this.setSpeed(options[at]);
  }

  setSpeed(speed) {
    this.#speed = speed;
    this.elements.speed.value = String(speed);
    this.#remote?.setSpeed(speed);
  }

  /** Goes on by some seconds of the wall clock. */
  advance(seconds) {
    if (this.#remote) {
      if (this.#isAtEdge && this.#time !== this.#episode.end) {
        this.#time = this.#episode.end;
        this.refresh(false);
      }
      return;
    }
    if (!this.#isPlaying) return;
    this.#time += this.#speed * seconds;
    if (this.#time >= this.#episode.end) {
      if (this.#isLooping) {
        this.#time = this.#episode.start;
        this.stage.cut();
      } else {
        this.#time = this.#episode.end;
        this.#isPlaying = false;
        this.#mark();
      }
    }
    this.refresh(false);
  }

  // MARK: Showing

  /** Shows the present moment everywhere. */
  refresh(isExact) {
    const now = performance.now();
    const writesNumbers = isExact || (!this.#isPlaying && !this.#remote) || now - this.#numbersWritten > 100;
    if (writesNumbers) this.#numbersWritten = now;
    this.stage.show(this.#episode, this.#time);
    for (const plot of this.plots) plot.point(this.#time, writesNumbers);
    this.elements.scrub.value = String(this.#time);
    const span = this.#episode.end - this.#episode.start;
    this.elements.scrub.style.setProperty("--share", String(span > 0 ? (this.#time - this.#episode.start) / span : 0));
    if (writesNumbers) this.#write();
  }

  /** Has everything drawn anew with the next frame, as it must be in other colours or another size. */
  redraw() {
    for (const plot of this.plots) plot.needsDrawing = true;
    this.refresh(true);
  }

  #write() {
    const { layout } = this.recording;
    const episode = this.#episode;
    const row = episode.count > 0 ? episode.rowAt(this.#time) : 0;
    this.elements.clock.textContent = `${this.#time.toFixed(2)} / ${episode.end.toFixed(2)} s`;
    const parts = [];
    const degrees = (column) => `${readable((episode.value(column, row) * 180) / Math.PI)}°`;
    if (layout.roll >= 0) parts.push(`roll ${degrees(layout.roll)}`, `pitch ${degrees(layout.pitch)}`);
    if (layout.reward >= 0) parts.push(`reward ${readable(episode.value(layout.reward, row))}`);
    const choice = layout.choice >= 0 ? episode.value(layout.choice, row) : NaN;
    if (Number.isFinite(choice)) parts.push(`action ${layout.choices[Math.round(choice)]}`);
    const push = episode.pushAt(row);
    if (push > 1e-9) parts.push(`push ${push.toFixed(0)} N`);
    this.elements.readout.textContent = parts.join("   ");
  }

  /** Brings the buttons in line with the state. */
  #mark() {
    const e = this.elements;
    e.play.classList.toggle("is-playing", this.isRunning);
    e.play.setAttribute("aria-label", this.isRunning ? "Pause" : "Play");
    e.loop.setAttribute("aria-pressed", String(this.#isLooping));
    document.body.classList.toggle("is-behind", this.#remote !== null && !this.#isAtEdge);
  }
}
