// What a processor does at most: products and sums a second in its vector registers, and bytes a second from memory.
// Compiled and run by limits.py: `limits THREADS`. Prints a line for each kind of instruction that this processor has,
// its operations a second (a product and its sum are two), over all threads, the best of several rounds.

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 25
#ifndef REPEATS
#define REPEATS 10000000  // Of all sums, in one round of one thread: some hundredths of a second.
#endif
#ifndef BYTES
#define BYTES (512u << 20)
#endif

typedef struct {
  const char *name;
  double (*work)(void);  // Returns operations or bytes done.
} Kind;

// Instructions in a row, each with a sum of its own: in assembly, so that every compiler keeps them as they are.
#define HALF(LINE) LINE(0) LINE(1) LINE(2) LINE(3) LINE(4) LINE(5) LINE(6) LINE(7) LINE(8) LINE(9) LINE(10) LINE(11)
#define EACH(LINE) \
  HALF(LINE) LINE(12) LINE(13) LINE(14) LINE(15) LINE(16) LINE(17) LINE(18) LINE(19) LINE(20) LINE(21) LINE(22) LINE(23)

#if defined(__x86_64__)
// Fills the registers A and B with a word of 32 bits, and the sums from A.
#define LOOP(NAME, ALL, A, B, START, LINE, WORD, LANES)                                                               \
  static double NAME(void) {                                                                                          \
    uint32_t word = WORD;                                                                                             \
    for (int n = 0; n < REPEATS / 100; n++) {                                                                         \
      __asm__ volatile("vbroadcastss %0, %%" A "\n\tvbroadcastss %0, %%" B "\n\t" ALL(START)::"m"(word) : CLOBBERS);  \
      for (int i = 0; i < 100; i++) __asm__ volatile(ALL(LINE)::: CLOBBERS);                                          \
    }                                                                                                                 \
    __asm__ volatile("vzeroupper");                                                                                   \
    return 2.0 * (LANES) * (0 ALL(COUNT)) * (REPEATS / 100 * 100);                                                    \
  }
// Registers from 16 on are named by nobody else: the rest is compiled for processors that have 16.
#define CLOBBERS                                                                                                      \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm14", "xmm15", \
  "xmm12", "xmm13"
#define COUNT(I) +1
#define START512(I) "vmovaps %%zmm30, %%zmm" #I "\n\t"
#define START256(I) "vmovaps %%ymm14, %%ymm" #I "\n\t"
#define FMA512(I) "vfmadd213ps %%zmm30, %%zmm31, %%zmm" #I "\n\t"
#define FMA256(I) "vfmadd213ps %%ymm14, %%ymm15, %%ymm" #I "\n\t"
#define BF16(I) "vdpbf16ps %%zmm30, %%zmm31, %%zmm" #I "\n\t"
#define INT8(I) "vpdpbusd %%zmm30, %%zmm31, %%zmm" #I "\n\t"
// 0.5 in each format, and 5 in 8 bits.
LOOP(fma_avx512, EACH, "zmm30", "zmm31", START512, FMA512, 0x3f000000, 16)
LOOP(fma_avx2, HALF, "ymm14", "ymm15", START256, FMA256, 0x3f000000, 8)
LOOP(dot_bf16, EACH, "zmm30", "zmm31", START512, BF16, 0x3f003f00, 32)
LOOP(dot_int8, EACH, "zmm30", "zmm31", START512, INT8, 0x05050505, 64)

static int kinds(Kind *found) {
  int count = 0;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f"))
    found[count++] = (Kind){"float32, AVX-512 FMA", fma_avx512};
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    found[count++] = (Kind){"float32, AVX2 FMA", fma_avx2};
  if (__builtin_cpu_supports("avx512bf16")) found[count++] = (Kind){"bfloat16, vdpbf16ps", dot_bf16};
  if (__builtin_cpu_supports("avx512vnni")) found[count++] = (Kind){"int8, vpdpbusd", dot_int8};
  return count;
}

#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#define CLOBBERS                                                                                                      \
  "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17",  \
  "v18", "v19", "v20", "v21", "v22", "v23", "v30"
#define LOOP(NAME, LINE, WORD, LANES)                                                                                 \
  static double NAME(void) {                                                                                          \
    for (int n = 0; n < REPEATS / 100; n++) {                                                                         \
      __asm__ volatile("dup v30.4s, %w0\n\t" EACH(START)::"r"(WORD) : CLOBBERS);                                      \
      for (int i = 0; i < 100; i++) __asm__ volatile(".arch armv8.2-a+bf16+dotprod\n\t" EACH(LINE)::: CLOBBERS);      \
    }                                                                                                                 \
    return 2.0 * (LANES) * (0 EACH(COUNT)) * (REPEATS / 100 * 100);                                                   \
  }
#define COUNT(I) +1
#define START(I) "mov v" #I ".16b, v30.16b\n\t"
#define FMA(I) "fmla v" #I ".4s, v30.4s, v30.4s\n\t"
#define BF16(I) "bfdot v" #I ".4s, v30.8h, v30.8h\n\t"
#define INT8(I) "sdot v" #I ".4s, v30.16b, v30.16b\n\t"
LOOP(fma_neon, FMA, 0x3f000000u, 4)
LOOP(dot_bf16, BF16, 0x3f003f00u, 8)
LOOP(dot_int8, INT8, 0x05050505u, 16)

static int kinds(Kind *found) {
  int count = 0;
  found[count++] = (Kind){"float32, NEON fmla", fma_neon};
#if defined(__linux__)
  if (getauxval(AT_HWCAP2) & (1ul << 14)) found[count++] = (Kind){"bfloat16, bfdot", dot_bf16};
  if (getauxval(AT_HWCAP) & (1ul << 20)) found[count++] = (Kind){"int8, sdot", dot_int8};
#else
  (void)dot_bf16, (void)dot_int8;
#endif
  return count;
}

#else
static int kinds(Kind *found) { (void)found; return 0; }
#endif

typedef struct {
  const Kind *kind;
  const unsigned char *bytes;
  size_t count;
  double done, began, ended;
  uint64_t sum;
  pthread_barrier_t *start;
} Part;

// Eight sums of 64 bytes each: enough reads under way for one core.
#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
static uint64_t sum_of(const unsigned char *bytes, size_t count) {
  uint64_t sums[64] = {0};
  for (size_t i = 0; i + sizeof sums <= count; i += sizeof sums)
    for (int j = 0; j < 64; j++) {
      uint64_t value;
      memcpy(&value, bytes + i + 8 * j, 8);
      sums[j] += value;
    }
  uint64_t sum = 0;
  for (int j = 0; j < 64; j++) sum += sums[j];
  return sum;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *run(void *argument) {
  Part *part = argument;
  pthread_barrier_wait(part->start);
  part->began = now();
  if (part->kind) {
    part->done = part->kind->work();
  } else {
    part->sum = sum_of(part->bytes, part->count);
    part->done = (double)part->count;
  }
  part->ended = now();
  return NULL;
}

// The most that all threads did in a second, of several rounds.
static double best(const Kind *kind, const unsigned char *bytes, int threads) {
  double most = 0;
  pthread_t *workers = calloc((size_t)threads, sizeof *workers);
  Part *parts = calloc((size_t)threads, sizeof *parts);
  if (!workers || !parts) exit(1);
  for (int round = 0; round < ROUNDS; round++) {
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
      size_t share = BYTES / (size_t)threads / 4096 * 4096;
      const unsigned char *own = bytes ? bytes + (size_t)i * share : NULL;
      parts[i] = (Part){.kind = kind, .bytes = own, .count = share, .start = &start};
      if (pthread_create(&workers[i], NULL, run, &parts[i])) exit(1);
    }
    double done = 0, began = INFINITY, ended = 0;
    for (int i = 0; i < threads; i++) {
      pthread_join(workers[i], NULL);
      done += parts[i].done;
      began = fmin(began, parts[i].began);
      ended = fmax(ended, parts[i].ended);
    }
    double rate = done / (ended - began);
    if (rate > most) most = rate;
    pthread_barrier_destroy(&start);
  }
  free(workers);
  free(parts);
  return most;
}

int main(int count, char **words) {
  int threads = count > 1 ? atoi(words[1]) : 1;
  if (threads < 1) return 2;
  Kind found[8];
  int number = kinds(found);
  for (int i = 0; i < number; i++) printf("%s: %.6g\n", found[i].name, best(&found[i], NULL, threads));
  unsigned char *bytes = malloc(BYTES);
  if (!bytes) return 1;
  for (size_t i = 0; i < BYTES; i++) bytes[i] = (unsigned char)(i * 2654435761u >> 13);
  printf("memory, read: %.6g\n", best(NULL, bytes, threads));
  free(bytes);
  return 0;
}
