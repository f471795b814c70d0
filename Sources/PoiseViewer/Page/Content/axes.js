"use strict";
// A plot's axes, the same for curves over time and curves over training.

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

/** Pixels around the field of a plot. */
const plotMargins = { left: 44, right: 8, top: 5, bottom: 16 };

/**
 * Clears a canvas, which fills its parent, and draws the axes of a plot on it.
 *
 * @param range { from, to, low, high }: what lies at the left, right, lower and upper edge.
 * @param labels { spacing, text(value, range) }: pixels between two numbers below the plot, and how they are written.
 * @returns null where there is no room, else the context, and `x` and `y`, which map values to pixels.
 */
function drawAxes(canvas, { from, to, low, high }, { spacing, text }) {
  const [width, height] = [canvas.parentElement.clientWidth, canvas.parentElement.clientHeight];
  if (width < 10 || height < 10) return null;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d", plainCanvas);
  context.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const [ink, line] = [style.getPropertyValue("--ink-soft"), style.getPropertyValue("--line")];
  const { left, right, top } = plotMargins;
  const bottom = height - plotMargins.bottom;
  const x = (value) => left + ((value - from) / (to - from)) * (width - left - right);
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
  context.font = "10px system-ui, sans-serif";
  context.lineWidth = 1;
  context.strokeStyle = line;
  context.fillStyle = ink;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of ticks(low, high, Math.max(2, Math.floor(height / 26)))) {
    context.beginPath();
    context.moveTo(left, Math.round(y(value)) + 0.5);
    context.lineTo(width - right, Math.round(y(value)) + 0.5);
    context.stroke();
    context.fillText(tickLabel(value, high - low), left - 6, y(value));
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const value of ticks(from, to, Math.max(2, Math.floor(width / spacing)))) {
    context.fillText(text(value, to - from), Math.min(width - 16, x(value)), height - 3);
  }
  return { context, x, y, width, bottom };
}
