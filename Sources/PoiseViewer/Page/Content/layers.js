"use strict";
// What can be shown over the robot, as MuJoCo's viewer does: points of contact, axes of joints, frames of bodies, centres of mass.

/** A material that is seen through the robot. */
function overlayMaterial(color, opacity = 1) {
  return new THREE.MeshBasicMaterial({
    color: new THREE.Color(color).convertSRGBToLinear(), depthTest: false, depthWrite: false, transparent: true, opacity,
  });
}

class Layers {
  constructor(recording, scene, bodies) {
    Object.assign(this, { recording, scene, bodies });
    /** The groups of each layer, made when they are first shown. */
    this.groups = {};
  }

  has(layer) {
    const { layout, bodies } = this.recording;
    return {
      points: layout.contactPointCapacity > 0, joints: bodies.some(({ joints }) => joints.length > 0), frames: bodies.length > 0,
      mass: bodies.some(({ mass }) => mass > 0),
    }[layer];
  }

  group(layer, make) {
    if (!this.groups[layer]) {
      this.groups[layer] = new THREE.Group();
      make(this.groups[layer]);
      this.groups[layer].traverse((part) => { part.renderOrder = 2; });
      this.scene.add(this.groups[layer]);
    }
    return this.groups[layer];
  }

  /** Brings the layers that are shown to a moment; `size` is the robot's radius, m. */
  show(episode, moment, size, shown) {
    for (const layer of Object.keys(this.groups)) this.groups[layer].visible = shown[layer];
    if (shown.points) this.showPoints(episode, moment, size);
    if (shown.joints) this.showJoints(episode, moment, size);
    if (shown.frames) this.showFrames(size);
    if (shown.mass) this.showMass(size);
  }

  ball(color) {
    return new THREE.Mesh(new THREE.SphereBufferGeometry(1, 16, 12), overlayMaterial(color));
  }

  showPoints(episode, { row, next, share }, size) {
    const { contactPoints, contactPointCapacity } = this.recording.layout;
    const group = this.group("points", (made) => {
      for (let i = 0; i < contactPointCapacity; i++) made.add(this.ball(0xffb300));
    });
    const at = share > 0 ? next : row;
    group.children.forEach((ball, i) => {
      const position = [0, 1, 2].map((k) => episode.value(contactPoints + 3 * i + k, at));
      ball.visible = position.every(Number.isFinite);
      ball.position.set(...position);
      ball.scale.setScalar(0.018 * size);
    });
  }

  /**
   * Each hinge as an arrow about which it turns, each slide as an arrow along which it moves, each ball as a ball. The joints of one
   * body move it one after the other, so the axis of an outer one is turned back by those that come after it.
   */
  showJoints(episode, { row, next, share }, size) {
    const { layout, bodies } = this.recording;
    const all = bodies.flatMap(({ joints }, body) => joints.map((joint, i) => ({ body, joint, after: joints.slice(i + 1) })));
    const colors = { hinge: 0x2f6fed, slide: 0x12a150, ball: 0x8b5cf6 };
    const group = this.group("joints", (made) => {
      for (const { joint } of all) {
        const mark = joint.kind === "ball" ? this.ball(colors.ball) : makeArrow(colors[joint.kind]);
        mark.traverse((part) => { if (part.isMesh) Object.assign(part, { material: overlayMaterial(colors[joint.kind], 0.9), castShadow: false }); });
        made.add(mark);
      }
    });
    all.forEach(({ body, joint, after }, i) => {
      const anchor = new THREE.Vector3(...joint.anchor);
      const axis = new THREE.Vector3(...joint.axis);
      for (const later of after) {
        if (later.scalar < 0) continue;
        const column = layout.joints + later.scalar;
        const value = episode.value(column, row) * (1 - share) + episode.value(column, next) * share - later.reference;
        const about = new THREE.Vector3(...later.axis);
        if (later.kind === "slide") {
          anchor.addScaledVector(about, -value);
        } else {
          const back = new THREE.Quaternion().setFromAxisAngle(about, -value);
          const center = new THREE.Vector3(...later.anchor);
          anchor.sub(center).applyQuaternion(back).add(center);
          axis.applyQuaternion(back);
        }
      }
      const at = this.bodies[body].localToWorld(anchor);
      const mark = group.children[i];
      if (joint.kind === "ball") {
        mark.position.copy(at);
        mark.scale.setScalar(0.03 * size);
      } else {
        axis.applyQuaternion(this.bodies[body].quaternion).multiplyScalar(0.24 * size);
        pointArrow(mark, at.addScaledVector(axis, -0.5), axis, 0.009 * size);
      }
    });
  }

  /** The frame of each body: x red, y green, z blue. */
  showFrames(size) {
    const group = this.group("frames", (made) => {
      for (let i = 0; i < this.bodies.length; i++) {
        const frame = new THREE.Group();
        [0xe5484d, 0x30a46c, 0x3e63dd].forEach((color, axis) => {
          const bar = new THREE.Mesh(cylinderGeometry(0.035, 0.5), overlayMaterial(color));
          const along = new THREE.Vector3().setComponent(axis, 1);
          bar.quaternion.setFromUnitVectors(zAxis(), along);
          bar.position.copy(along).multiplyScalar(0.5);
          frame.add(bar);
        });
        made.add(frame);
      }
    });
    group.children.forEach((frame, i) => {
      frame.position.copy(this.bodies[i].position);
      frame.quaternion.copy(this.bodies[i].quaternion);
      frame.scale.setScalar(0.14 * size);
    });
  }

  /** The centre of mass of each body, small, and that of the robot, large, with its plumb line to the ground. */
  showMass(size) {
    const { bodies } = this.recording;
    const group = this.group("mass", (made) => {
      for (let i = 0; i < bodies.length; i++) made.add(this.ball(0x94a3b8));
      made.add(this.ball(0xd6336c));
      made.add(new THREE.Mesh(cylinderGeometry(1, 0.5), overlayMaterial(0xd6336c, 0.7)));
    });
    const total = bodies.reduce((sum, { mass }) => sum + mass, 0);
    const center = this.centerOfMass();
    bodies.forEach(({ mass, centerOfMass }, i) => {
      const ball = group.children[i];
      ball.position.copy(this.bodies[i].localToWorld(new THREE.Vector3(...centerOfMass)));
      ball.scale.setScalar(0.03 * size * Math.cbrt(mass / total));
      ball.visible = mass > 0;
    });
    const [whole, plumb] = group.children.slice(bodies.length);
    whole.position.copy(center);
    whole.scale.setScalar(0.032 * size);
    const plane = this.recording.scenery.find(({ kind }) => kind === "plane");
    plumb.visible = Boolean(plane) && center.z > plane.at[2];
    if (!plumb.visible) return;
    const height = center.z - plane.at[2];
    plumb.scale.set(0.004 * size, 0.004 * size, height);
    plumb.position.set(center.x, center.y, plane.at[2] + height / 2);
  }

  /** m, world frame: of the robot as it is drawn, with the masses of its model. */
  centerOfMass() {
    const sum = new THREE.Vector3();
    let total = 0;
    this.recording.bodies.forEach(({ mass, centerOfMass }, i) => {
      sum.addScaledVector(this.bodies[i].localToWorld(new THREE.Vector3(...centerOfMass)), mass);
      total += mass;
    });
    return sum.multiplyScalar(1 / (total || 1));
  }
}
