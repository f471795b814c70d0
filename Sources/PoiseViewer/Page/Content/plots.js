"use strict";
// Curves of an episode over time, and learning curves over training. All plots of an episode share one cursor; a click seeks.

/** The box of a plot: its head and the field with the canvas. */
function plotBox(parent, title, note) {
  const box = document.createElement("section");
  box.className = "plot";
  const head = document.createElement("header");
  const heading = document.createElement("h2");
  heading.textContent = title;
  const small = document.createElement("small");
  small.textContent = note;
  head.append(heading, small);
  const field = document.createElement("div");
  field.className = "field";
  const canvas = document.createElement("canvas");
  field.append(canvas);
  box.append(head, field);
  parent.append(box);
  return { box, head, heading, small, field, canvas };
}

class Plot {
  constructor(group, parent, seek) {
    this.group = group;
    this.needsDrawing = false;
    this.time = 0;
    Object.assign(this, plotBox(parent, group.title, group.unit));
    this.legend = new Legend(group.lines, this.box, () => { this.needsDrawing = true; });
    this.head.append(this.legend.tools());
    this.field.before(this.legend.box);
    this.cursor = document.createElement("div");
    this.cursor.className = "cursor";
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    this.field.append(this.cursor, this.tip);
    this.listen(seek);
  }

  listen(seek) {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const { left, right } = plotMargins;
      const share = Math.min(1, Math.max(0, (event.clientX - box.left - left) / (box.width - left - right)));
      seek(this.from + share * (this.to - this.from));
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.isSeeking = true;
      at(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.isSeeking) at(event);
      else if (event.pointerType === "mouse") this.name(event);
    });
    this.canvas.addEventListener("pointerleave", () => this.unname());
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => { this.isSeeking = false; });
  }

  /** Tells which curve is under the mouse. */
  name(event) {
    if (!this.axes || this.episode.count === 0) return;
    const box = this.canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const { left, right } = plotMargins;
    const time = this.from + ((px - left) / (box.width - left - right)) * (this.to - this.from);
    const row = this.episode.rowAt(time);
    let [nearest, distance] = [-1, 12];
    for (const i of this.legend.shown) {
      const gap = Math.abs(this.axes.y(this.episode.value(this.legend.lines[i].column, row)) - py);
      if (gap < distance) [nearest, distance] = [i, gap];
    }
    if (nearest < 0) return this.unname();
    const line = this.legend.lines[nearest];
    this.legend.stress(nearest);
    this.tip.textContent = `${line.name} ${readable(this.episode.value(line.column, row))}`;
    this.tip.hidden = false;
    const room = box.width - this.tip.offsetWidth - 4;
    this.tip.style.transform = `translate(${Math.max(0, Math.min(px + 10, room))}px, ${Math.max(0, py - 26)}px)`;
  }

  unname() {
    this.tip.hidden = true;
    this.legend.stress(-1);
  }

  /** Shows an episode from one time to another. */
  show(episode, from, to) {
    Object.assign(this, { episode, from, to: Math.max(to, from + 1e-6), needsDrawing: true });
  }

  range() {
    let [low, high] = [Infinity, -Infinity];
    for (const i of this.legend.shown) {
      const values = this.episode.columns[this.legend.lines[i].column];
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
    const [low, high] = this.range();
    const axes = drawAxes(
      this.canvas, { from: this.from, to: this.to, low, high },
      { spacing: 80, text: (time, range) => `${tickLabel(time, range)} s` });
    if (!axes) return;
    this.axes = axes;
    const { context, x, bottom, width } = axes;
    context.save();
    context.beginPath();
    context.rect(plotMargins.left, 0, width - plotMargins.left, bottom + 1);
    context.clip();
    context.fillStyle = "rgba(255, 122, 26, 0.16)";
    for (const push of this.episode.pushes()) {
      context.fillRect(x(push.from), 0, Math.max(1.5, x(push.to) - x(push.from)), bottom);
    }
    const { highlight, lines, shown } = this.legend;
    for (const i of shown) {
      context.globalAlpha = highlight >= 0 && highlight !== i ? 0.15 : 1;
      context.strokeStyle = lines[i].color;
      context.lineWidth = highlight === i ? 2.4 : 1.4;
      context.setLineDash(lines[i].dash);
      this.trace(axes, lines[i]);
    }
    context.restore();
    this.point(this.time, true);
  }

  /** A polyline; where rows are denser than pixels, the least and largest value of each pixel. */
  trace({ context, x, y, width }, line) {
    const values = this.episode.columns[line.column];
    const times = this.episode.columns[this.episode.layout.time];
    const rowsPerPixel = this.episode.count / Math.max(1, width - plotMargins.left);
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
    if (!this.axes) return;
    this.cursor.style.transform = `translateX(${this.axes.x(time)}px)`;
    if (!writesNumbers || this.episode.count === 0) return;
    const row = this.episode.rowAt(time);
    this.legend.write((line) => this.episode.value(line.column, row));
  }
}

/** A number of environment steps: 800, 352 k, 1.2 M. */
function stepLabel(steps) {
  const [unit, digits, letter] = steps >= 1e6 ? [1e6, 2, " M"] : steps >= 1000 ? [1000, 0, " k"] : [1, 0, ""];
  return `${Number((steps / unit).toFixed(digits))}${letter}`;
}

/** A learning curve: a value over environment steps. */
class CurvePlot {
  constructor(parent) {
    Object.assign(this, plotBox(parent, "", ""));
    this.box.classList.add("curves");
    this.points = [];
    this.needsDrawing = false;
  }

  /** @param points [environment steps, value] */
  show({ title, points }) {
    this.heading.textContent = title;
    this.points = points.filter(([, value]) => Number.isFinite(value));
    const last = this.points[this.points.length - 1];
    this.small.textContent = last ? `${readable(last[1])} at ${stepLabel(last[0])} steps` : "no evaluation yet";
    this.needsDrawing = true;
  }

  draw() {
    if (!this.needsDrawing) return;
    this.needsDrawing = false;
    if (this.points.length === 0) return;
    const values = this.points.map(([, value]) => value);
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
    const to = Math.max(1, this.points[this.points.length - 1][0]);
    const axes = drawAxes(this.canvas, { from: 0, to, low, high }, { spacing: 110, text: stepLabel });
    if (!axes) return;
    const { context, x, y } = axes;
    context.strokeStyle = context.fillStyle = curveColors[0];
    context.lineWidth = 1.6;
    context.beginPath();
    this.points.forEach(([steps, value], i) => (i === 0 ? context.moveTo(x(steps), y(value)) : context.lineTo(x(steps), y(value))));
    context.stroke();
    // Single points are marked where they are few enough to be told apart.
    for (const [steps, value] of this.points.length > 80 ? [] : this.points) {
      context.beginPath();
      context.arc(x(steps), y(value), 2.4, 0, 7);
      context.fill();
    }
  }
}
