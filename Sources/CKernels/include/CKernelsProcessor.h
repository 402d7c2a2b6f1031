#pragma once

// Which instructions kernels may use (processor.c). The system's part, saving the wide registers, is included.
//
// Most kernels are marked PC_CLONES: the compiler makes them for three kinds of processor and the loader takes one. A
// kernel that uses instructions beyond those has a function for each level, with __attribute__((target("..."))), and asks
// here in every call.

#if defined(__x86_64__)
#define PC_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PC_CLONES
#endif

/// Kinds of processor, each able to do what those before it can. On other architectures than x86-64 all are PC_BASELINE.
typedef enum {
  /// SSE2, or NEON on arm64.
  PC_BASELINE = 0,
  /// x86-64-v3: AVX2 with FMA.
  PC_AVX2 = 1,
  /// x86-64-v4: AVX-512 F, BW, CD, DQ, VL.
  PC_AVX512 = 2,
  /// With VNNI: products of 8-bit integers summed in 32 bits, `vpdpbusd`.
  PC_AVX512_VNNI = 3,
  /// With VNNI and BF16: products of bfloat16 summed in float32, `vdpbf16ps`, which takes denormal numbers for zero.
  PC_AVX512_BF16 = 4,
} pc_processor;

/// The highest level of this processor, or the limit if that is lower.
pc_processor pc_processor_level(void);

/// 1 if kernels may use AVX2 with FMA, AVX-512, VNNI, BF16; otherwise 0.
int pc_has_avx2(void);
int pc_has_avx512(void);
int pc_has_avx512_vnni(void);
int pc_has_avx512_bf16(void);

/// Lowers the level for kernels that ask, so that a test can run each of their functions on one machine. Not for use
/// while kernels run. Returns the level that counts from then on; PC_AVX512_BF16 lifts the limit.
pc_processor pc_limit_processor(pc_processor limit);
