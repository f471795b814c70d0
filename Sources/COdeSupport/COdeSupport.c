// For dladdr.
#define _GNU_SOURCE
#include "COdeSupport.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
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
  poise_ode_step(world, 0.01, &state);
  int is_ours = call_count > before && state != 1;
  dWorldDestroy(world);
  dThreadingFreeImplementation(threading);
  return is_ours;
}

// --- What ODE gives up on ---------------------------------------------------------------------------------------------
//
// dError exits and dDebug aborts after their handlers return, and nothing can be thrown through them. So a handler does not
// return where a step or a collision is under way: it jumps back to the call below, over frames of ODE alone, which own
// nothing but memory. What that step had borrowed of the world's memory and of its (self-threaded, hence lock-free) threading
// object stays borrowed: the world must neither be stepped nor destroyed any more. Anywhere else all that can be done is to
// say what it was.

static _Thread_local char context[256] = "";
static _Thread_local char last_words[512] = "";
static _Thread_local jmp_buf *way_back = 0;

void poise_ode_set_context(const char *text) {
  snprintf(context, sizeof context, "%s", text);
}

const char *poise_ode_last_words(void) { return last_words; }

static void give_up(const char *kind, int number, const char *format, va_list arguments) {
  int length = snprintf(last_words, sizeof last_words, "%s %d: ", kind, number);
  vsnprintf(last_words + length, sizeof last_words - (size_t)length, format, arguments);
  if (way_back) longjmp(*way_back, 1);
  fprintf(stderr, "poise: fault in the physics engine: %s%s%s\n", last_words, context[0] ? "; while stepping " : "",
          context);
  _Exit(70);
}

static void on_error(int number, const char *format, va_list arguments) { give_up("error", number, format, arguments); }

static void on_debug(int number, const char *format, va_list arguments) {
  give_up("assertion", number, format, arguments);
}

// How often the direct solver gave up on constraints in the step that is under way on this thread.
static _Thread_local int unsolved_count = 0;

// The direct solver's "s <= 0" in a step is the step's result, and whoever asked for the step answers it. Everything else is
// told, a few times, not a million times.
static void on_message(int number, const char *format, va_list arguments) {
  if (number == d_ERR_LCP && way_back) {
    unsolved_count += 1;
    return;
  }
  static _Thread_local int told = 0;
  if (told >= 3) return;
  told += 1;
  char message[512];
  vsnprintf(message, sizeof message, format, arguments);
  fprintf(stderr, "poise: the physics engine says (%d): %s%s%s%s\n", number, message,
          context[0] ? "; while stepping " : "", context, told == 3 ? "; more of this is not told" : "");
}

int poise_ode_step(dWorldID world, dReal time_step, uint64_t *state) {
  jmp_buf here;
  if (setjmp(here)) {
    way_back = 0;
    current_state = 0;
    return POISE_ODE_BROKEN;
  }
  way_back = &here;
  current_state = state;
  unsolved_count = 0;
  int result = state ? dWorldQuickStep(world, time_step) : dWorldStep(world, time_step);
  current_state = 0;
  way_back = 0;
  if (!result) {
    snprintf(last_words, sizeof last_words, "no memory for a step");
    return POISE_ODE_BROKEN;
  }
  return unsolved_count > 0 ? POISE_ODE_UNSOLVED : POISE_ODE_DONE;
}

int poise_ode_collide(dGeomID first, dGeomID second, int flags, dContactGeom *contacts, int stride) {
  jmp_buf here;
  if (setjmp(here)) {
    way_back = 0;
    return -1;
  }
  way_back = &here;
  int count = dCollide(first, second, flags, contacts, stride);
  way_back = 0;
  return count;
}

int poise_ode_give_up_on_purpose(void) {
  jmp_buf here;
  if (setjmp(here)) {
    way_back = 0;
    return 1;
  }
  way_back = &here;
  dDebug(0, "on purpose");
}

// --- Start -----------------------------------------------------------------------------------------------------------

static int start_process(void) {
  if (!dInitODE2(0)) return 0;
  if (!dCheckConfiguration("ODE_double_precision")) return 0;
  dSetErrorHandler(on_error);
  dSetDebugHandler(on_debug);
  dSetMessageHandler(on_message);
  return 1;
}

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

static pthread_once_t search = PTHREAD_ONCE_INIT;
static char *library_file = 0;

static void find_library_file(void) {
  Dl_info information;
  // What this program calls dWorldStep may be an entry of its own that leads to the library, so the linker is asked.
  void *function = dlsym(RTLD_DEFAULT, "dWorldStep");
  if (!function || !dladdr(function, &information) || !information.dli_fname) return;
  library_file = realpath(information.dli_fname, 0);
}

const char *poise_ode_library_file(void) {
  pthread_once(&search, find_library_file);
  return library_file;
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

void poise_ode_body_get_start(dBodyID body, dReal *start) {
  memcpy(start, dBodyGetPosition(body), 3 * sizeof(dReal));
  memcpy(start + 3, dBodyGetQuaternion(body), 4 * sizeof(dReal));
  memcpy(start + 7, dBodyGetLinearVel(body), 3 * sizeof(dReal));
  memcpy(start + 10, dBodyGetAngularVel(body), 3 * sizeof(dReal));
  memcpy(start + 13, dBodyGetForce(body), 3 * sizeof(dReal));
  memcpy(start + 16, dBodyGetTorque(body), 3 * sizeof(dReal));
}

void poise_ode_body_set_start(dBodyID body, const dReal *start) {
  poise_ode_body_set_state(body, start, start + 3, start + 7, start + 10);
  dBodySetForce(body, start[13], start[14], start[15]);
  dBodySetTorque(body, start[16], start[17], start[18]);
}
