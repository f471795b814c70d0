"use strict";
// Curves of an episode over time. All plots share one cursor; a click seeks.

const curveColors = ["#3b82f6", "#f97316", "#10b981", "#e11d48", "#8b5cf6", "#eab308", "#06b6d4", "#ec4899",
  "#84cc16", "#6366f1", "#f59e0b", "#14b8a6", "#ef4444", "#a855f7", "#22c55e", "#0ea5e9"];

class Plot {
  constructor(group, parent, seek) {
    this.group = group;
    this.lines = group.lines.map((line, i) => ({ ...line, color: curveColors[i % curveColors.length], isHidden: Boolean(line.isHidden) }));
    this.highlight = -1;
    this.needsDrawing = false;
    this.time = 0;
    this.box = document.createElement("section");
    this.box.className = "plot";
    const head = document.createElement("header");
    const title = document.createElement("h2");
    title.textContent = group.title;
    const unit = document.createElement("small");
    unit.textContent = group.unit;
    title.append(" ", unit);
    this.chips = document.createElement("div");
    this.chips.className = "chips";
    head.append(title, this.chips);
    this.field = document.createElement("div");
    this.field.className = "field";
    this.canvas = document.createElement("canvas");
    this.cursor = document.createElement("div");
    this.cursor.className = "cursor";
    this.field.append(this.canvas, this.cursor);
    this.box.append(head, this.field);
    parent.append(this.box);
    this.addChips();
    this.listen(seek);
  }

  addChips() {
    this.lines.forEach((line, i) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip";
      chip.title = `Show or hide ${line.name}`;
      const dot = document.createElement("i");
      dot.style.background = line.color;
      const name = document.createElement("span");
      name.textContent = line.name;
      line.output = document.createElement("output");
      chip.append(dot, name, line.output);
      chip.setAttribute("aria-pressed", String(!line.isHidden));
      chip.addEventListener("click", () => {
        line.isHidden = !line.isHidden;
        chip.setAttribute("aria-pressed", String(!line.isHidden));
        this.needsDrawing = true;
      });
      chip.addEventListener("pointerenter", () => { this.highlight = i; this.needsDrawing = true; });
      chip.addEventListener("pointerleave", () => { this.highlight = -1; this.needsDrawing = true; });
      line.chip = chip;
      this.chips.append(chip);
    });
  }

  listen(seek) {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - box.left - this.left) / (box.width - this.left - 8)));
      seek(this.from + share * (this.to - this.from));
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.isSeeking = true;
      at(event);
    });
    this.canvas.addEventListener("pointermove", (event) => { if (this.isSeeking) at(event); });
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => { this.isSeeking = false; });
  }

  /** Shows an episode from one time to another. */
  show(episode, from, to) {
    Object.assign(this, { episode, from, to: Math.max(to, from + 1e-6), needsDrawing: true });
  }

  range() {
    let [low, high] = [Infinity, -Infinity];
    for (const line of this.lines) {
      if (line.isHidden) continue;
      const values = this.episode.columns[line.column];
      for (let row = 0; row < this.episode.count; row++) {
        const value = values[row];
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (!(low <= high)) return [-1, 1];
    if (high - low < 1e-9) return [low - 0.5, high + 0.5];
    const room = 0.08 * (high - low);
    return [low - room, high + room];
  }

  draw() {
    if (!this.needsDrawing || !this.episode) return;
    this.needsDrawing = false;
    const [width, height] = [this.field.clientWidth, this.field.clientHeight];
    if (width < 10 || height < 10) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d", plainCanvas);
    context.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const [ink, faint] = [style.getPropertyValue("--ink-soft"), style.getPropertyValue("--line")];
    const [low, high] = this.range();
    Object.assign(this, { left: 44, low, high });
    const [bottom, top] = [height - 16, 4];
    const x = (time) => this.left + ((time - this.from) / (this.to - this.from)) * (width - this.left - 8);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    context.font = "10px system-ui, sans-serif";
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of ticks(low, high, Math.max(2, Math.floor(height / 26)))) {
      context.strokeStyle = faint;
      context.beginPath();
      context.moveTo(this.left, Math.round(y(value)) + 0.5);
      context.lineTo(width - 8, Math.round(y(value)) + 0.5);
      context.stroke();
      context.fillStyle = ink;
      context.fillText(tickLabel(value, high - low), this.left - 6, y(value));
    }
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    for (const time of ticks(this.from, this.to, Math.max(2, Math.floor(width / 80)))) {
      context.fillStyle = ink;
      context.fillText(`${tickLabel(time, this.to - this.from)} s`, Math.min(width - 16, x(time)), height - 3);
    }
    context.save();
    context.beginPath();
    context.rect(this.left, 0, width - this.left, bottom + 1);
    context.clip();
    this.lines.forEach((line, i) => {
      if (line.isHidden) return;
      const isFaded = this.highlight >= 0 && this.highlight !== i;
      context.globalAlpha = isFaded ? 0.12 : 1;
      context.strokeStyle = line.color;
      context.lineWidth = this.highlight === i ? 2.2 : 1.3;
      this.trace(context, line, x, y, width);
    });
    context.restore();
    this.x = x;
    this.point(this.time, true);
  }

  /** A polyline; where rows are denser than pixels, the least and largest value of each pixel. */
  trace(context, line, x, y, width) {
    const values = this.episode.columns[line.column];
    const times = this.episode.columns[this.episode.layout.time];
    const rowsPerPixel = this.episode.count / Math.max(1, width - this.left);
    const stride = Math.max(1, Math.floor(rowsPerPixel));
    context.beginPath();
    let isDown = false;
    for (let row = 0; row < this.episode.count; row += stride) {
      let [least, largest] = [Infinity, -Infinity];
      for (let k = row; k < Math.min(row + stride, this.episode.count); k++) {
        if (values[k] < least) least = values[k];
        if (values[k] > largest) largest = values[k];
      }
      if (least > largest) { isDown = false; continue; }
      const at = x(times[row]);
      for (const value of least === largest ? [least] : [least, largest]) {
        if (isDown) context.lineTo(at, y(value));
        else context.moveTo(at, y(value));
        isDown = true;
      }
    }
    context.stroke();
  }

  /** Moves the cursor; the numbers beside the names follow if asked, which costs a little. */
  point(time, writesNumbers) {
    this.time = time;
    if (!this.x) return;
    this.cursor.style.transform = `translateX(${this.x(time)}px)`;
    if (!writesNumbers || this.episode.count === 0) return;
    const row = this.episode.rowAt(time);
    for (const line of this.lines) line.output.textContent = readable(this.episode.value(line.column, row));
  }
}

/** Round numbers in a range, about so many. */
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough) ?? 10 * power;
  const result = [];
  for (let k = Math.ceil(low / step); k * step <= high + 1e-9 * step; k++) result.push(k * step);
  return result;
}

function tickLabel(value, range) {
  const digits = Math.max(0, Math.min(4, 1 - Math.floor(Math.log10(range))));
  return Number(value.toFixed(digits)).toString().replace("-", "\u2212");
}

/** A number of environment steps: 800, 352 k, 1.2 M. */
function stepLabel(steps) {
  const [unit, digits, letter] = steps >= 1e6 ? [1e6, 2, " M"] : steps >= 1000 ? [1000, 0, " k"] : [1, 0, ""];
  return `${Number((steps / unit).toFixed(digits))}${letter}`;
}

/** A learning curve: a value over environment steps. */
class CurvePlot {
  constructor(parent) {
    this.box = document.createElement("section");
    this.box.className = "plot curves";
    const head = document.createElement("header");
    this.title = document.createElement("h2");
    this.note = document.createElement("small");
    head.append(this.title, this.note);
    this.field = document.createElement("div");
    this.field.className = "field";
    this.canvas = document.createElement("canvas");
    this.field.append(this.canvas);
    this.box.append(head, this.field);
    parent.append(this.box);
    this.points = [];
    this.needsDrawing = false;
  }

  /** @param points [environment steps, value] */
  show({ title, points }) {
    this.title.textContent = title;
    this.points = points.filter(([, value]) => Number.isFinite(value));
    const last = this.points[this.points.length - 1];
    this.note.textContent = last ? `${readable(last[1])} at ${stepLabel(last[0])} steps` : "no evaluation yet";
    this.needsDrawing = true;
  }

  draw() {
    if (!this.needsDrawing) return;
    this.needsDrawing = false;
    const [width, height] = [this.field.clientWidth, this.field.clientHeight];
    if (width < 10 || height < 10) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    if (this.points.length === 0) return;
    const context = this.canvas.getContext("2d", plainCanvas);
    context.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const values = this.points.map(([, value]) => value);
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
    const most = Math.max(1, this.points[this.points.length - 1][0]);
    const [left, bottom, top] = [44, height - 16, 6];
    const x = (steps) => left + (steps / most) * (width - left - 10);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    context.font = "10px system-ui, sans-serif";
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of ticks(low, high, Math.max(2, Math.floor(height / 26)))) {
      context.strokeStyle = style.getPropertyValue("--line");
      context.beginPath();
      context.moveTo(left, Math.round(y(value)) + 0.5);
      context.lineTo(width - 8, Math.round(y(value)) + 0.5);
      context.stroke();
      context.fillStyle = style.getPropertyValue("--ink-soft");
      context.fillText(tickLabel(value, high - low), left - 6, y(value));
    }
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    for (const steps of ticks(0, most, Math.max(2, Math.floor(width / 110)))) {
      context.fillText(stepLabel(steps), Math.min(width - 16, x(steps)), height - 3);
    }
    context.strokeStyle = curveColors[0];
    context.lineWidth = 1.6;
    context.beginPath();
    this.points.forEach(([steps, value], i) => (i === 0 ? context.moveTo(x(steps), y(value)) : context.lineTo(x(steps), y(value))));
    context.stroke();
    context.fillStyle = curveColors[0];
    // Single points are marked where they are few enough to be told apart.
    for (const [steps, value] of this.points.length > 80 ? [] : this.points) {
      context.beginPath();
      context.arc(x(steps), y(value), 2.4, 0, 7);
      context.fill();
    }
  }
}
