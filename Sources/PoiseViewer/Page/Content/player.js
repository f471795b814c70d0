"use strict";
// Time: playing, stepping, scrubbing, looping, the choice of the episode, and the keys for all of it.

class Player {
  constructor(recording, stage, plots, live) {
    Object.assign(this, { recording, stage, plots, live });
    this.episode = recording.episodes[0] ?? new Episode(recording.layout, {}, 2048);
    this.time = 0;
    this.speed = 1;
    this.isLooping = true;
    this.isPlaying = false;
    // Whether the newest moment of a live episode is shown.
    this.isAtEdge = recording.isLive;
    this.numbersWritten = 0;
    this.find();
    this.listen();
  }

  find() {
    const get = (id) => document.getElementById(id);
    this.elements = {
      play: get("play"), back: get("back"), forward: get("forward"), scrub: get("scrub"), clock: get("clock"),
      speed: get("speed"), loop: get("loop"), episode: get("episode"), follow: get("follow"), contacts: get("contacts"),
      home: get("home"), theme: get("theme"), help: get("help"), keys: get("keys"), readout: get("readout"), ending: get("ending"),
    };
    this.recording.episodes.forEach((episode, i) => {
      const option = document.createElement("option");
      option.value = String(i);
      option.textContent = episode.about.title;
      this.elements.episode.append(option);
    });
    this.elements.episode.hidden = this.recording.episodes.length < 2;
    this.elements.contacts.hidden = this.recording.layout.contacts.length === 0;
    this.elements.loop.hidden = this.recording.isLive;
  }

  listen() {
    const e = this.elements;
    e.play.addEventListener("click", () => this.toggle());
    e.back.addEventListener("click", () => this.step(-1));
    e.forward.addEventListener("click", () => this.step(1));
    e.scrub.addEventListener("input", () => this.seek(Number(e.scrub.value)));
    e.speed.addEventListener("change", () => this.setSpeed(Number(e.speed.value)));
    e.loop.addEventListener("click", () => { this.isLooping = !this.isLooping; this.mark(); });
    e.episode.addEventListener("change", () => this.choose(Number(e.episode.value)));
    e.follow.addEventListener("click", () => this.toggleFollowing());
    e.contacts.addEventListener("click", () => this.toggleContacts());
    e.home.addEventListener("click", () => this.goHome());
    e.theme.addEventListener("click", () => this.toggleTheme());
    e.help.addEventListener("click", () => this.toggleHelp());
    e.keys.addEventListener("click", () => this.toggleHelp(false));
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** What each key does; `help` lists the same. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input[type=number], input[type=text]")) return;
    const second = Math.max(1, Math.round(1 / this.recording.timeStep));
    const actions = {
      " ": () => this.toggle(), k: () => this.toggle(),
      ArrowLeft: () => this.step(event.shiftKey ? -second : -1), ArrowRight: () => this.step(event.shiftKey ? second : 1),
      ",": () => this.step(-1), ".": () => this.step(1), j: () => this.step(-second), l: () => this.step(second),
      Home: () => this.seek(this.episode.start), End: () => this.seek(this.episode.end),
      ArrowUp: () => this.changeSpeed(1), ArrowDown: () => this.changeSpeed(-1),
      PageUp: () => this.choose(this.index - 1), PageDown: () => this.choose(this.index + 1),
      o: () => this.elements.loop.click(), f: () => this.toggleFollowing(), c: () => this.toggleContacts(), r: () => this.goHome(),
      d: () => this.toggleTheme(), "?": () => this.toggleHelp(), h: () => this.toggleHelp(), Escape: () => this.toggleHelp(false),
    };
    const action = actions[event.key] ?? actions[event.key.toLowerCase()] ?? this.live?.keyAction(event.key.toLowerCase());
    if (!action) return;
    event.preventDefault();
    action();
  }

  // MARK: Episodes

  get index() {
    return this.recording.episodes.indexOf(this.episode);
  }

  choose(index) {
    const episode = this.recording.episodes[index];
    if (!episode || episode === this.episode) return;
    this.open(episode);
  }

  /** Shows an episode from its start; the camera stays where the viewer put it. */
  open(episode) {
    this.episode = episode;
    this.time = episode.start;
    this.stage.followed = null;
    this.elements.episode.value = String(this.index);
    this.elements.ending.textContent = episode.about.result ?? "";
    this.redrawPlots();
    this.mark();
    this.refresh(true);
  }

  redrawPlots() {
    const e = this.episode;
    const to = this.recording.isLive ? Math.max(e.end, e.about.seconds ?? 0) : e.end;
    for (const plot of this.plots) plot.show(e, e.start, to);
    Object.assign(this.elements.scrub, { min: e.start, max: this.recording.isLive ? e.end : to, step: "any" });
  }

  // MARK: Time

  /** Whether what is shown moves by itself. */
  get isRunning() {
    return this.live ? this.live.isRunning && this.isAtEdge : this.isPlaying;
  }

  toggle() {
    if (this.live && this.isAtEdge) {
      this.live.togglePause();
      return;
    }
    if (this.live) {
      this.isAtEdge = true;
      this.mark();
      return;
    }
    if (!this.isPlaying && this.time >= this.episode.end - 1e-9) this.time = this.episode.start;
    this.isPlaying = !this.isPlaying;
    this.mark();
    this.refresh(true);
  }

  step(rows) {
    this.isPlaying = false;
    if (this.live && this.isAtEdge && rows > 0) {
      this.live.step(rows);
      return;
    }
    const row = Math.min(this.episode.count - 1, Math.max(0, this.episode.rowAt(this.time) + rows));
    this.seek(this.episode.value(this.recording.layout.time, row));
  }

  seek(time) {
    this.time = Math.min(this.episode.end, Math.max(this.episode.start, time));
    if (this.live) this.isAtEdge = this.time >= this.episode.end - 1e-6;
    this.mark();
    this.refresh(true);
  }

  changeSpeed(direction) {
    const options = [...this.elements.speed.options].map((option) => Number(option.value));
    const at = options.indexOf(this.speed) + direction;
    if (at >= 0 && at < options.length) this.setSpeed(options[at]);
  }

  setSpeed(speed) {
    this.speed = speed;
    this.elements.speed.value = String(speed);
    this.live?.setSpeed(speed);
  }

  /** Goes on by some seconds of the wall clock. */
  advance(seconds) {
    if (this.live) {
      if (this.isAtEdge && this.time !== this.episode.end) {
        this.time = this.episode.end;
        this.refresh(false);
      }
      return;
    }
    if (!this.isPlaying) return;
    this.time += this.speed * seconds;
    if (this.time >= this.episode.end) {
      if (this.isLooping) {
        this.time = this.episode.start;
        this.stage.followed = null;
      } else {
        this.time = this.episode.end;
        this.isPlaying = false;
        this.mark();
      }
    }
    this.refresh(false);
  }

  /** Shows the present moment everywhere. */
  refresh(isExact) {
    const now = performance.now();
    const writesNumbers = isExact || !this.isPlaying && !this.live || now - this.numbersWritten > 100;
    if (writesNumbers) this.numbersWritten = now;
    this.stage.show(this.episode, this.time);
    for (const plot of this.plots) plot.point(this.time, writesNumbers);
    this.elements.scrub.value = String(this.time);
    const span = this.episode.end - this.episode.start;
    this.elements.scrub.style.setProperty("--share", String(span > 0 ? (this.time - this.episode.start) / span : 0));
    if (writesNumbers) this.write();
  }

  write() {
    const { layout } = this.recording;
    const row = this.episode.count > 0 ? this.episode.rowAt(this.time) : 0;
    this.elements.clock.textContent = `${this.time.toFixed(2)} / ${this.episode.end.toFixed(2)} s`;
    const parts = [];
    const degrees = (column) => `${readable((this.episode.value(column, row) * 180) / Math.PI)}°`;
    if (layout.roll >= 0) parts.push(`roll ${degrees(layout.roll)}`, `pitch ${degrees(layout.pitch)}`);
    if (layout.reward >= 0) parts.push(`reward ${readable(this.episode.value(layout.reward, row))}`);
    if (layout.push >= 0) {
      const push = Math.hypot(...[0, 1, 2].map((k) => this.episode.value(layout.push + k, row) || 0));
      if (push > 1e-9) parts.push(`push ${push.toFixed(0)} N`);
    }
    this.elements.readout.textContent = this.episode.count > 0 ? parts.map((part) => part.replaceAll(" ", "\u00a0")).join("   ") : "";
  }

  // MARK: Looks

  toggleFollowing() {
    this.stage.isFollowing = !this.stage.isFollowing;
    this.stage.followed = null;
    this.mark();
    this.refresh(true);
  }

  toggleContacts() {
    this.stage.showsContacts = !this.stage.showsContacts;
    this.mark();
    this.refresh(true);
  }

  goHome() {
    this.stage.followed = null;
    this.stage.orbit.goHome();
    this.refresh(true);
  }

  get isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  toggleTheme() {
    document.documentElement.dataset.theme = this.isDark ? "light" : "dark";
    this.dress();
  }

  dress() {
    this.stage.dress(this.isDark);
    this.redraw();
  }

  /** Has everything drawn anew with the next frame, as it must be in other colours or another size. */
  redraw() {
    for (const plot of [...this.plots, ...(this.live?.curves ?? [])]) plot.needsDrawing = true;
    this.refresh(true);
  }

  toggleHelp(isShown = this.elements.keys.hidden) {
    this.elements.keys.hidden = !isShown;
  }

  /** Brings the buttons in line with what is so. */
  mark() {
    const e = this.elements;
    e.play.classList.toggle("is-playing", this.isRunning);
    e.play.setAttribute("aria-label", this.isRunning ? "Pause" : "Play");
    const press = (button, isOn) => button.setAttribute("aria-pressed", String(isOn));
    press(e.loop, this.isLooping);
    press(e.follow, this.stage.isFollowing);
    press(e.contacts, this.stage.showsContacts);
    document.body.classList.toggle("is-behind", Boolean(this.live) && !this.isAtEdge);
  }
}
