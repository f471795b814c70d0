// For dladdr.
#define _GNU_SOURCE
#include "COdeSupport.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- The order of QuickStep's constraints ---------------------------------------------------------------------------
//
// QuickStep shuffles its constraint rows every 8 iterations with dRandInt, whose state is one variable of the process:
// worlds on different threads would disturb each other. The library calls dRandInt through the dynamic linker, so this
// definition takes its place and draws from the state of the world that is being stepped on this thread.

static _Thread_local uint64_t *current_state = 0;
static _Thread_local uint64_t call_count = 0;
static _Thread_local uint64_t spare_state = 0;

int dRandInt(int n) {
  // SplitMix64. Source: Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".
  uint64_t *state = current_state ? current_state : &spare_state;
  call_count += 1;
  *state += 0x9E3779B97F4A7C15u;
  uint64_t z = *state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return (int)(((z >> 32) * (uint64_t)(uint32_t)n) >> 32);
}

int poise_ode_quick_step(dWorldID world, dReal time_step, uint64_t *state) {
  current_state = state;
  int result = dWorldQuickStep(world, time_step);
  current_state = 0;
  return result;
}

int poise_ode_random_is_ours(void) {
  if (!poise_ode_prepare_thread()) return 0;
  dWorldID world = dWorldCreate();
  dThreadingImplementationID threading = dThreadingAllocateSelfThreadedImplementation();
  dWorldSetStepThreadingImplementation(world, dThreadingImplementationGetFunctions(threading), threading);
  dWorldSetQuickStepNumIterations(world, 20);
  dBodyID first = dBodyCreate(world), second = dBodyCreate(world);
  dBodySetPosition(second, 1, 0, 0);
  dJointID joint = dJointCreateBall(world, 0);
  dJointAttach(joint, first, second);
  dJointSetBallAnchor(joint, 0.5, 0, 0);
  uint64_t before = call_count, state = 1;
  poise_ode_quick_step(world, 0.01, &state);
  int is_ours = call_count > before && state != 1;
  dWorldDestroy(world);
  dThreadingFreeImplementation(threading);
  return is_ours;
}

// --- Last words ------------------------------------------------------------------------------------------------------
//
// dError exits and dDebug aborts after their handlers return; all that can be done is to say which world it was.

static _Thread_local char context[256] = "";

void poise_ode_set_context(const char *text) {
  snprintf(context, sizeof context, "%s", text);
}

static void report(const char *kind, int number, const char *format, va_list arguments) {
  char message[512];
  vsnprintf(message, sizeof message, format, arguments);
  fprintf(stderr, "poise: fault in the physics engine (%s %d): %s%s%s\n", kind, number, message,
          context[0] ? "; while stepping " : "", context);
}

static void on_error(int number, const char *format, va_list arguments) {
  report("error", number, format, arguments);
  _Exit(70);
}

static void on_debug(int number, const char *format, va_list arguments) {
  report("assertion", number, format, arguments);
  _Exit(70);
}

static void on_message(int number, const char *format, va_list arguments) { report("message", number, format, arguments); }

// --- Start -----------------------------------------------------------------------------------------------------------

static int start_process(void) {
  if (!dInitODE2(0)) return 0;
  if (!dCheckConfiguration("ODE_double_precision")) return 0;
  dSetErrorHandler(on_error);
  dSetDebugHandler(on_debug);
  dSetMessageHandler(on_message);
  return 1;
}

#include <pthread.h>
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int process_is_ready = 0;
static void start_once(void) { process_is_ready = start_process(); }

int poise_ode_prepare_thread(void) {
  static _Thread_local int thread_is_ready = 0;
  if (thread_is_ready) return 1;
  pthread_once(&once, start_once);
  thread_is_ready = process_is_ready && dAllocateODEDataForThread(dAllocateMaskAll);
  return thread_is_ready;
}

// --- Which library ---------------------------------------------------------------------------------------------------

const char *poise_ode_library_file(void) {
  static char path[4096] = "";
  Dl_info information;
  // What this program calls dWorldStep may be an entry of its own that leads to the library, so the linker is asked.
  void *function = dlsym(RTLD_DEFAULT, "dWorldStep");
  if (!function || !dladdr(function, &information) || !information.dli_fname) return 0;
  return realpath(information.dli_fname, path);
}

// --- Exact state -----------------------------------------------------------------------------------------------------

void poise_ode_body_set_state(
    dBodyID body, const dReal *position, const dReal *quaternion, const dReal *linear_velocity,
    const dReal *angular_velocity) {
  // These two mark the body's geometries as moved.
  dBodySetPosition(body, position[0], position[1], position[2]);
  dBodySetQuaternion(body, quaternion);
  // The getters return the body's own memory. dBodySetQuaternion normalised it; put the exact bits back, and derive the
  // rotation from them just as a step does.
  memcpy((dReal *)dBodyGetQuaternion(body), quaternion, 4 * sizeof(dReal));
  dQtoR(quaternion, (dReal *)dBodyGetRotation(body));
  dBodySetLinearVel(body, linear_velocity[0], linear_velocity[1], linear_velocity[2]);
  dBodySetAngularVel(body, angular_velocity[0], angular_velocity[1], angular_velocity[2]);
  dBodySetForce(body, 0, 0, 0);
  dBodySetTorque(body, 0, 0, 0);
}
