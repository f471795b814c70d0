"use strict";
// A simulation that runs on the server in real time: its rows come over a WebSocket; seeds, pauses and pushes go there.

class LiveLink {
  constructor(recording, stage) {
    Object.assign(this, { recording, stage });
    this.isRunning = true;
    this.number = -1;
    this.grab = null;
    this.raycaster = new THREE.Raycaster();
    this.curves = [];
    this.curveBox = document.getElementById("curves");
    this.elements = Object.fromEntries(
      ["seed", "fresh", "next", "checkpoint", "shove", "status", "policy", "edge"].map((id) => [id, document.getElementById(id)]));
  }

  begin(player) {
    this.player = player;
    stageHint(this.recording);
    this.elements.fresh.addEventListener("click", () => this.fresh(Number(this.elements.seed.value)));
    this.elements.seed.addEventListener("keydown", (event) => { if (event.key === "Enter") this.elements.fresh.click(); });
    this.elements.next.addEventListener("click", () => this.fresh(Number(this.elements.seed.value) + 1));
    this.elements.checkpoint.addEventListener("change", () => this.send({ kind: "checkpoint", name: this.elements.checkpoint.value }));
    this.elements.shove.addEventListener("click", () => this.shove());
    this.elements.edge.addEventListener("click", () => { player.isAtEdge = true; player.mark(); });
    this.stage.orbit.claimants.push(this);
    this.connect();
  }

  // MARK: The connection

  connect() {
    this.socket = new WebSocket(`ws://${location.host}/live`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("open", () => this.say(""));
    this.socket.addEventListener("message", ({ data }) => (typeof data === "string" ? this.hear(JSON.parse(data)) : this.take(data)));
    this.socket.addEventListener("close", () => {
      this.say("The server is gone; trying again …");
      setTimeout(() => this.connect(), 1500);
    });
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  say(text) {
    this.elements.status.textContent = text;
    this.elements.status.hidden = text === "";
  }

  hear(message) {
    const { player } = this;
    switch (message.kind) {
      case "episode": {
        this.number = message.number;
        const about = { title: `seed ${message.seed}`, seconds: message.seconds, result: "" };
        const isFirst = player.episode.count === 0;
        const episode = new Episode(this.recording.layout, about, Math.ceil(message.seconds / this.recording.timeStep) + 2);
        if (document.activeElement !== this.elements.seed) this.elements.seed.value = String(message.seed);
        this.mustFrame = isFirst;
        player.isAtEdge = true;
        player.open(episode);
        break;
      }
      case "state":
        this.isRunning = message.isRunning;
        this.elements.checkpoint.value = message.checkpoint;
        this.elements.policy.textContent = message.policy;
        player.speed = message.speed;
        player.elements.speed.value = String(message.speed);
        player.mark();
        break;
      case "ended":
        player.episode.about.result = message.result;
        player.elements.ending.textContent = message.result;
        break;
      case "curves":
        this.showCurves(message.curves);
        break;
      case "problem":
        this.say(message.text);
        break;
    }
  }

  /** A row: the episode's number as uint32, then float32 for each column, little-endian. */
  take(buffer) {
    const { player } = this;
    const number = new DataView(buffer).getUint32(0, true);
    if (number !== this.number) return;
    player.episode.append(new Float32Array(buffer, 4));
    if (this.mustFrame) {
      this.mustFrame = false;
      this.stage.frame(player.episode);
      player.dress();
    }
    player.elements.scrub.max = String(player.episode.end);
    const now = performance.now();
    if (now - (this.plotted ?? 0) > 150) {
      this.plotted = now;
      player.redrawPlots();
      player.refresh(false);
    }
  }

  // MARK: Learning curves

  showCurves(curves) {
    this.curveBox.hidden = curves.length === 0;
    curves.forEach((curve, i) => {
      this.curves[i] ??= new CurvePlot(this.curveBox);
      this.curves[i].show(curve);
    });
  }

  // MARK: What the viewer does

  keyAction(key) {
    return { p: () => this.shove(), n: () => this.elements.next.click() }[key];
  }

  fresh(seed) {
    if (Number.isInteger(seed) && seed >= 0) this.send({ kind: "episode", seed });
    else this.say("A seed is a whole number from 0 to 9007199254740991.");
  }

  togglePause() {
    this.send({ kind: this.isRunning ? "pause" : "resume" });
  }

  step(rows) {
    this.send({ kind: "step", steps: rows });
  }

  setSpeed(speed) {
    this.send({ kind: "speed", speed });
  }

  /** A short push away from the viewer. */
  shove() {
    const { azimuth } = this.stage.orbit;
    this.send({ kind: "shove", direction: [-Math.cos(azimuth), -Math.sin(azimuth)] });
  }

  // MARK: The hand: press on the robot and pull

  hit(event) {
    const box = this.stage.element.getBoundingClientRect();
    const at = new THREE.Vector2(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2);
    this.raycaster.setFromCamera(at, this.stage.orbit.camera);
    return this.raycaster.intersectObjects(this.stage.bodies, true)[0];
  }

  hover(event) {
    if (event.pointerType === "mouse") this.stage.element.classList.toggle("can-grab", Boolean(this.hit(event)));
  }

  press(event) {
    const hit = this.hit(event);
    if (!hit || !this.player.isAtEdge) return false;
    const body = this.stage.bodies.indexOf(hit.object.parent);
    const away = this.stage.orbit.camera.getWorldDirection(new THREE.Vector3());
    this.grab = {
      body, point: hit.object.parent.worldToLocal(hit.point.clone()), target: hit.point.clone(),
      plane: new THREE.Plane().setFromNormalAndCoplanarPoint(away, hit.point), sent: 0,
    };
    this.stage.element.classList.add("is-grabbing");
    this.pull();
    return true;
  }

  move(event) {
    const box = this.stage.element.getBoundingClientRect();
    const at = new THREE.Vector2(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2);
    this.raycaster.setFromCamera(at, this.stage.orbit.camera);
    const target = this.raycaster.ray.intersectPlane(this.grab.plane, new THREE.Vector3());
    if (target) this.grab.target = target;
    this.pull();
  }

  lift() {
    this.grab = null;
    this.stage.hand.visible = false;
    this.stage.needsDrawing = true;
    this.stage.element.classList.remove("is-grabbing");
    this.send({ kind: "release" });
  }

  /** The server pulls the grabbed point to the target with a spring. */
  pull() {
    const now = performance.now();
    if (now - this.grab.sent < 25) {
      this.late ??= setTimeout(() => { this.late = null; if (this.grab) this.pull(); }, 30);
    } else {
      this.grab.sent = now;
      this.send({ kind: "grab", body: this.grab.body, point: this.grab.point.toArray(), target: this.grab.target.toArray() });
    }
    this.drawHand();
  }

  drawHand() {
    if (!this.grab) return;
    const from = this.stage.bodies[this.grab.body].localToWorld(this.grab.point.clone());
    pointArrow(this.stage.hand, from, this.grab.target.clone().sub(from), 0.012 * (this.stage.radius ?? 1));
    this.stage.needsDrawing = true;
  }
}

/** Says once how to push. */
function stageHint(recording) {
  const hint = document.getElementById("hint");
  hint.textContent = `Press on ${recording.bodies.length > 1 ? "a part of the robot" : "the robot"} and pull. P pushes.`;
  hint.hidden = false;
  setTimeout(() => hint.classList.add("is-over"), 6000);
}
