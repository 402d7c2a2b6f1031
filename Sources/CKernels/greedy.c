#include "CKernels.h"

#include <math.h>

#if defined(__x86_64__)
#define PC_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PC_CLONES
#endif

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));

// The squared distances of 16 * PANELS rows to PICKS picks. Each distance is summed in one lane, dimension after
// dimension, so it is the same number whatever the shape of the tile it is computed in.
#define DISTANCES(PANELS, PICKS, panel, dimension, pick, sum)                               \
  v16 sum[PANELS][PICKS] = {0};                                                             \
  for (long i = 0; i < (dimension); i++) {                                                  \
    v16 row[PANELS];                                                                        \
    for (int r = 0; r < PANELS; r++) row[r] = *(const v16 *)((panel) + (r * (dimension) + i) * 16); \
    for (int c = 0; c < PICKS; c++)                                                         \
      for (int r = 0; r < PANELS; r++) {                                                    \
        v16 difference = row[r] - (pick)[c * (dimension) + i];                              \
        sum[r][c] += difference * difference;                                               \
      }                                                                                     \
  }

// Brings the distances of 16 * PANELS rows down to those to picks `from` up to `to`.
#define NEARER(PANELS, PICKS)                                                               \
  for (; from + PICKS <= to; from += PICKS) {                                               \
    DISTANCES(PANELS, PICKS, panel, dimension, picks + from * dimension, sum)               \
    for (int c = 0; c < PICKS; c++)                                                         \
      for (int r = 0; r < PANELS; r++) least[r] = __builtin_elementwise_min(least[r], sum[r][c]); \
  }

#define NEARER_PANELS(PANELS)                                                               \
  {                                                                                         \
    const float *panel = panels + p * 16 * dimension;                                       \
    v16 least[PANELS];                                                                      \
    for (int r = 0; r < PANELS; r++) least[r] = (v16){0} + INFINITY;                        \
    long from = 0, to = count;                                                              \
    NEARER(PANELS, 8)                                                                       \
    NEARER(PANELS, 1)                                                                       \
    for (int r = 0; r < PANELS; r++) {                                                      \
      v16 *held = (v16 *)(distances + (p + r) * 16);                                        \
      *held = __builtin_elementwise_min(*held, __builtin_elementwise_sqrt(least[r]));       \
    }                                                                                       \
  }

PC_CLONES void pc_nearer(
    const float *panels, long panel_count, long dimension, const float *picks, long count, float *distances) {
  long p = 0;
  for (; p + 2 <= panel_count; p += 2) NEARER_PANELS(2)
  for (; p < panel_count; p++) NEARER_PANELS(1)
}

PC_CLONES long pc_nearer_and_farthest(
    const float *panels, long panel_count, long dimension, const float *pick, float *distances) {
  long p = 0;
  v16 most = (v16){0} - INFINITY;
  for (; p + 4 <= panel_count; p += 4) {
    DISTANCES(4, 1, panels + p * 16 * dimension, dimension, pick, sum)
    for (int r = 0; r < 4; r++) {
      v16 root, held = *(v16 *)(distances + (p + r) * 16);
      root = __builtin_elementwise_sqrt(sum[r][0]);
      held = __builtin_elementwise_min(held, root);
      *(v16 *)(distances + (p + r) * 16) = held;
      most = __builtin_elementwise_max(most, held);
    }
  }
  for (; p < panel_count; p++) {
    DISTANCES(1, 1, panels + p * 16 * dimension, dimension, pick, sum)
    v16 root, held = *(v16 *)(distances + p * 16);
    root = __builtin_elementwise_sqrt(sum[0][0]);
    held = __builtin_elementwise_min(held, root);
    *(v16 *)(distances + p * 16) = held;
    most = __builtin_elementwise_max(most, held);
  }
  float farthest = -INFINITY;
  for (int lane = 0; lane < 16; lane++) farthest = most[lane] > farthest ? most[lane] : farthest;
  for (long i = 0; i < panel_count * 16; i += 16) {
    v16 held = *(v16 *)(distances + i);
    int any = 0;
    for (int lane = 0; lane < 16; lane++) any |= held[lane] == farthest;
    if (!any) continue;
    for (int lane = 0; lane < 16; lane++)
      if (held[lane] == farthest) return i + lane;
  }
  return 0;
}
