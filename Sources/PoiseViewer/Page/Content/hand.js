"use strict";
// The mouse on a live robot: press on it and pull. The server pulls the point to the target with a spring.

class Hand {
  #grab = null;
  #late = null;

  /** @param canGrab asked at each press: whether the present is shown. */
  constructor(stage, link, canGrab) {
    Object.assign(this, { stage, link, canGrab });
    stage.orbit.claimants.push(this);
  }

  get isHolding() { return this.#grab !== null; }

  hover(event) {
    if (event.pointerType === "mouse") this.stage.element.classList.toggle("can-grab", this.canGrab() && Boolean(this.stage.hit(event)));
  }

  press(event) {
    const hit = this.canGrab() ? this.stage.hit(event) : null;
    if (!hit) return false;
    this.#grab = { ...hit, target: hit.at, plane: this.stage.planeThrough(hit.at), sent: 0 };
    this.stage.element.classList.add("is-grabbing");
    this.#pull();
    return true;
  }

  move(event) {
    if (!this.#grab) return;
    this.#grab.target = this.stage.pointOn(this.#grab.plane, event) ?? this.#grab.target;
    this.#pull();
  }

  lift() {
    if (this.#grab) this.link.release();
    this.letGo();
  }

  /** Holds nothing any more, as when the robot starts anew; the button has to be pressed again to take hold. */
  letGo() {
    this.#grab = null;
    this.stage.showHand(null);
    this.stage.element.classList.remove("is-grabbing");
  }

  /** Draws the pull where the robot is now. */
  draw() {
    if (this.#grab) this.stage.showHand(this.#grab);
  }

  #pull() {
    const now = performance.now();
    if (now - this.#grab.sent < 25) {
      this.#late ??= setTimeout(() => { this.#late = null; if (this.#grab) this.#pull(); }, 30);
    } else {
      this.#grab.sent = now;
      this.link.grab(this.#grab.body, this.#grab.point.toArray(), this.#grab.target.toArray());
    }
    this.draw();
  }
}

/** Says once how to push. */
function showHint(recording) {
  const hint = document.getElementById("hint");
  hint.textContent = `Press on ${recording.bodies.length > 1 ? "a part of the robot" : "the robot"} and pull.${matchMedia("(pointer: coarse)").matches ? "" : " P pushes."}`;
  hint.hidden = false;
  setTimeout(() => hint.classList.add("is-over"), 6000);
}
