#include "CPhysicsFloor.h"
#include <COdeSupport.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  floor_joint d;
  dJointID joint, motor;
  double in_parent[3][3], in_child[3][3];
} joint_t;

struct floor_world {
  floor_settings s;
  dWorldID world;
  dThreadingImplementationID threading;
  dJointGroupID group;
  floor_body *bodies;
  dBodyID *body;
  joint_t *joints;
  floor_geometry *geometries;
  dGeomID *geom;
  double (*center)[3], (*axis)[3];
  floor_pair *pairs;
  dContact *contacts;
  dJointFeedback *feedback;
  int body_count, joint_count, geometry_count, pair_count;
  uint64_t random_state, contact_total;
};

static void *copy(const void *from, size_t size) {
  void *to = malloc(size ? size : 1);
  if (size) memcpy(to, from, size);
  return to;
}

// out = R v, or v where the body is the world.
static void rotate(const floor_world *w, int body, const double *v, double *out) {
  if (body < 0) { memcpy(out, v, 3 * sizeof *out); return; }
  const dReal *r = dBodyGetRotation(w->body[body]);
  for (int i = 0; i < 3; i++) out[i] = r[4 * i] * v[0] + r[4 * i + 1] * v[1] + r[4 * i + 2] * v[2];
}
static void unrotate(const floor_world *w, int body, const double *v, double *out) {
  if (body < 0) { memcpy(out, v, 3 * sizeof *out); return; }
  const dReal *r = dBodyGetRotation(w->body[body]);
  for (int i = 0; i < 3; i++) out[i] = r[i] * v[0] + r[4 + i] * v[1] + r[8 + i] * v[2];
}
static double dot(const double *a, const double *b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
static void cross(const double *a, const double *b, double *o) {
  o[0] = a[1] * b[2] - a[2] * b[1];
  o[1] = a[2] * b[0] - a[0] * b[2];
  o[2] = a[0] * b[1] - a[1] * b[0];
}

static void add_joint(floor_world *w, joint_t *j) {
  const floor_joint *d = &j->d;
  dBodyID child = w->body[d->child], parent = d->parent < 0 ? 0 : w->body[d->parent];
  int axes = d->kind == FLOOR_UNIVERSAL ? 2 : d->kind == FLOOR_THREE_HINGE ? 3 : 1;
  for (int i = 0; i < axes; i++) {
    unrotate(w, d->parent, d->axes[i], j->in_parent[i]);
    unrotate(w, d->child, d->axes[i], j->in_child[i]);
  }
  j->motor = 0;
  switch (d->kind) {
    case FLOOR_HINGE:
      j->joint = dJointCreateHinge(w->world, 0);
      dJointAttach(j->joint, child, parent);
      dJointSetHingeAnchor(j->joint, d->anchor[0], d->anchor[1], d->anchor[2]);
      dJointSetHingeAxis(j->joint, d->axes[0][0], d->axes[0][1], d->axes[0][2]);
      dJointSetHingeParam(j->joint, dParamLoStop, d->lower[0]);
      dJointSetHingeParam(j->joint, dParamHiStop, d->upper[0]);
      if (d->damping[0] > 0) {
        dJointSetHingeParam(j->joint, dParamFMax, dInfinity);
        dJointSetHingeParam(j->joint, dParamCFM, 1 / d->damping[0]);
      }
      return;
    case FLOOR_SLIDE:
      j->joint = dJointCreateSlider(w->world, 0);
      dJointAttach(j->joint, child, parent);
      dJointSetSliderAxis(j->joint, d->axes[0][0], d->axes[0][1], d->axes[0][2]);
      dJointSetSliderParam(j->joint, dParamLoStop, d->lower[0]);
      dJointSetSliderParam(j->joint, dParamHiStop, d->upper[0]);
      if (d->damping[0] > 0) {
        dJointSetSliderParam(j->joint, dParamFMax, dInfinity);
        dJointSetSliderParam(j->joint, dParamCFM, 1 / d->damping[0]);
      }
      return;
    case FLOOR_UNIVERSAL:
      j->joint = dJointCreateUniversal(w->world, 0);
      dJointAttach(j->joint, child, parent);
      dJointSetUniversalAnchor(j->joint, d->anchor[0], d->anchor[1], d->anchor[2]);
      dJointSetUniversalAxis1(j->joint, d->axes[1][0], d->axes[1][1], d->axes[1][2]);
      dJointSetUniversalAxis2(j->joint, d->axes[0][0], d->axes[0][1], d->axes[0][2]);
      break;
    default:
      j->joint = dJointCreateBall(w->world, 0);
      dJointAttach(j->joint, child, parent);
      dJointSetBallAnchor(j->joint, d->anchor[0], d->anchor[1], d->anchor[2]);
  }
  j->motor = dJointCreateAMotor(w->world, 0);
  dJointAttach(j->motor, child, parent);
  dJointSetAMotorNumAxes(j->motor, axes);
  for (int i = 0; i < axes; i++) {
    if (d->damping[i] > 0) {
      dJointSetAMotorParam(j->motor, dParamGroup * i + dParamFMax, dInfinity);
      dJointSetAMotorParam(j->motor, dParamGroup * i + dParamCFM, 1 / d->damping[i]);
    }
  }
}

static dGeomID add_geometry(floor_world *w, const floor_geometry *g) {
  dGeomID geom = 0;
  switch (g->shape) {
    case FLOOR_PLANE: {
      double n[3];
      dMatrix3 r;
      dQtoR(g->quaternion, r);
      for (int i = 0; i < 3; i++) n[i] = r[4 * i + 2];
      return dCreatePlane(0, n[0], n[1], n[2], dot(n, g->position));
    }
    case FLOOR_SPHERE: geom = dCreateSphere(0, g->size[0]); break;
    case FLOOR_CAPSULE: geom = dCreateCapsule(0, g->size[0], 2 * g->size[1]); break;
    case FLOOR_CYLINDER: geom = dCreateCylinder(0, g->size[0], 2 * g->size[1]); break;
    default: geom = dCreateBox(0, 2 * g->size[0], 2 * g->size[1], 2 * g->size[2]);
  }
  if (g->body >= 0) {
    dGeomSetBody(geom, w->body[g->body]);
    dGeomSetOffsetPosition(geom, g->position[0], g->position[1], g->position[2]);
    dGeomSetOffsetQuaternion(geom, g->quaternion);
  } else {
    dGeomSetPosition(geom, g->position[0], g->position[1], g->position[2]);
    dGeomSetQuaternion(geom, g->quaternion);
  }
  return geom;
}

floor_world *floor_create(
    const floor_settings *settings, const floor_body *bodies, int body_count, const floor_joint *joints, int joint_count,
    const floor_geometry *geometries, int geometry_count, const floor_pair *pairs, int pair_count) {
  poise_ode_prepare_thread();
  floor_world *w = calloc(1, sizeof *w);
  w->s = *settings;
  w->world = dWorldCreate();
  w->threading = dThreadingAllocateSelfThreadedImplementation();
  dWorldSetStepThreadingImplementation(w->world, dThreadingImplementationGetFunctions(w->threading), w->threading);
  dWorldSetGravity(w->world, settings->gravity[0], settings->gravity[1], settings->gravity[2]);
  dWorldSetERP(w->world, settings->erp);
  dWorldSetCFM(w->world, settings->cfm);
  dWorldSetContactMaxCorrectingVel(w->world, settings->correcting_velocity);
  dWorldSetContactSurfaceLayer(w->world, settings->surface_layer);
  if (settings->iterations) dWorldSetQuickStepNumIterations(w->world, settings->iterations);
  w->group = dJointGroupCreate(0);

  w->bodies = copy(bodies, sizeof *bodies * body_count);
  w->body_count = body_count;
  w->body = malloc(sizeof *w->body * (body_count + 1));
  for (int i = 0; i < body_count; i++) {
    const floor_body *b = &bodies[i];
    w->body[i] = dBodyCreate(w->world);
    dMass m;
    dMassSetParameters(&m, b->mass, 0, 0, 0, b->inertia[0], b->inertia[1], b->inertia[2], b->inertia[3], b->inertia[4],
                       b->inertia[5]);
    dBodySetMass(w->body[i], &m);
    if (b->center_of_mass[0] != 0 || b->center_of_mass[1] != 0 || b->center_of_mass[2] != 0) {
      dBodySetGravityMode(w->body[i], 0);
      dBodySetFiniteRotationMode(w->body[i], 1);
    }
  }
  floor_reset(w);

  w->joint_count = joint_count;
  w->joints = calloc(joint_count + 1, sizeof *w->joints);
  for (int i = 0; i < joint_count; i++) {
    w->joints[i].d = joints[i];
    add_joint(w, &w->joints[i]);
  }

  w->geometry_count = geometry_count;
  w->geometries = copy(geometries, sizeof *geometries * geometry_count);
  w->geom = malloc(sizeof *w->geom * (geometry_count + 1));
  w->center = calloc(geometry_count + 1, sizeof *w->center);
  w->axis = calloc(geometry_count + 1, sizeof *w->axis);
  for (int i = 0; i < geometry_count; i++) {
    w->geom[i] = add_geometry(w, &geometries[i]);
    memcpy(w->center[i], geometries[i].position, sizeof *w->center);
    memcpy(w->axis[i], geometries[i].half_axis, sizeof *w->axis);
  }
  w->pair_count = pair_count;
  w->pairs = copy(pairs, sizeof *pairs * pair_count);
  int capacity = 1;
  for (int i = 0; i < pair_count; i++) capacity += pairs[i].maximum_contacts;
  w->contacts = calloc(capacity, sizeof *w->contacts);
  w->feedback = calloc(capacity, sizeof *w->feedback);
  return w;
}

void floor_destroy(floor_world *w) {
  for (int i = 0; i < w->geometry_count; i++) dGeomDestroy(w->geom[i]);
  dJointGroupDestroy(w->group);
  dWorldDestroy(w->world);
  dThreadingFreeImplementation(w->threading);
  free(w->bodies); free(w->body); free(w->joints); free(w->geometries); free(w->geom);
  free(w->center); free(w->axis); free(w->pairs); free(w->contacts); free(w->feedback);
  free(w);
}

void floor_reset(floor_world *w) {
  static const double zero[3] = {0, 0, 0};
  for (int i = 0; i < w->body_count; i++)
    poise_ode_body_set_state(w->body[i], w->bodies[i].position, w->bodies[i].quaternion, zero, zero);
  w->random_state = 0;
}

static void drive(floor_world *w, joint_t *j, const double **efforts) {
  const floor_joint *d = &j->d;
  double g[3][3], torque[3] = {0, 0, 0};
  int axes = 1;
  if (d->kind == FLOOR_SLIDE) {
    dJointAddSliderForce(j->joint, *(*efforts)++);
    return;
  }
  rotate(w, d->parent, j->in_parent[0], g[0]);
  if (d->kind == FLOOR_UNIVERSAL) {
    axes = 2;
    rotate(w, d->child, j->in_child[1], g[1]);
  } else if (d->kind == FLOOR_THREE_HINGE) {
    axes = 3;
    double first[3], last[3], volume;
    memcpy(first, g[0], sizeof first);
    rotate(w, d->child, j->in_child[2], last);
    cross(last, first, g[1]);
    volume = sqrt(dot(g[1], g[1]));
    for (int i = 0; i < 3; i++) g[1][i] /= volume;
    cross(g[1], last, g[0]);
    cross(first, g[1], g[2]);
    for (int i = 0; i < 3; i++) { g[0][i] /= volume; g[2][i] /= volume; }
  }
  for (int a = 0; a < axes; a++) {
    if (j->motor) dJointSetAMotorAxis(j->motor, a, 0, g[a][0], g[a][1], g[a][2]);
    double effort = *(*efforts)++;
    for (int i = 0; i < 3; i++) torque[i] += effort * g[a][i];
  }
  dBodyAddTorque(w->body[d->child], torque[0], torque[1], torque[2]);
  if (d->parent >= 0) dBodyAddTorque(w->body[d->parent], -torque[0], -torque[1], -torque[2]);
}

static double clamp(double x) { return x < -1 ? -1 : x > 1 ? 1 : x; }

static int may_touch(const floor_world *w, const floor_pair *p) {
  const floor_geometry *a = &w->geometries[p->first], *b = &w->geometries[p->second];
  const double *ca = w->center[p->first], *cb = w->center[p->second], *ua = w->axis[p->first], *ub = w->axis[p->second];
  double d[3] = {cb[0] - ca[0], cb[1] - ca[1], cb[2] - ca[2]};
  if (p->is_with_plane) return -dot(ub, d) - fabs(dot(ub, ua)) <= a->radius;
  double reach = a->reach + b->reach, radius = a->radius + b->radius;
  if (dot(d, d) > reach * reach) return 0;
  double aa = dot(ua, ua), bb = dot(ub, ub), ab = dot(ua, ub), ad = dot(ua, d), bd = dot(ub, d);
  double denominator = aa * bb - ab * ab;
  double s = denominator > 1e-12 * aa * bb ? clamp((ad * bb - ab * bd) / denominator) : 0;
  double free_t = bb > 0 ? (ab * s - bd) / bb : 0, t = clamp(free_t);
  if (t != free_t || bb == 0) s = aa > 0 ? clamp((ad + ab * t) / aa) : 0;
  double e[3];
  for (int i = 0; i < 3; i++) e[i] = d[i] + t * ub[i] - s * ua[i];
  return dot(e, e) <= radius * radius;
}

static void collide(floor_world *w) {
  for (int i = 0; i < w->geometry_count; i++) {
    const floor_geometry *g = &w->geometries[i];
    if (g->body < 0) continue;
    const dReal *p = dBodyGetPosition(w->body[g->body]);
    rotate(w, g->body, g->position, w->center[i]);
    rotate(w, g->body, g->half_axis, w->axis[i]);
    for (int k = 0; k < 3; k++) w->center[i][k] += p[k];
  }
  int count = 0;
  for (int i = 0; i < w->pair_count; i++) {
    const floor_pair *p = &w->pairs[i];
    if (!may_touch(w, p)) continue;
    int found = dCollide(w->geom[p->first], w->geom[p->second], p->maximum_contacts, &w->contacts[count].geom, sizeof(dContact));
    for (int k = count; k < count + found; k++) {
      dContact *c = &w->contacts[k];
      c->surface.mode = dContactApprox1 | dContactSoftERP | dContactSoftCFM;
      c->surface.mu = p->friction;
      c->surface.soft_erp = w->s.soft_erp;
      c->surface.soft_cfm = w->s.soft_cfm;
      dJointID joint = dJointCreateContact(w->world, w->group, c);
      dJointAttach(joint, w->body[w->geometries[p->first].body],
                   w->geometries[p->second].body < 0 ? 0 : w->body[w->geometries[p->second].body]);
      dJointSetFeedback(joint, &w->feedback[k]);
    }
    count += found;
  }
  w->contact_total += count;
}

void floor_run(floor_world *w, int count, const double *efforts) {
  for (int step = 0; step < count; step++) {
    const double *next = efforts;
    for (int i = 0; i < w->joint_count; i++) drive(w, &w->joints[i], &next);
    for (int i = 0; i < w->body_count; i++) {
      const double *c = w->bodies[i].center_of_mass;
      if (c[0] == 0 && c[1] == 0 && c[2] == 0) continue;
      double r[3], m = w->bodies[i].mass;
      const dReal *p = dBodyGetPosition(w->body[i]);
      rotate(w, i, c, r);
      dBodyAddForceAtPos(w->body[i], m * w->s.gravity[0], m * w->s.gravity[1], m * w->s.gravity[2], p[0] + r[0],
                         p[1] + r[1], p[2] + r[2]);
    }
    if (w->pair_count) collide(w);
    if (!poise_ode_step(w->world, w->s.time_step, w->s.iterations ? &w->random_state : 0)) {
      // The world must not be touched any more, and half a figure is none.
      fprintf(stderr, "poise: fault in the physics engine: %s; while timing the plain C loop\n", poise_ode_last_words());
      _Exit(70);
    }
    if (w->pair_count) dJointGroupEmpty(w->group);
  }
}

uint64_t floor_contacts(const floor_world *w) { return w->contact_total; }
