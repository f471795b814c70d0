"use strict";
// The legend of a plot: which curve is which, which are shown, and the value of each at the cursor.

// Ten colours that are told apart in light and dark; further curves have the same colours, dashed.
const curveColors = ["#3b82f6", "#f97316", "#10b981", "#e11d48", "#8b5cf6", "#b98a00", "#06a3bd", "#ec4899", "#64748b", "#7c9a0a"];

const sideTokens = { left: "", l: "", fl: "f", rl: "r", hl: "h", bl: "b", right: "", r: "", fr: "f", rr: "r", hr: "h", br: "b" };

/** The side that a name tells ("left", "right" or ""), and what is left of the name without it. */
function sideOf(name) {
  const parts = name.split(/([_\-. ])/);
  const at = parts.findIndex((part) => part.toLowerCase() in sideTokens);
  if (at < 0) return { side: "", rest: name };
  const token = parts[at].toLowerCase();
  const rest = parts.map((part, i) => (i === at ? sideTokens[token] : part)).join("");
  return { side: token.endsWith("l") || token === "left" ? "left" : "right", rest };
}

/** Gives each curve a colour and a dash: left and right of a pair share the colour, and the right one is dashed. */
function styleCurves(lines) {
  const sides = lines.map((line) => sideOf(line.name));
  const hasPairs = sides.some(({ side, rest }) => side === "right" && sides.some((other) => other.side === "left" && other.rest === rest));
  const families = [...new Set(sides.map(({ rest }, i) => (hasPairs ? rest : lines[i].name)))];
  return lines.map((line, i) => {
    const family = families.indexOf(hasPairs ? sides[i].rest : line.name);
    const isDashed = hasPairs ? sides[i].side === "right" : family >= curveColors.length;
    const isDotted = hasPairs && family >= curveColors.length;
    return {
      ...line, side: hasPairs ? sides[i].side : "", color: curveColors[family % curveColors.length],
      dash: isDotted ? (isDashed ? [1.5, 3] : [8, 3, 1.5, 3]) : isDashed ? [5, 3] : [],
    };
  });
}

class Legend {
  // From so many curves on there is a search.
  static searchable = 7;

  /** @param onChange called when other curves are shown or one is highlighted. */
  constructor(lines, parent, onChange) {
    this.lines = styleCurves(lines).map((line) => ({ ...line, isHidden: Boolean(line.isHidden) }));
    this.onChange = onChange;
    this.query = "";
    /** Index of the curve that stands out; −1 for none. */
    this.highlight = -1;
    this.box = document.createElement("div");
    this.box.className = "legend";
    this.lines.forEach((line, i) => this.box.append(this.chip(line, i)));
    parent.append(this.box);
  }

  /** The controls for many curves: a search, and buttons for groups. */
  tools() {
    const tools = document.createElement("div");
    tools.className = "tools";
    if (this.lines.length < 3) return tools;
    const isPaired = this.lines.some((line) => line.side === "left") && this.lines.some((line) => line.side === "right");
    const groups = { All: () => true, ...(isPaired ? { Left: (line) => line.side === "left", Right: (line) => line.side === "right" } : {}), None: () => false };
    for (const [name, isIn] of Object.entries(groups)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.title = { All: "Show every curve", None: "Hide every curve" }[name] ?? `Show only the ${name.toLowerCase()} side`;
      button.addEventListener("click", () => this.showOnly(isIn));
      tools.append(button);
    }
    if (this.lines.length >= Legend.searchable) {
      const search = document.createElement("input");
      Object.assign(search, { type: "search", placeholder: "Search", title: "Show only curves whose name contains this" });
      search.setAttribute("aria-label", "Search the curves");
      search.addEventListener("input", () => { this.query = search.value.trim().toLowerCase(); this.mark(); });
      tools.append(search);
    }
    return tools;
  }

  chip(line, i) {
    const chip = document.createElement("div");
    chip.className = "chip";
    const name = document.createElement("button");
    name.type = "button";
    name.title = `${line.name}: show or hide`;
    const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    swatch.setAttribute("viewBox", "0 0 18 6");
    const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
    stroke.setAttribute("d", "M0 3h18");
    stroke.setAttribute("stroke", line.color);
    stroke.setAttribute("stroke-dasharray", line.dash.join(" "));
    swatch.append(stroke);
    const label = document.createElement("span");
    label.textContent = line.name;
    name.append(swatch, label);
    name.addEventListener("click", () => { line.isHidden = !line.isHidden; this.mark(); });
    line.output = document.createElement("output");
    const only = document.createElement("button");
    only.type = "button";
    only.className = "only";
    only.textContent = "only";
    only.title = `Show only ${line.name}; once more: all`;
    only.addEventListener("click", () => {
      const isAlone = this.lines.every((other) => other.isHidden === (other !== line));
      this.showOnly((other) => isAlone || other === line);
    });
    chip.append(name, line.output);
    if (this.lines.length > 1) chip.append(only);
    chip.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") this.stress(i); });
    chip.addEventListener("pointerleave", () => this.stress(-1));
    line.chip = chip;
    line.button = name;
    name.setAttribute("aria-pressed", String(!line.isHidden));
    return chip;
  }

  /** Whether the name fits what is searched for. */
  isFound(line) {
    return line.name.toLowerCase().includes(this.query);
  }

  /** The indices of the curves that are drawn. */
  get shown() {
    return [...this.lines.keys()].filter((i) => !this.lines[i].isHidden && this.isFound(this.lines[i]));
  }

  showOnly(isIn) {
    for (const line of this.lines) line.isHidden = !isIn(line);
    this.mark();
  }

  /** Makes one curve stand out; a hidden one changes nothing. */
  stress(i) {
    const index = i >= 0 && this.shown.includes(i) ? i : -1;
    if (index === this.highlight) return;
    this.highlight = index;
    this.lines.forEach((line, k) => line.chip.classList.toggle("is-stressed", k === index));
    this.onChange();
  }

  mark() {
    for (const line of this.lines) {
      line.button.setAttribute("aria-pressed", String(!line.isHidden));
      line.chip.hidden = !this.isFound(line);
    }
    if (!this.shown.includes(this.highlight)) this.stress(-1);
    this.onChange();
  }

  /** Writes the value of each curve. */
  write(value) {
    for (const line of this.lines) line.output.textContent = readable(value(line));
  }
}
