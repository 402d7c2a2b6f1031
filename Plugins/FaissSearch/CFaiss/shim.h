#pragma once

// What the kinds of indexes share.

#include "CFaiss.h"

#ifdef PATCHCORE_FAISS

#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "openmp/omp.h"

extern "C" {
// Of CKernels, whose header clang would import as a module of C++.
double pc_squared_distance(const float *a, const float *b, long d);
double pc_squared_norm(const float *a, long d);

int openblas_get_num_threads(void);
void openblas_set_num_threads(int);
}

/// An index of some kind.
struct cfaiss_index {
  virtual ~cfaiss_index() = default;
  /// As cfaiss_search.
  virtual void search(
      const cfaiss_bank &bank, const float *queries, size_t n, size_t k, size_t depth, int32_t *rows,
      float *distances) const = 0;
};

namespace patchcore {

/// Keeps FAISS and the matrix products below it on the calling thread: how they cut their work, and so the order of
/// their sums, depends on the number of threads. OpenMP's setting belongs to the calling thread. OpenBLAS has one for
/// the whole process, which stays at 1: another call beside this one may still need it.
class OneThread {
public:
  OneThread() : openmp(omp_get_max_threads()) {
    omp_set_num_threads(1);
    if (openblas_get_num_threads() != 1) openblas_set_num_threads(1);
  }
  ~OneThread() { omp_set_num_threads(openmp); }
  OneThread(const OneThread &) = delete;
  OneThread &operator=(const OneThread &) = delete;

private:
  const int openmp;
};

/// The one place where exceptions end.
template <class Body> int guarded(char *message, size_t message_size, Body body) {
  const char *what = "an unknown exception";
  try {
    body();
    return 0;
  } catch (const std::bad_alloc &) {
    what = "out of memory";
    strncpy(message, what, message_size - 1);
  } catch (const std::exception &error) {
    strncpy(message, error.what(), message_size - 1);
  } catch (...) {
    strncpy(message, what, message_size - 1);
  }
  message[message_size - 1] = 0;
  return -1;
}

/// A distance and the row or list it leads to; ordered by distance, then by number.
using Candidate = std::pair<float, int32_t>;

/// Distances that rounding made negative become 0, and those that overflowed become infinite: a total order again.
float proper(float distance);

/// Moves the `count` smallest candidates to the front, in order.
void selectSmallest(std::vector<Candidate> &candidates, size_t count);

/// The sums of squared differences to n rows, `stride` apart in `result`; in an order that depends on the dimension
/// alone, and the same for a and b exchanged.
void squaredDistances(const float *query, const float *rows, size_t n, size_t d, size_t stride, float *result);

/// The `probes` lists nearest to each query, nearest first: n x probes.
std::vector<Candidate> nearestLists(
    const float *centroids, size_t lists, const float *queries, size_t n, size_t d, size_t probes);

/// Collects the rows that may be among the k nearest to a query by distances in 32 bits, then measures them as the exact
/// search does.
class Shortlist {
public:
  Shortlist(size_t k, size_t dimension);
  /// Adds a row with its distance by squaredDistances.
  void add(float distance, size_t row) {
    if (distance > limit) return;
    candidates.emplace_back(distance, int32_t(row));
    if (candidates.size() >= capacity) prune();
  }
  /// Adds every row of the bank in place of those added before.
  void addAll(const cfaiss_bank &bank, const float *query);
  /// Writes the k nearest, after adding all rows of the bank if there are fewer.
  void finish(const cfaiss_bank &bank, const float *query, int32_t *rows, float *distances);

private:
  void prune();
  const size_t k;
  const float widening;
  const float tiny;
  size_t capacity;
  float limit = std::numeric_limits<float>::infinity();
  std::vector<Candidate> candidates;
};

/// Replaces the distances of the candidates by those of the exact search, and writes the k nearest.
void measure(
    std::vector<Candidate> &candidates, size_t k, const cfaiss_bank &bank, const float *query, int32_t *rows,
    float *distances);

} // namespace patchcore

#endif
