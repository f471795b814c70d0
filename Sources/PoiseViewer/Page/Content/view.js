"use strict";
// The buttons of the picture: what is drawn beside the robot, the camera, dark or light, help.

class ViewControls {
  /** @param onDress called when the colours of the page have changed. */
  constructor(recording, stage, onDress) {
    Object.assign(this, { recording, stage, onDress });
    const get = (id) => document.getElementById(id);
    this.elements = Object.fromEntries(["follow", "show", "layers", "home", "theme", "help", "keys"].map((id) => [id, get(id)]));
    const e = this.elements;
    e.follow.addEventListener("click", () => this.toggleFollowing());
    e.home.addEventListener("click", () => stage.goHome());
    e.theme.addEventListener("click", () => this.toggleTheme());
    e.help.addEventListener("click", () => this.toggleHelp());
    e.keys.addEventListener("click", (event) => { if (event.target === e.keys) this.toggleHelp(false); });
    get("close").addEventListener("click", () => this.toggleHelp(false));
    e.show.addEventListener("click", () => this.toggleLayers());
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest("#show, #layers")) this.toggleLayers(false);
    });
    for (const box of e.layers.querySelectorAll("input")) {
      box.parentElement.hidden = !stage.has(box.value);
      box.addEventListener("change", () => this.toggleLayer(box.value, box.checked));
    }
    this.mark();
  }

  get keys() {
    const layer = (name) => () => this.toggleLayer(name);
    return {
      f: () => this.toggleFollowing(), c: layer("forces"), v: layer("points"), j: layer("joints"), e: layer("frames"), m: layer("mass"),
      r: () => this.stage.goHome(), d: () => this.toggleTheme(), "?": () => this.toggleHelp(), h: () => this.toggleHelp(),
      Escape: () => { this.toggleHelp(false); this.toggleLayers(false); },
    };
  }

  toggleFollowing() {
    this.stage.setFollowing(!this.stage.isFollowing);
    this.mark();
  }

  toggleLayer(name, isShown = !this.stage.shows(name)) {
    if (!this.stage.has(name)) return;
    this.stage.setShown(name, isShown);
    this.mark();
  }

  toggleLayers(isShown = this.elements.layers.hidden) {
    this.elements.layers.hidden = !isShown;
    this.elements.show.setAttribute("aria-expanded", String(isShown));
  }

  toggleHelp(isShown = this.elements.keys.hidden) {
    this.elements.keys.hidden = !isShown;
  }

  get isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  toggleTheme() {
    document.documentElement.dataset.theme = this.isDark ? "light" : "dark";
    this.dress();
  }

  /** Gives picture and plots the colours of the page. */
  dress() {
    this.stage.dress(this.isDark);
    this.onDress();
  }

  mark() {
    this.elements.follow.setAttribute("aria-pressed", String(this.stage.isFollowing));
    for (const box of this.elements.layers.querySelectorAll("input")) box.checked = this.stage.shows(box.value);
  }
}
