#include "CKernels.h"

#include <math.h>
#include <string.h>

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef double d16 __attribute__((vector_size(128)));

// The sum of 16 numbers, by halves. By pointer: how a wide vector is passed depends on the processor.
static inline __attribute__((always_inline)) double sum16(const d16 *v) {
  double lanes[16];
  memcpy(lanes, v, sizeof lanes);
  for (int width = 8; width > 0; width /= 2)
    for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
  return lanes[0];
}

PC_CLONES double pc_squared_distance(const float *a, const float *b, long d) {
  d16 sum = {0};
  long i = 0;
  for (; i + 16 <= d; i += 16) {
    d16 difference =
        __builtin_convertvector(*(const v16 *)(a + i), d16) - __builtin_convertvector(*(const v16 *)(b + i), d16);
    sum += difference * difference;
  }
  double total = sum16(&sum);
  for (; i < d; i++) {
    double difference = (double)a[i] - (double)b[i];
    total += difference * difference;
  }
  return total;
}

PC_CLONES double pc_squared_norm(const float *a, long d) {
  d16 sum = {0};
  long i = 0;
  for (; i + 16 <= d; i += 16) {
    d16 value = __builtin_convertvector(*(const v16 *)(a + i), d16);
    sum += value * value;
  }
  double total = sum16(&sum);
  for (; i < d; i++) total += (double)a[i] * (double)a[i];
  return total;
}

enum { chunk = 64, longest_list = 64 };

// The k-th smallest of n numbers, by Hoare's selection. Reorders them.
static float kth_smallest(float *values, long n, long k) {
  long low = 0, high = n - 1, wanted = k - 1;
  while (low < high) {
    float pivot = values[low + (high - low) / 2];
    long i = low, j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (pivot < values[j]) j--;
      if (i > j) break;
      float swap = values[i];
      values[i++] = values[j];
      values[j--] = swap;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return values[wanted];
}

PC_CLONES long pc_near_rows(
    float *products, const float *norms, long n, long k, double slack, int32_t *rows, float *scratch) {
  float nearest[longest_list];
  const int listed = k <= longest_list;
  if (listed)
    for (long i = 0; i < k; i++) nearest[i] = INFINITY;

  long start = 0;
  for (; start + chunk <= n; start += chunk) {
    v16 *value = (v16 *)(products + start);
    const v16 *norm = (const v16 *)(norms + start);
    for (int i = 0; i < chunk / 16; i++) value[i] = norm[i] - 2.0f * value[i];
    if (!listed) continue;
    v16 least = __builtin_elementwise_min(
        __builtin_elementwise_min(value[0], value[1]), __builtin_elementwise_min(value[2], value[3]));
    float bound = nearest[k - 1];
    int any = 0;
    for (int lane = 0; lane < 16; lane++) any |= least[lane] < bound;
    if (!any) continue;
    for (long j = start; j < start + chunk; j++) {
      float candidate = products[j];
      if (candidate >= nearest[k - 1]) continue;
      long place = k - 1;
      for (; place > 0 && nearest[place - 1] > candidate; place--) nearest[place] = nearest[place - 1];
      nearest[place] = candidate;
    }
  }
  for (long j = start; j < n; j++) {
    float candidate = products[j] = norms[j] - 2.0f * products[j];
    if (!listed || candidate >= nearest[k - 1]) continue;
    long place = k - 1;
    for (; place > 0 && nearest[place - 1] > candidate; place--) nearest[place] = nearest[place - 1];
    nearest[place] = candidate;
  }

  double bound;
  if (listed) {
    bound = nearest[k - 1] + slack;
  } else {
    memcpy(scratch, products, (size_t)n * sizeof(float));
    bound = kth_smallest(scratch, n, k) + slack;
  }
  // Rounded up, so that no row the bound admits is lost.
  float limit = nextafterf((float)bound, INFINITY);
  long count = 0;
  start = 0;
  for (; start + chunk <= n; start += chunk) {
    const v16 *value = (const v16 *)(products + start);
    v16 least = __builtin_elementwise_min(
        __builtin_elementwise_min(value[0], value[1]), __builtin_elementwise_min(value[2], value[3]));
    int any = 0;
    for (int lane = 0; lane < 16; lane++) any |= least[lane] <= limit;
    if (!any) continue;
    for (long j = start; j < start + chunk; j++)
      if (products[j] <= limit) rows[count++] = (int32_t)j;
  }
  for (; start < n; start++)
    if (products[start] <= limit) rows[count++] = (int32_t)start;
  return count;
}

long pc_far_rows(const float *distances, long n, long count, int32_t *rows, float *scratch) {
  memcpy(scratch, distances, (size_t)n * sizeof(float));
  float least = kth_smallest(scratch, n, n - count + 1);
  long above = 0, written = 0;
  for (long j = 0; j < n; j++) above += distances[j] > least;
  long equal = count - above;
  for (long j = 0; j < n; j++)
    if (distances[j] > least || (distances[j] == least && equal-- > 0)) rows[written++] = (int32_t)j;
  return written;
}
