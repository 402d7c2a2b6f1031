// Checks every C kernel against plain loops in double precision: `bash Tests/Portability/run.sh` compiles this for other
// processors and runs it in emulation.
//
// The argument, 0 by default, is how many bytes behind a kernel's numbers it may touch.

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

enum { MOST_BLOCKS = 1 << 14 };

static struct { void *start; size_t length; } blocks[MOST_BLOCKS];
static int block_count;

static struct {
  const char *name;
  double worst;
  uint64_t bits;
  long compared, wrong;
} kernel;

static long failures;
static uint64_t state;
static int is_silent;
// Bytes between the numbers and the page that must not be touched.
static int64_t margin;

double random_double(void) {
  // xorshift64*, Marsaglia and Vigna.
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return (double)(state * 0x2545F4914F6CDD1D >> 11) * 0x1p-53;
}

void *zeroed(int64_t count, int64_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (size_t)(count * size + margin);
  const size_t length = (bytes + page - 1) / page * page;
  char *start = mmap(0, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || block_count == MOST_BLOCKS || mprotect(start + length, page, PROT_NONE)) {
    fprintf(stderr, "no memory for %zu bytes\n", bytes);
    exit(2);
  }
  blocks[block_count].start = start;
  blocks[block_count++].length = length + page;
  return start + length - bytes;
}

float *random_floats(int64_t count) {
  float *numbers = zeroed(count, sizeof(float));
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)(2 * random_double() - 1);
  return numbers;
}

float *copied(const float *from, int64_t count) {
  float *numbers = zeroed(count, sizeof(float));
  memcpy(numbers, from, (size_t)count * sizeof(float));
  return numbers;
}

void begin_kernel(const char *name) {
  memset(&kernel, 0, sizeof kernel);
  kernel.name = name;
  kernel.bits = 0xcbf29ce484222325;
  // Each kernel sees the same numbers, whichever are checked before it.
  state = 0x9E3779B97F4A7C15;
}

void end_kernel(void) {
  while (block_count) {
    block_count--;
    munmap(blocks[block_count].start, blocks[block_count].length);
  }
  if (!kernel.compared || kernel.wrong) failures++;
  if (is_silent && kernel.compared && !kernel.wrong) return;
  printf(
      "%s %016llx %.3f%s\n", kernel.name, (unsigned long long)kernel.bits, kernel.worst,
      kernel.wrong ? " WRONG" : kernel.compared ? "" : " NOTHING COMPARED");
}

void near(double found, double expected, double allowed) {
  // FNV-1a over the bytes.
  unsigned char bytes[sizeof found];
  memcpy(bytes, &found, sizeof found);
  for (size_t i = 0; i < sizeof bytes; i++) kernel.bits = (kernel.bits ^ bytes[i]) * 0x100000001b3;
  kernel.compared++;
  const double error = fabs(found - expected);
  if (allowed > 0 && error / allowed > kernel.worst) kernel.worst = error / allowed;
  if (found == expected || error <= allowed) return;
  if (!kernel.wrong++) {
    fprintf(
        stderr, "%s, comparison %ld: %.17g, expected %.17g within %.3g\n", kernel.name, kernel.compared, found,
        expected, allowed);
  }
}

void same(double found, double expected) { near(found, expected, 0); }

static void check_all(void) {
  check_aggregation();
  check_convolution();
  check_distances();
  check_greedy();
  check_networks();
  check_proxies();
  check_sketch();
}

int main(int count, char **arguments) {
  if (count > 1) margin = atoi(arguments[1]);
  const pc_processor most = pc_processor_level();
  printf("level %d\n", most);
  check_all();
  // Kernels that ask for the level once more at each lower one; the others are as they were.
  is_silent = 1;
  for (int limit = (int)most - 1; limit >= PC_BASELINE; limit--) {
    if (pc_limit_processor((pc_processor)limit) != (pc_processor)limit) failures++;
    if (pc_has_avx2() != (limit >= PC_AVX2) || pc_has_avx512() != (limit >= PC_AVX512)) failures++;
    if (pc_has_avx512_vnni() != (limit >= PC_AVX512_VNNI)) failures++;
    if (pc_has_avx512_bf16() != (limit >= PC_AVX512_BF16)) failures++;
    check_all();
  }
  if (pc_limit_processor(PC_AVX512_BF16) != most) failures++;
  if (failures) printf("%ld FAILED\n", failures);
  return failures ? 1 : 0;
}
