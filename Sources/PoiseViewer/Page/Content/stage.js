"use strict";
// The robot in its scene: lights, ground, shadows, arrows of forces, and the layers of "Show". Shows an episode at a time.

class Stage {
  constructor(recording, element) {
    this.recording = recording;
    this.element = element;
    this.shown = { forces: true, points: false, joints: false, frames: false, mass: false };
    this.isFollowing = recording.layout.isMobile;
    // Where the camera went with the robot to; null where the next picture must not move it.
    this.followed = null;
    this.needsDrawing = true;
    // Share of the screen's own resolution; less where drawing is slow.
    this.sharpness = this.sharpnessInMotion = 1;
    this.slowness = 0;
    this.renderer = new THREE.WebGLRenderer({ canvas: element, antialias: true });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFShadowMap;
    // How r112 and newer say it, and how r111 does.
    if ("outputEncoding" in this.renderer) this.renderer.outputEncoding = THREE.sRGBEncoding;
    else Object.assign(this.renderer, { gammaOutput: true, gammaFactor: 2.2 });
    this.scene = new THREE.Scene();
    this.orbit = new OrbitCamera(element, () => { this.needsDrawing = true; });
    this.addLights();
    this.addRobot();
    this.addArrows();
    this.layers = new Layers(recording, this.scene, this.bodies);
    this.addGround();
    this.raycaster = new THREE.Raycaster();
    this.scratch = { a: new THREE.Quaternion(), b: new THREE.Quaternion() };
    new ResizeObserver(() => this.resize()).observe(element.parentElement);
    this.resize();
  }

  // MARK: Building

  addLights() {
    this.sky = new THREE.HemisphereLight(0xf4f7ff, 0x7d828c, 0.5);
    this.sky.position.set(0, 0, 1);
    this.sun = new THREE.DirectionalLight(0xfff3e2, 0.62);
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(1024, 1024);
    this.sun.shadow.bias = -0.0004;
    this.sun.shadow.radius = 2.5;
    this.fill = new THREE.DirectionalLight(0xdfe8ff, 0.16);
    this.scene.add(this.sky, this.sun, this.sun.target, this.fill, this.fill.target);
  }

  addRobot() {
    this.bodies = this.recording.bodies.map((body) => {
      const group = new THREE.Group();
      group.name = body.name;
      for (const shape of body.shapes) {
        const mesh = meshOf(shape);
        if (mesh) group.add(mesh);
      }
      this.scene.add(group);
      return group;
    });
    this.planes = this.recording.scenery.filter((shape) => shape.kind === "plane");
    for (const shape of this.recording.scenery) {
      const mesh = meshOf(shape);
      if (mesh) this.scene.add(mesh);
    }
  }

  addArrows() {
    this.push = makeArrow(0xff7a1a);
    this.hand = makeArrow(0xe83e8c);
    this.contacts = this.recording.layout.contacts.map(() => makeArrow(0x17b890));
    this.scene.add(this.push, this.hand, ...this.contacts);
  }

  /** The world's first plane, or a floor under a robot that hangs in the air. */
  addGround() {
    this.ground = new THREE.Group();
    const texture = new THREE.CanvasTexture(document.createElement("canvas"));
    texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
    texture.anisotropy = this.renderer.capabilities.getMaxAnisotropy();
    // One picture of the grid is 2 m × 2 m.
    texture.repeat.set(60, 60);
    this.grid = texture;
    const floor = new THREE.Mesh(
      new THREE.PlaneBufferGeometry(120, 120),
      new THREE.MeshLambertMaterial({ map: texture }),
    );
    floor.receiveShadow = true;
    this.ground.add(floor);
    if (this.planes.length > 0) {
      const [w, x, y, z] = this.planes[0].turn;
      this.ground.position.set(...this.planes[0].at);
      this.ground.quaternion.set(x, y, z, w);
    }
    this.scene.add(this.ground);
  }

  paintGrid(colors) {
    const canvas = this.grid.image;
    canvas.width = canvas.height = 1024;
    const context = canvas.getContext("2d", plainCanvas);
    const half = 512;
    for (const [i, j] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      context.fillStyle = (i + j) % 2 === 0 ? colors.tileA : colors.tileB;
      context.fillRect(i * half, j * half, half, half);
    }
    const line = (at, width, style) => {
      context.fillStyle = style;
      context.fillRect(at - width / 2, 0, width, 1024);
      context.fillRect(0, at - width / 2, 1024, width);
    };
    for (let k = 0; k <= 10; k++) line((k * 1024) / 10, 1.6, colors.fineLine);
    for (const k of [0, 1, 2]) line(k * half, 4, colors.line);
    this.grid.needsUpdate = true;
  }

  /** Takes over the colours of the page. */
  dress(isDark) {
    const colors = isDark
      ? { sky: 0x161b24, tileA: "#2f3642", tileB: "#2a313c", line: "#566173", fineLine: "#3b4350" }
      : { sky: 0xe3e9f1, tileA: "#e9edf2", tileB: "#dde3ea", line: "#aab5c4", fineLine: "#cfd6df" };
    // Fog is laid over what has gone through the renderer's gamma already, so that the ground ends in the very colour of the sky.
    this.scene.background = new THREE.Color(colors.sky);
    const reach = Math.max(8, 5 * (this.radius ?? 1.6));
    this.scene.fog = new THREE.Fog(colors.sky, 1.2 * reach, 3.2 * reach);
    this.sky.intensity = isDark ? 0.42 : 0.5;
    this.grid.encoding = THREE.sRGBEncoding;
    this.paintGrid(colors);
    this.needsDrawing = true;
  }

  resize() {
    const box = this.element.parentElement;
    const [width, height] = [Math.max(1, box.clientWidth), Math.max(1, box.clientHeight)];
    const ratio = this.sharpness * Math.min(2, window.devicePixelRatio || 1);
    // What is drawn into is made anew even where nothing changed, and that is slow.
    const size = `${width} ${height} ${ratio}`;
    if (size === this.size) return;
    this.size = size;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    this.orbit.camera.aspect = width / height;
    this.orbit.camera.updateProjectionMatrix();
    this.needsDrawing = true;
  }

  // MARK: Showing

  /**
   * Finds a view by the size of the robot: of a free one as it stands at the start, of one on hinges and slides wherever these bring it
   * within the episode. What the camera follows counts as standing still.
   */
  frame(episode) {
    const isFree = this.recording.bodies[0]?.joints.length === 0;
    const box = new THREE.Box3();
    const piece = new THREE.Box3();
    const start = new THREE.Vector3();
    const shares = isFree ? [0] : [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
    for (const row of shares.map((x) => Math.floor(x * episode.count))) {
      this.pose(episode, { row, next: row, share: 0 });
      this.scene.updateMatrixWorld(true);
      const position = this.bodyPosition(episode, { row, next: row, share: 0 }, new THREE.Vector3());
      if (row === 0) start.copy(position);
      const shift = this.isFollowing ? start.clone().sub(position).setZ(0) : new THREE.Vector3();
      for (const body of this.bodies) if (body.children.length > 0) box.union(piece.setFromObject(body).translate(shift));
    }
    if (episode.count < 2) this.reach(box);
    if (box.isEmpty()) box.set(new THREE.Vector3(-1, -1, -1), new THREE.Vector3(1, 1, 1));
    if (this.planes.length === 0) this.ground.position.set(0, 0, box.min.z - 0.25 * Math.max(0.2, box.max.z - box.min.z));
    const center = box.getCenter(new THREE.Vector3());
    // Half of what is seen should be the robot, with room for what happens to it.
    this.radius = 0.5 * box.getSize(new THREE.Vector3()).length() * (this.isFollowing ? 1.08 : 1.02);
    this.followOffset = center.clone().sub(start);
    this.orbit.frame(center, this.radius);
    const reach = 1.9 * this.radius + 0.4;
    Object.assign(this.sun.shadow.camera, { left: -reach, right: reach, top: reach, bottom: -reach, near: 0.1, far: 10 * reach });
    this.sun.shadow.camera.updateProjectionMatrix();
  }

  /**
   * Widens a box to what a robot may sweep about its first hinge, where only the start of a live episode is known: as far as it stands off
   * now. One that also slides with the hinge's body, as a planar hopper does, is taken as it stands.
   */
  reach(box) {
    const body = this.recording.bodies.findIndex(({ joints }) => joints.some(({ kind }) => kind === "hinge"));
    if (body < 0 || box.isEmpty() || this.recording.bodies[0].joints.length === 0) return;
    const { joints } = this.recording.bodies[body];
    if (joints.some(({ kind }) => kind !== "hinge")) return;
    const center = this.bodies[body].localToWorld(new THREE.Vector3(...joints[0].anchor));
    const corners = [box.min.x, box.max.x].flatMap((x) => [box.min.z, box.max.z].map((z) => Math.hypot(x - center.x, z - center.z)));
    const radius = Math.max(...corners);
    const ground = this.planes.length > 0 ? this.ground.position.z : -Infinity;
    box.expandByPoint(new THREE.Vector3(center.x - radius, center.y, Math.max(ground, center.z - radius)));
    box.expandByPoint(new THREE.Vector3(center.x + radius, center.y, center.z + radius));
  }

  bodyPosition(episode, { row, next, share }, into, body = this.recording.follows) {
    const column = this.recording.layout.poses + 7 * body;
    const value = (k) => episode.value(column + k, row) * (1 - share) + episode.value(column + k, next) * share;
    return into.set(value(0), value(1), value(2));
  }

  pose(episode, moment) {
    const { row, next, share } = moment;
    const { a, b } = this.scratch;
    this.bodies.forEach((group, body) => {
      const column = this.recording.layout.poses + 7 * body;
      this.bodyPosition(episode, moment, group.position, body);
      const read = (q, at) => q.set(
        episode.value(column + 4, at), episode.value(column + 5, at), episode.value(column + 6, at), episode.value(column + 3, at));
      read(a, row).normalize();
      group.quaternion.copy(share > 0 ? a.slerp(read(b, next).normalize(), share) : a);
    });
  }

  /** Puts everything where it is at a time of an episode. */
  show(episode, time) {
    if (episode.count === 0) return;
    const moment = episode.between(time);
    this.pose(episode, moment);
    this.scene.updateMatrixWorld(true);
    this.showForces(episode, moment);
    this.layers.show(episode, moment, this.radius ?? 1, this.shown);
    this.last = { episode, time };
    const position = this.bodyPosition(episode, moment, new THREE.Vector3());
    if (this.isFollowing && this.followOffset) {
      const wanted = position.clone().add(this.followOffset);
      if (this.followed) {
        // The camera goes with the robot along the ground, and stays level.
        this.orbit.target.x += wanted.x - this.followed.x;
        this.orbit.target.y += wanted.y - this.followed.y;
      } else {
        this.orbit.target.set(wanted.x, wanted.y, this.orbit.target.z);
      }
      this.followed = wanted;
      this.orbit.place();
    } else {
      this.followed = null;
    }
    this.lightUp(this.isFollowing ? position : this.orbit.homeTarget ?? position);
    this.needsDrawing = true;
  }

  lightUp(center) {
    const distance = 4 * (this.radius ?? 1.5);
    // In whole centimetres, so that shadows do not crawl as the robot moves.
    const at = new THREE.Vector3(Math.round(center.x * 100) / 100, Math.round(center.y * 100) / 100, Math.round(center.z * 20) / 20);
    this.sun.target.position.copy(at);
    this.sun.position.copy(at).add(new THREE.Vector3(0.45, -0.5, 1).normalize().multiplyScalar(distance));
    this.fill.target.position.copy(at);
    this.fill.position.copy(at).add(new THREE.Vector3(-1, 0.6, 0.4).multiplyScalar(distance));
  }

  showForces(episode, { row, next, share }) {
    const { layout, weight } = this.recording;
    // A force belongs to the step that ends with its row.
    const at = share > 0 ? next : row;
    const vector = (column) => new THREE.Vector3(
      episode.value(column, at) || 0, episode.value(column + 1, at) || 0, episode.value(column + 2, at) || 0);
    const size = this.radius ?? 1;
    if (layout.push >= 0) {
      const force = vector(layout.push);
      const strength = force.length();
      if (strength > 1e-9) {
        const body = this.bodies[layout.pushBody];
        const point = body.localToWorld(new THREE.Vector3(...layout.pushPoint));
        // Drawn against the body, as a hand that shoves; the length grows with the force up to the robot's weight.
        const length = size * (0.35 + 0.75 * Math.min(1, strength / weight));
        const arrow = force.clone().multiplyScalar(length / strength);
        pointArrow(this.push, this.skin(body, point, force).sub(arrow), arrow, 0.022 * size);
      } else {
        this.push.visible = false;
      }
    }
    layout.contacts.forEach((contact, i) => {
      const force = vector(contact.column);
      const point = vector(contact.column + 3);
      this.contacts[i].visible = false;
      if (!this.shown.forces || force.length() < 0.005 * weight) return;
      // An impact of many times the weight would leave the picture.
      const length = size * Math.min(1.8, (0.62 * force.length()) / weight);
      pointArrow(this.contacts[i], point, force.setLength(length), 0.011 * size);
    });
  }

  // MARK: What others ask for

  /** The picture jumps to another moment or episode: the camera goes with it instead of staying behind. */
  cut() {
    this.followed = null;
  }

  goHome() {
    this.cut();
    this.orbit.goHome();
    this.refresh();
  }

  setFollowing(isFollowing) {
    this.isFollowing = isFollowing;
    this.refresh();
  }

  /** Whether there is anything of a layer: `forces`, `points`, `joints`, `frames` or `mass`. */
  has(layer) {
    return layer === "forces" ? this.contacts.length > 0 : this.layers.has(layer);
  }

  shows(layer) {
    return this.shown[layer];
  }

  setShown(layer, isShown) {
    this.shown[layer] = isShown;
    this.refresh();
  }

  /** Shows the present moment once more. */
  refresh() {
    if (this.last) this.show(this.last.episode, this.last.time);
  }

  /** The part of the robot under the mouse: the body's index, the point in its frame and in the world, m; null where there is none. */
  hit(event) {
    this.aim(event);
    const hit = this.raycaster.intersectObjects(this.bodies, true)[0];
    if (!hit) return null;
    const body = this.bodies.indexOf(hit.object.parent);
    return { body, point: this.bodies[body].worldToLocal(hit.point.clone()), at: hit.point.clone() };
  }

  /** The plane through a point that faces the camera. */
  planeThrough(point) {
    return new THREE.Plane().setFromNormalAndCoplanarPoint(this.orbit.camera.getWorldDirection(new THREE.Vector3()), point);
  }

  /** Where the mouse meets a plane; null where it does not. */
  pointOn(plane, event) {
    this.aim(event);
    return this.raycaster.ray.intersectPlane(plane, new THREE.Vector3()) ?? null;
  }

  aim(event) {
    const box = this.element.getBoundingClientRect();
    const at = new THREE.Vector2(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2);
    this.raycaster.setFromCamera(at, this.orbit.camera);
  }

  /** Draws a pull from a point of a body, m in its frame, to a target in the world; none for null. */
  showHand(pull) {
    this.needsDrawing = true;
    if (!pull) {
      this.hand.visible = false;
      return;
    }
    const from = this.bodies[pull.body].localToWorld(pull.point.clone());
    pointArrow(this.hand, from, pull.target.clone().sub(from), 0.012 * (this.radius ?? 1));
  }

  /** Where a force that acts at a point within a body meets its surface. */
  skin(body, point, force) {
    const along = force.clone().normalize();
    this.raycaster.set(point.clone().addScaledVector(along, -2 * this.radius), along);
    return (this.raycaster.intersectObject(body, true)[0]?.point ?? point).clone();
  }

  /** What is drawn where, as the tests ask: the matrix of each body by name, column by column. */
  transforms() {
    this.scene.updateMatrixWorld(true);
    return Object.fromEntries(this.bodies.map((body) => [body.name, body.matrixWorld.toArray()]));
  }

  draw() {
    if (!this.needsDrawing) return;
    this.needsDrawing = false;
    this.renderer.render(this.scene, this.orbit.camera);
  }

  /**
   * Draws coarser if several pictures in a row took long while things move; what stands still is drawn as sharply as can be.
   *
   * @param seconds since the picture before.
   */
  adapt(isMoving, seconds) {
    this.slowness = isMoving && seconds > 0.055 ? this.slowness + 1 : 0;
    if (this.slowness >= 8 && this.sharpnessInMotion > 0.4) {
      this.slowness = 0;
      this.sharpnessInMotion *= 0.75;
    }
    const sharpness = isMoving ? this.sharpnessInMotion : 1;
    if (sharpness === this.sharpness) return;
    this.sharpness = sharpness;
    this.resize();
  }
}
