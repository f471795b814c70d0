#pragma once
// What ODE keeps once per process, given to each world; see ../COdeSupport.c for the reasons.
#include <ode/ode.h>
#include <stdint.h>

/// Starts ODE for this process and, on every call, for the calling thread. Cheap after the first call on a thread.
/// Returns 1, or 0 if ODE cannot start or is not built for double precision.
int poise_ode_prepare_thread(void);

/// What became of a step.
enum {
  /// ODE gave up on the step: the world must not be touched any more, not even destroyed; `poise_ode_last_words` tells why.
  POISE_ODE_BROKEN = 0,
  POISE_ODE_DONE = 1,
  /// The direct solver gave up on some constraints ("LCP internal error") and moved the bodies without their forces.
  POISE_ODE_UNSOLVED = 2,
};

/// One step: dWorldQuickStep whose shuffling of constraints is drawn from `*state`, which belongs to this world alone, or
/// dWorldStep where `state` is null. Returns one of the above.
int poise_ode_step(dWorldID world, dReal time_step, uint64_t *state);

/// dCollide; −1 where ODE gave up on it.
int poise_ode_collide(dGeomID first, dGeomID second, int flags, dContactGeom *contacts, int stride);

/// Why ODE gave up last on this thread.
const char *poise_ode_last_words(void);

/// Calls dDebug as an assertion of ODE would, and returns 1 if that was survived.
int poise_ode_give_up_on_purpose(void);

/// 1 if ODE's calls of dRandInt really reach ours, so that QuickStep repeats; found out by stepping a small world.
int poise_ode_random_is_ours(void);

/// The path of the shared library that holds ODE, or 0 where that cannot be told. Never freed.
const char *poise_ode_library_file(void);

/// Puts a body into exactly this state, bit for bit: dBodySetQuaternion would normalise, and change the last bits.
/// position[3], quaternion[4] (w, x, y, z), linear_velocity[3], angular_velocity[3]; the force accumulators are cleared.
void poise_ode_body_set_state(
    dBodyID body, const dReal *position, const dReal *quaternion, const dReal *linear_velocity,
    const dReal *angular_velocity);

/// Copies what a step starts from: position[3], quaternion[4], linear and angular velocity, force, torque [3 each]; 19 in all.
void poise_ode_body_get_start(dBodyID body, dReal *start);

/// Puts a body back to what `poise_ode_body_get_start` copied, bit for bit.
void poise_ode_body_set_start(dBodyID body, const dReal *start);

/// Names what this thread is about to simulate, for the last words before ODE ends the process. `text` is copied.
void poise_ode_set_context(const char *text);
