#include "shim.h"

#ifdef PATCHCORE_FAISS

#include <algorithm>
#include <cmath>

#include <faiss/utils/distances.h>

namespace {

/// FAISS's exhaustive search, what its IndexFlatL2 runs, without a copy of the rows.
struct FlatIndex : cfaiss_index {
  std::vector<float> squaredNorms;
  double largestNorm = 0;

  explicit FlatIndex(const cfaiss_bank &bank) : squaredNorms(bank.rows) {
    faiss::fvec_norms_L2sqr(squaredNorms.data(), bank.values, bank.dimension, bank.rows);
    for (size_t row = 0; row < bank.rows; ++row) {
      largestNorm = std::max(largestNorm, std::sqrt(norm(bank.values + row * bank.dimension, bank.dimension)));
    }
  }

  static double norm(const float *vector, size_t d) { return pc_squared_norm(vector, long(d)); }

  /// How far a distance of FAISS's may be off, for the largest row: it adds two norms and a product, or squared
  /// differences, of d terms each in 32 bits (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
  /// Infinite where such sums might overflow.
  float error(const float *query, size_t d) const {
    const double sum = std::sqrt(norm(query, d)) + largestNorm, unit = 0x1p-24 * double(d + 8);
    if (!(sum * sum < 0x1p124) || unit > 0.1) return std::numeric_limits<float>::infinity();
    return float(unit / (1 - unit) * sum * sum * 1.01 + double(d + 4) * 0x1p-124);
  }

  void search(
      const cfaiss_bank &bank, const float *queries, size_t n, size_t k, size_t, int32_t *rows,
      float *distances) const override {
    patchcore::OneThread oneThread;
    const size_t d = bank.dimension;
    constexpr size_t spare = 32;
    const size_t kept = std::min(bank.rows, k + spare);
    std::vector<float> near(n * kept);
    std::vector<int64_t> found(n * kept);
    faiss::knn_L2sqr(
        queries, bank.values, d, n, bank.rows, kept, near.data(), found.data(), squaredNorms.data());
    std::vector<patchcore::Candidate> candidates;
    for (size_t query = 0; query < n; ++query) {
      const float *vector = queries + query * d;
      candidates.clear();
      bool isWhole = true;
      for (size_t i = query * kept; i < (query + 1) * kept; ++i) {
        isWhole = isWhole && found[i] >= 0 && std::isfinite(near[i]);
        candidates.emplace_back(near[i], int32_t(found[i]));
      }
      if (isWhole && kept < bank.rows) {
        std::sort(candidates.begin(), candidates.end());
        const float limit = candidates[k - 1].first + 2 * error(vector, d);
        // The last one lies beyond all that may be among the nearest: none of those was left out.
        isWhole = candidates.back().first > limit;
        while (isWhole && candidates.back().first > limit) candidates.pop_back();
      }
      if (isWhole) {
        patchcore::measure(candidates, k, bank, vector, rows + query * k, distances + query * k);
      } else {
        patchcore::Shortlist(k, d).finish(bank, vector, rows + query * k, distances + query * k);
      }
    }
  }
};

} // namespace

extern "C" int cfaiss_build_flat(cfaiss_bank bank, cfaiss_index **index, char *message, size_t message_size) {
  return patchcore::guarded(message, message_size, [&] {
    patchcore::OneThread oneThread;
    *index = new FlatIndex(bank);
  });
}

#endif
