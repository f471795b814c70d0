"use strict";
// MJCF shapes as meshes. Capsules and cylinders lie along z; lengths in m.

/** A surface of revolution about z from points [radius, height], bottom to top, with a normal for each. */
function revolved(profile, segments) {
  const positions = [];
  const normals = [];
  const triangles = [];
  for (let i = 0; i < profile.length; i++) {
    const { radius, height, outward, upward } = profile[i];
    for (let j = 0; j <= segments; j++) {
      const angle = (2 * Math.PI * j) / segments;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      positions.push(radius * c, radius * s, height);
      normals.push(outward * c, outward * s, upward);
      if (i === 0 || j === 0) continue;
      const here = i * (segments + 1) + j;
      const below = here - segments - 1;
      triangles.push(below - 1, below, here, below - 1, here, here - 1);
    }
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(positions, 3));
  geometry.setAttribute("normal", new THREE.Float32BufferAttribute(normals, 3));
  geometry.setIndex(triangles);
  return geometry;
}

function capsuleGeometry(radius, halfLength) {
  const profile = [];
  const rings = 10;
  for (const side of [-1, 1]) {
    for (let i = 0; i <= rings; i++) {
      const angle = side < 0 ? -Math.PI / 2 + (i / rings) * (Math.PI / 2) : (i / rings) * (Math.PI / 2);
      profile.push({
        radius: radius * Math.cos(angle), height: side * halfLength + radius * Math.sin(angle),
        outward: Math.cos(angle), upward: Math.sin(angle),
      });
    }
  }
  return revolved(profile, 32);
}

function cylinderGeometry(radius, halfLength) {
  return revolved(
    [
      { radius: 0, height: -halfLength, outward: 0, upward: -1 },
      { radius, height: -halfLength, outward: 0, upward: -1 },
      { radius, height: -halfLength, outward: 1, upward: 0 },
      { radius, height: halfLength, outward: 1, upward: 0 },
      { radius, height: halfLength, outward: 0, upward: 1 },
      { radius: 0, height: halfLength, outward: 0, upward: 1 },
    ],
    40,
  );
}

/** A box whose edges are rounded a little, so that they catch the light. */
function boxGeometry([a, b, c]) {
  const bevel = Math.min(0.012, 0.3 * Math.min(a, b, c));
  const steps = 4;
  const positions = [];
  const normals = [];
  const triangles = [];
  const half = [a, b, c];
  // Each face as a grid that is fine at its rim; points are pushed onto the rounded box.
  const rim = [];
  for (let i = 0; i <= steps; i++) rim.push(-1 + i / steps);
  for (let axis = 0; axis < 3; axis++) {
    for (const side of [-1, 1]) {
      const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
      const lines = (k) => [...rim.map((r) => -half[k] + bevel * (1 + r)), ...rim.map((r) => half[k] - bevel * (1 - (1 + r)))];
      const [us, vs] = [lines(u), lines(v)];
      const first = positions.length / 3;
      for (const y of vs) {
        for (const x of us) {
          const point = [0, 0, 0];
          point[axis] = side * half[axis];
          point[u] = x;
          point[v] = y;
          const inner = point.map((value, k) => Math.max(-half[k] + bevel, Math.min(half[k] - bevel, value)));
          const out = point.map((value, k) => value - inner[k]);
          const length = Math.hypot(...out);
          const normal = out.map((value) => value / length);
          positions.push(...inner.map((value, k) => value + bevel * normal[k]));
          normals.push(...normal);
        }
      }
      const n = us.length;
      for (let j = 1; j < vs.length; j++) {
        for (let i = 1; i < n; i++) {
          const [p, q, r, s] = [first + (j - 1) * n + i - 1, first + (j - 1) * n + i, first + j * n + i, first + j * n + i - 1];
          if (side > 0) triangles.push(p, q, r, p, r, s);
          else triangles.push(p, r, q, p, s, r);
        }
      }
    }
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(positions, 3));
  geometry.setAttribute("normal", new THREE.Float32BufferAttribute(normals, 3));
  geometry.setIndex(triangles);
  return geometry;
}

/** The mesh of a shape in its body's frame; null for planes, which are the ground. */
function meshOf(shape) {
  let geometry = null;
  switch (shape.kind) {
    case "sphere": geometry = new THREE.SphereBufferGeometry(shape.size[0], 40, 28); break;
    case "capsule": geometry = capsuleGeometry(shape.size[0], shape.size[1]); break;
    case "cylinder": geometry = cylinderGeometry(shape.size[0], shape.size[1]); break;
    case "box": geometry = boxGeometry(shape.size); break;
    default: return null;
  }
  const [red, green, blue, opacity] = shape.color;
  const material = new THREE.MeshStandardMaterial({
    color: new THREE.Color(red, green, blue).convertSRGBToLinear(), roughness: 0.55, metalness: 0.05,
    transparent: opacity < 1, opacity,
  });
  const mesh = new THREE.Mesh(geometry, material);
  mesh.castShadow = opacity > 0.5;
  mesh.receiveShadow = true;
  mesh.position.set(...shape.at);
  const [w, x, y, z] = shape.turn;
  mesh.quaternion.set(x, y, z, w);
  return mesh;
}

/** An arrow of length 1 along z, from the origin, to be scaled by `pointArrow`. */
function makeArrow(color) {
  const arrow = new THREE.Group();
  const tint = new THREE.Color(color).convertSRGBToLinear();
  const material = new THREE.MeshStandardMaterial({ color: tint, roughness: 0.5, emissive: tint, emissiveIntensity: 0.4 });
  const shaft = new THREE.Mesh(cylinderGeometry(1, 0.5), material);
  const head = new THREE.Mesh(
    revolved(
      [
        { radius: 0, height: 0, outward: 0, upward: -1 }, { radius: 1, height: 0, outward: 0, upward: -1 },
        { radius: 1, height: 0, outward: 0.9, upward: 0.43 }, { radius: 0, height: 1, outward: 0.9, upward: 0.43 },
      ],
      32,
    ),
    material,
  );
  shaft.castShadow = head.castShadow = true;
  arrow.add(shaft, head);
  arrow.visible = false;
  return arrow;
}

const zAxis = () => new THREE.Vector3(0, 0, 1);

/** Lays an arrow from a point along a vector; `thickness` is the shaft's radius. */
function pointArrow(arrow, from, vector, thickness) {
  const length = vector.length();
  arrow.visible = length > 1e-6;
  if (!arrow.visible) return;
  const [shaft, head] = arrow.children;
  const headLength = Math.min(0.45 * length, 5 * thickness);
  shaft.scale.set(thickness, thickness, length - headLength);
  shaft.position.set(0, 0, (length - headLength) / 2);
  head.scale.set(2.2 * thickness, 2.2 * thickness, headLength);
  head.position.set(0, 0, length - headLength);
  arrow.position.copy(from);
  arrow.quaternion.setFromUnitVectors(zAxis(), vector.clone().normalize());
}
