"use strict";
// The connection to a simulation that runs on the server in real time: rows and messages come over a WebSocket, commands go there.
// It knows neither player nor picture; whoever is interested listens.

class LiveLink {
  /**
   * @param listener its methods are called with what comes: begin(episode, about), grow(episode), finish(episode, message),
   * state(message), curves(curves), say(text).
   */
  constructor(recording) {
    this.recording = recording;
    this.number = -1;
    this.episode = null;
  }

  connect(listener) {
    this.listener = listener;
    this.socket = new WebSocket(`ws://${location.host}/live`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("open", () => listener.say(""));
    this.socket.addEventListener("message", ({ data }) => (typeof data === "string" ? this.hear(JSON.parse(data)) : this.take(data)));
    this.socket.addEventListener("close", () => {
      listener.say("The connection to the server is lost. Trying again …");
      setTimeout(() => this.connect(listener), 1500);
    });
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  hear(message) {
    switch (message.kind) {
      case "episode": {
        this.number = message.number;
        const about = { title: `seed ${message.seed}`, seed: message.seed, seconds: message.seconds, result: "" };
        const rows = Math.min(1e6, Math.ceil(message.seconds / this.recording.timeStep) + 2);
        this.episode = new Episode(this.recording.layout, about, rows);
        this.listener.begin(this.episode);
        break;
      }
      case "ended":
        this.listener.finish(this.episode, message);
        break;
      case "state":
        this.listener.state(message);
        break;
      case "curves":
        this.listener.curves(message.curves);
        break;
      case "problem":
        this.listener.say(message.text);
        break;
    }
  }

  /** Rows: the episode's number as uint32, then float32 for each column of each row, little-endian. */
  take(buffer) {
    if (new DataView(buffer).getUint32(0, true) !== this.number) return;
    const values = new Float32Array(buffer, 4);
    const { columns } = this.recording.layout;
    for (let at = 0; at < values.length; at += columns) this.episode.append(values.subarray(at, at + columns));
    this.listener.grow(this.episode);
  }

  // MARK: Commands

  start(seed) { this.send({ kind: "episode", seed }); }
  pause() { this.send({ kind: "pause" }); }
  resume() { this.send({ kind: "resume" }); }
  step(steps) { this.send({ kind: "step", steps }); }
  setSpeed(speed) { this.send({ kind: "speed", speed }); }
  choosePolicy(name) { this.send({ kind: "checkpoint", name }); }
  /** @param direction [x, y] in the world. */
  push(direction) { this.send({ kind: "push", direction }); }
  /** Pulls a point of a body, m in its frame, to a target, m in the world. It counts for the present episode only. */
  grab(body, point, target) { this.send({ kind: "grab", body, point, target, episode: this.number }); }
  release() { this.send({ kind: "release" }); }
  /** Holds an actuator's joint at a position, rad or m; undefined gives it back to the controller. */
  drive(actuator, value) { this.send({ kind: "drive", actuator, value }); }
}
