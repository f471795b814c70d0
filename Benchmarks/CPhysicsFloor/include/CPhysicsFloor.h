#pragma once
// The floor of the physics benchmark: what a plain C program costs that makes the same ODE calls for the same robot.
#include <ode/ode.h>
#include <stdint.h>

enum floor_joint_kind { FLOOR_HINGE, FLOOR_SLIDE, FLOOR_UNIVERSAL, FLOOR_THREE_HINGE };
enum floor_shape { FLOOR_PLANE, FLOOR_SPHERE, FLOOR_CAPSULE, FLOOR_CYLINDER, FLOOR_BOX };

typedef struct {
  double mass;
  double inertia[6];  // xx, yy, zz, xy, xz, yz about the origin
  double position[3], quaternion[4];
  double center_of_mass[3];  // from the origin; not zero for a body held by the world
} floor_body;

typedef struct {
  int kind, child, parent;  // parent −1: the world
  double anchor[3], axes[3][3];
  double damping[3], lower[3], upper[3];
} floor_joint;

typedef struct {
  int body;  // −1: the world
  int shape;
  double size[3], position[3], quaternion[4];
  double half_axis[3], radius, reach;  // of the enclosing capsule and sphere
} floor_geometry;

typedef struct {
  int first, second, maximum_contacts, is_with_plane;
  double friction;
} floor_pair;

typedef struct {
  double gravity[3], time_step, erp, cfm, surface_layer, correcting_velocity, soft_erp, soft_cfm;
  int iterations;  // 0: dWorldStep
} floor_settings;

typedef struct floor_world floor_world;

floor_world *floor_create(
    const floor_settings *settings, const floor_body *bodies, int body_count, const floor_joint *joints, int joint_count,
    const floor_geometry *geometries, int geometry_count, const floor_pair *pairs, int pair_count);
void floor_destroy(floor_world *world);

/// Puts every body back to its start, at rest.
void floor_reset(floor_world *world);
/// Takes `count` physics steps with constant efforts, one for each axis of each joint in order.
void floor_run(floor_world *world, int count, const double *efforts);
/// Contacts of all steps since the start.
uint64_t floor_contacts(const floor_world *world);
