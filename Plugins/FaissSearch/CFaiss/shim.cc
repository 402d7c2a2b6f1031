#include "shim.h"

#ifdef PATCHCORE_FAISS

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include <faiss/Index.h>
#include <faiss/utils/utils.h>

namespace patchcore {

namespace {
typedef float Lanes __attribute__((vector_size(64), aligned(4)));
constexpr size_t laneCount = 16;
} // namespace

#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void squaredDistances(const float *query, const float *rows, size_t n, size_t d, size_t stride, float *result) {
  for (size_t row = 0; row < n; ++row) {
    const float *other = rows + row * d;
    Lanes sums[4] = {};
    size_t i = 0;
    for (; i + 4 * laneCount <= d; i += 4 * laneCount) {
      for (size_t part = 0; part < 4; ++part) {
        const Lanes difference = *reinterpret_cast<const Lanes *>(query + i + part * laneCount) -
                                 *reinterpret_cast<const Lanes *>(other + i + part * laneCount);
        sums[part] += difference * difference;
      }
    }
    float tail = 0;
    for (; i < d; ++i) tail += (query[i] - other[i]) * (query[i] - other[i]);
    const Lanes sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float total = tail;
    for (size_t lane = 0; lane < laneCount; ++lane) total += sum[lane];
    result[row * stride] = total;
  }
}

float proper(float distance) {
  if (std::isnan(distance)) return std::numeric_limits<float>::infinity();
  return distance > 0 ? distance : 0;
}

void selectSmallest(std::vector<Candidate> &candidates, size_t count) {
  std::partial_sort(candidates.begin(), candidates.begin() + count, candidates.end());
}

std::vector<Candidate> nearestLists(
    const float *centroids, size_t lists, const float *queries, size_t n, size_t d, size_t probes) {
  // Centroids outside, queries inside: a centroid is read from memory once per block. FAISS's own search of the
  // centroids takes another algorithm, with other rounding, from 20 queries on.
  std::vector<float> toCentroids(n * lists);
  for (size_t list = 0; list < lists; ++list) {
    squaredDistances(centroids + list * d, queries, n, d, lists, toCentroids.data() + list);
  }
  std::vector<Candidate> nearest, all(lists);
  nearest.reserve(n * probes);
  for (size_t query = 0; query < n; ++query) {
    for (size_t list = 0; list < lists; ++list) {
      all[list] = Candidate(proper(toCentroids[query * lists + list]), int32_t(list));
    }
    selectSmallest(all, probes);
    nearest.insert(nearest.end(), all.begin(), all.begin() + probes);
  }
  return nearest;
}

// Over 64 partial sums and a tail of at most 63 terms, a sum of d squares is off by at most d / 64 + 80 halves of 2^-23
// of itself; both the k-th distance and another may be, and what lies below the smallest normal number is lost.
Shortlist::Shortlist(size_t k, size_t dimension)
    : k(k), widening(1 + 4 * (float(dimension) / 64 + 80) * 0x1p-23f), tiny((float(dimension) + 4) * 0x1p-125f),
      capacity(2 * k + 1024) {}

void Shortlist::prune() {
  std::nth_element(candidates.begin(), candidates.begin() + (k - 1), candidates.end());
  limit = candidates[k - 1].first * widening + tiny;
  const float bound = limit;
  candidates.erase(
      std::remove_if(
          candidates.begin(), candidates.end(), [bound](const Candidate &each) { return each.first > bound; }),
      candidates.end());
  capacity = 2 * candidates.size() + 1024;
}

void Shortlist::addAll(const cfaiss_bank &bank, const float *query) {
  candidates.clear();
  limit = std::numeric_limits<float>::infinity();
  constexpr size_t block = 256;
  float distances[block];
  for (size_t first = 0; first < bank.rows; first += block) {
    const size_t count = std::min(block, bank.rows - first);
    squaredDistances(query, bank.values + first * bank.dimension, count, bank.dimension, 1, distances);
    for (size_t i = 0; i < count; ++i) add(distances[i], first + i);
  }
}

void Shortlist::finish(const cfaiss_bank &bank, const float *query, int32_t *rows, float *distances) {
  if (candidates.size() < k) addAll(bank, query);
  prune();
  measure(candidates, k, bank, query, rows, distances);
}

void measure(
    std::vector<Candidate> &candidates, size_t k, const cfaiss_bank &bank, const float *query, int32_t *rows,
    float *distances) {
  for (Candidate &each : candidates) {
    each.first = float(
        pc_squared_distance(query, bank.values + size_t(each.second) * bank.dimension, long(bank.dimension)));
  }
  selectSmallest(candidates, k);
  for (size_t slot = 0; slot < k; ++slot) {
    distances[slot] = candidates[slot].first;
    rows[slot] = candidates[slot].second;
  }
}

} // namespace patchcore

extern "C" int cfaiss_search(
    const cfaiss_index *index, cfaiss_bank bank, const float *queries, size_t n, size_t k, size_t depth, int32_t *rows,
    float *distances, char *message, size_t message_size) {
  return patchcore::guarded(
      message, message_size, [&] { index->search(bank, queries, n, k, depth, rows, distances); });
}

extern "C" void cfaiss_free_index(cfaiss_index *index) { delete index; }

extern "C" void cfaiss_free_bytes(uint8_t *bytes) { free(bytes); }

#define CFAISS_TEXT_OF(x) #x
#define CFAISS_TEXT(x) CFAISS_TEXT_OF(x)

extern "C" const char *cfaiss_version(void) {
  return CFAISS_TEXT(FAISS_VERSION_MAJOR) "." CFAISS_TEXT(FAISS_VERSION_MINOR) "." CFAISS_TEXT(FAISS_VERSION_PATCH);
}

extern "C" const char *cfaiss_options(void) {
  static const std::string options = faiss::get_compile_options();
  return options.c_str();
}

#endif
