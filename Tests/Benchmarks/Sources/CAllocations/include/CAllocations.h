#pragma once
#include <stddef.h>

// Counts what the whole program asks of the heap, its libraries included: malloc and its relatives are replaced by
// functions that count and pass on to glibc's.

/// Begins to count, from nothing.
void allocations_begin(void);

/// Ends counting; how many calls there were.
size_t allocations_end(void);

/// Of the calls counted, how many came from the shared library or program that is number `index` in order of their
/// number; its path is put at `name`. 0 behind the last.
size_t allocations_of(size_t index, const char **name);

/// Bytes of the heap in use.
size_t allocations_heap_bytes(void);
