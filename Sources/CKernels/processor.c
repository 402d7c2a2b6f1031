#include "CKernelsProcessor.h"

#include <stdatomic.h>

// The level that counts, plus 1; 0 before it is known. Threads that find it out at once write the same number.
static atomic_int known = 0;

static pc_processor detected(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("x86-64-v3")) return PC_BASELINE;
  if (!__builtin_cpu_supports("x86-64-v4")) return PC_AVX2;
  if (!__builtin_cpu_supports("avx512vnni")) return PC_AVX512;
  if (!__builtin_cpu_supports("avx512bf16")) return PC_AVX512_VNNI;
  return PC_AVX512_BF16;
#else
  return PC_BASELINE;
#endif
}

pc_processor pc_limit_processor(pc_processor limit) {
  const pc_processor most = detected(), level = limit < most ? limit : most;
  atomic_store_explicit(&known, (int)level + 1, memory_order_relaxed);
  return level;
}

pc_processor pc_processor_level(void) {
  const int level = atomic_load_explicit(&known, memory_order_relaxed);
  return level ? (pc_processor)(level - 1) : pc_limit_processor(PC_AVX512_BF16);
}

int pc_has_avx2(void) { return pc_processor_level() >= PC_AVX2; }
int pc_has_avx512(void) { return pc_processor_level() >= PC_AVX512; }
int pc_has_avx512_vnni(void) { return pc_processor_level() >= PC_AVX512_VNNI; }
int pc_has_avx512_bf16(void) { return pc_processor_level() >= PC_AVX512_BF16; }
