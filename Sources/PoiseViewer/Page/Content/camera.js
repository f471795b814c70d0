"use strict";
// A camera on a sphere about what it looks at: drag turns, wheel or two fingers come closer, two fingers or the right
// button move it aside. It follows the robot if asked to.

class OrbitCamera {
  /** @param claims called with each first touch; whoever returns true gets the whole drag. */
  constructor(element, onChange) {
    this.camera = new THREE.PerspectiveCamera(38, 1, 0.02, 200);
    this.camera.up.set(0, 0, 1);
    this.element = element;
    this.onChange = onChange;
    this.target = new THREE.Vector3();
    this.pointers = new Map();
    this.owner = null;
    this.claimants = [];
    this.home = { azimuth: -0.95, elevation: 0.2, distance: 3 };
    this.goHome();
    element.addEventListener("pointerdown", (event) => this.press(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, (event) => this.lift(event));
    element.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.approach(Math.exp(event.deltaY * (event.deltaMode === 1 ? 0.04 : 0.0012)));
    }, { passive: false });
    element.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Looks from afar enough to have a sphere in the picture. */
  frame(center, radius) {
    const narrow = Math.min(1, this.camera.aspect);
    const half = (this.camera.fov / 2) * (Math.PI / 180);
    this.home.distance = (1.12 * radius) / Math.sin(Math.atan(Math.tan(half) * narrow));
    this.homeTarget = center.clone();
    this.goHome();
  }

  goHome() {
    Object.assign(this, { azimuth: this.home.azimuth, elevation: this.home.elevation, distance: this.home.distance });
    if (this.homeTarget) this.target.copy(this.homeTarget);
    this.place();
  }

  place() {
    const level = Math.cos(this.elevation);
    this.camera.position.set(
      this.target.x + this.distance * level * Math.cos(this.azimuth),
      this.target.y + this.distance * level * Math.sin(this.azimuth),
      this.target.z + this.distance * Math.sin(this.elevation),
    );
    this.camera.lookAt(this.target);
    this.onChange();
  }

  approach(factor) {
    this.distance = Math.min(60, Math.max(0.2, this.distance * factor));
    this.place();
  }

  /** Moves what is looked at by pixels of the screen. */
  shift(dx, dy) {
    const scale = (2 * this.distance * Math.tan((this.camera.fov / 2) * (Math.PI / 180))) / this.element.clientHeight;
    const right = new THREE.Vector3().setFromMatrixColumn(this.camera.matrix, 0);
    const up = new THREE.Vector3().setFromMatrixColumn(this.camera.matrix, 1);
    this.target.addScaledVector(right, -dx * scale).addScaledVector(up, dy * scale);
    this.place();
  }

  press(event) {
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.pointers.size === 1 && event.button === 0 && !event.shiftKey) {
      this.owner = this.claimants.find((claimant) => claimant.press(event)) ?? null;
    } else if (this.owner) {
      this.owner.lift();
      this.owner = null;
    }
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      for (const claimant of this.claimants) claimant.hover(event);
      return;
    }
    if (this.owner) {
      this.owner.move(event);
      return;
    }
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    if (this.pointers.size === 2) {
      const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)[1];
      const apart = (a) => Math.hypot(a.x - other.x, a.y - other.y);
      const after = { x: event.clientX, y: event.clientY };
      this.shift(dx / 2, dy / 2);
      this.approach(Math.max(1, apart(before)) / Math.max(1, apart(after)));
    } else if (event.buttons & 2 || event.shiftKey) {
      this.shift(dx, dy);
    } else {
      this.azimuth -= dx * 0.0065;
      this.elevation = Math.min(1.5, Math.max(-0.15, this.elevation + dy * 0.0055));
      this.place();
    }
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  lift(event) {
    this.pointers.delete(event.pointerId);
    if (this.owner) this.owner.lift();
    this.owner = null;
  }
}
