#define _GNU_SOURCE
#include "CAllocations.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

#define MOST_CALLS (1 << 20)

static atomic_bool counting;
static atomic_size_t calls;
// Who called; resolved afterwards, because resolving allocates.
static void *callers[MOST_CALLS];

static void note(void *caller) {
  if (!atomic_load_explicit(&counting, memory_order_relaxed)) return;
  size_t call = atomic_fetch_add(&calls, 1);
  if (call < MOST_CALLS) callers[call] = caller;
}

void *malloc(size_t size) {
  note(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(__builtin_return_address(0));
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  note(__builtin_return_address(0));
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  *result = __libc_memalign(alignment, size);
  return *result || !size ? 0 : ENOMEM;
}

void allocations_begin(void) {
  atomic_store(&calls, 0);
  atomic_store(&counting, 1);
}

size_t allocations_end(void) {
  atomic_store(&counting, 0);
  return atomic_load(&calls);
}

size_t allocations_of(size_t index, const char **name) {
  const char *names[64];
  size_t counts[64], found = 0;
  size_t all = atomic_load(&calls);
  if (all > MOST_CALLS) all = MOST_CALLS;
  for (size_t call = 0; call < all; call++) {
    Dl_info info;
    const char *library = dladdr(callers[call], &info) && info.dli_fname ? info.dli_fname : "(unknown)";
    size_t position = 0;
    while (position < found && strcmp(names[position], library) != 0) position++;
    if (position == 64) continue;
    if (position == found) {
      names[found] = library;
      counts[found++] = 0;
    }
    counts[position]++;
  }
  for (size_t rank = 0; rank < found; rank++) {
    size_t best = rank;
    for (size_t other = rank + 1; other < found; other++)
      if (counts[other] > counts[best]) best = other;
    size_t count = counts[best];
    const char *library = names[best];
    counts[best] = counts[rank];
    names[best] = names[rank];
    if (rank == index) {
      *name = library;
      return count;
    }
  }
  return 0;
}

size_t allocations_heap_bytes(void) { return mallinfo2().uordblks; }
