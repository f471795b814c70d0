"use strict";
// What there is to show: the robot's shapes, and episodes as tables of numbers, one row for each control step.
// The columns of a row are named by `layout`; Page/RecordingLayout.swift is the other side of this.

/** One episode: columns of numbers, all of one length. Missing numbers are NaN. */
class Episode {
  constructor(layout, about, capacity) {
    this.layout = layout;
    this.about = about;
    this.count = 0;
    this.columns = Array.from({ length: layout.columns }, () => new Float32Array(capacity));
  }

  /** From the page's data: [least, step, base64 of little-endian uint16] for each column; 65535 is a missing number. */
  static decoded(layout, data) {
    const episode = new Episode(layout, data.about, data.rows);
    data.columns.forEach(([least, step, text], column) => {
      const target = episode.columns[column];
      if (text === "") {
        target.fill(least === null ? NaN : least);
        return;
      }
      const bytes = atob(text);
      for (let row = 0; row < data.rows; row++) {
        const code = bytes.charCodeAt(2 * row) | (bytes.charCodeAt(2 * row + 1) << 8);
        target[row] = code === 65535 ? NaN : least + step * code;
      }
    });
    episode.count = data.rows;
    return episode;
  }

  /** Adds a row, as it comes from the server; one with the time of the last row takes its place. */
  append(row) {
    if (this.count > 0 && row[this.layout.time] === this.value(this.layout.time, this.count - 1)) this.count -= 1;
    if (this.count === this.columns[0].length) {
      this.columns = this.columns.map((column) => {
        const larger = new Float32Array(2 * column.length);
        larger.set(column);
        return larger;
      });
    }
    for (let column = 0; column < this.columns.length; column++) this.columns[column][this.count] = row[column];
    this.count += 1;
  }

  value(column, row) {
    return this.columns[column][row];
  }

  get start() {
    return this.count > 0 ? this.columns[this.layout.time][0] : 0;
  }

  get end() {
    return this.count > 0 ? this.columns[this.layout.time][this.count - 1] : 0;
  }

  /** N: the strength of the push in a row. */
  pushAt(row) {
    const { push } = this.layout;
    return push < 0 ? 0 : Math.hypot(...[0, 1, 2].map((k) => this.value(push + k, row) || 0));
  }

  /** The pushes: when each began and ended, s, and its strength, N. */
  pushes() {
    if (this.pushesUpTo === this.count) return this.knownPushes;
    const pushes = [];
    let isPushed = false;
    for (let row = 0; row < this.count; row++) {
      const strength = this.pushAt(row);
      const to = this.value(this.layout.time, row);
      if (strength <= 1e-9) { isPushed = false; continue; }
      // A force belongs to the step that ends with its row.
      if (!isPushed) pushes.push({ from: this.value(this.layout.time, Math.max(0, row - 1)), to, strength });
      const last = pushes[pushes.length - 1];
      Object.assign(last, { to, strength: Math.max(last.strength, strength) });
      isPushed = true;
    }
    Object.assign(this, { pushesUpTo: this.count, knownPushes: pushes });
    return pushes;
  }

  /** The last row at or before a time. */
  rowAt(time) {
    const times = this.columns[this.layout.time];
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      // Times are rounded to float32, so a row's own time must find that row.
      if (times[middle] <= time + 1e-5) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  /** The row before a time, the row after it and how far it is from the one to the other, 0 … 1. */
  between(time) {
    const row = this.rowAt(time);
    const next = Math.min(row + 1, this.count - 1);
    const times = this.columns[this.layout.time];
    const span = times[next] - times[row];
    const share = span > 0 ? Math.min(1, Math.max(0, (time - times[row]) / span)) : 0;
    return { row, next, share: share < 1e-3 ? 0 : share };
  }
}

/** The page's data. */
class Recording {
  constructor(data) {
    this.title = data.title;
    this.subtitle = data.subtitle;
    this.undrawn = data.undrawn;
    this.layout = data.layout;
    this.bodies = data.bodies;
    this.scenery = data.scenery;
    this.weight = data.weight;
    this.follows = data.follows;
    this.timeStep = data.controlTimeStep;
    this.isLive = data.isLive;
    this.episodes = data.episodes.map((episode) => Episode.decoded(data.layout, episode));
  }
}

/** A number as a person reads it: a few digits, a real minus sign. */
function readable(number) {
  if (!Number.isFinite(number)) return "–";
  const size = Math.abs(number);
  const text = size >= 1000 ? number.toFixed(0) : size >= 100 ? number.toFixed(1) : size >= 10 ? number.toFixed(2) : number.toFixed(3);
  return text.replace("-", "\u2212");
}

/**
 * How canvases of lines are drawn: by the processor. They are few and seldom drawn. Where a machine draws in software, those of
 * the graphics card's kind take longer than all else on the page.
 */
const plainCanvas = { willReadFrequently: true };
