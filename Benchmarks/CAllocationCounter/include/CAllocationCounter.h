// Counts the allocations of this thread, for benchmarks: the promise is "nothing is allocated per update", and it is measured.
//
// With glibc, a program that links this room gets its own malloc and friends: each adds one to a counter of the calling thread and goes on to
// glibc's. Elsewhere nothing is replaced and ac_is_counting() is false.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether allocations are counted at all in this build and process.
bool ac_is_counting(void);
/// Allocations of the calling thread so far.
int64_t ac_allocations(void);
