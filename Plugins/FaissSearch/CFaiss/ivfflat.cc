#include "shim.h"

#ifdef PATCHCORE_FAISS

#include <algorithm>
#include <memory>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>

namespace {

/// Inverted lists of row numbers. FAISS trains the centroids and assigns the rows; unlike its own index this one does not
/// copy the rows.
struct ListIndex : cfaiss_index {
  std::vector<float> centroids;
  std::vector<int32_t> listOfRow;
  /// The rows of list i are members[starts[i]] to members[starts[i + 1] - 1], ascending.
  std::vector<size_t> starts;
  std::vector<int32_t> members;

  ListIndex(const float *centroids, size_t lists, size_t dimension, std::vector<int32_t> assigned)
      : centroids(centroids, centroids + lists * dimension), listOfRow(std::move(assigned)), starts(lists + 1),
        members(listOfRow.size()) {
    for (const int32_t list : listOfRow) ++starts[list + 1];
    for (size_t list = 0; list < lists; ++list) starts[list + 1] += starts[list];
    std::vector<size_t> next(starts.begin(), starts.end() - 1);
    for (size_t row = 0; row < listOfRow.size(); ++row) members[next[listOfRow[row]]++] = int32_t(row);
  }

  void search(
      const cfaiss_bank &bank, const float *queries, size_t n, size_t k, size_t depth, int32_t *rows,
      float *distances) const override {
    const size_t d = bank.dimension, lists = starts.size() - 1;
    const auto nearest = patchcore::nearestLists(centroids.data(), lists, queries, n, d, depth);
    // List by list, so that a row that several queries are compared with is read from memory once.
    std::vector<std::pair<int32_t, int32_t>> visits;
    visits.reserve(nearest.size());
    for (size_t i = 0; i < nearest.size(); ++i) visits.emplace_back(nearest[i].second, int32_t(i / depth));
    std::sort(visits.begin(), visits.end());
    std::vector<patchcore::Shortlist> found(n, patchcore::Shortlist(k, d));
    std::vector<float> together, distance(n);
    for (size_t first = 0; first < visits.size();) {
      const size_t list = visits[first].first;
      size_t end = first;
      together.clear();
      for (; end < visits.size() && size_t(visits[end].first) == list; ++end) {
        const float *query = queries + visits[end].second * d;
        together.insert(together.end(), query, query + d);
      }
      for (size_t member = starts[list]; member < starts[list + 1]; ++member) {
        const size_t row = members[member];
        patchcore::squaredDistances(bank.values + row * d, together.data(), end - first, d, 1, distance.data());
        for (size_t i = first; i < end; ++i) found[visits[i].second].add(distance[i - first], row);
      }
      first = end;
    }
    for (size_t query = 0; query < n; ++query) {
      found[query].finish(bank, queries + query * d, rows + query * k, distances + query * k);
    }
  }
};

} // namespace

extern "C" int cfaiss_build_ivfflat(
    cfaiss_bank bank, size_t lists, int seed, cfaiss_index **index, char *message, size_t message_size) {
  return patchcore::guarded(message, message_size, [&] {
    patchcore::OneThread oneThread;
    faiss::IndexFlatL2 quantizer(bank.dimension);
    faiss::IndexIVFFlat trained(&quantizer, bank.dimension, lists);
    // With fewer than the usual 39 points per centroid FAISS prints to standard error; the caller logs it instead.
    trained.cp.min_points_per_centroid = 1;
    trained.cp.seed = seed;
    trained.train(bank.rows, bank.values);
    std::vector<faiss::Index::idx_t> assigned(bank.rows);
    quantizer.assign(bank.rows, bank.values, assigned.data());
    *index = new ListIndex(
        quantizer.get_xb(), lists, bank.dimension, std::vector<int32_t>(assigned.begin(), assigned.end()));
  });
}

extern "C" void cfaiss_copy_ivfflat(const cfaiss_index *index, float *centroids, int32_t *list_of_row) {
  const auto &lists = static_cast<const ListIndex &>(*index);
  std::copy(lists.centroids.begin(), lists.centroids.end(), centroids);
  std::copy(lists.listOfRow.begin(), lists.listOfRow.end(), list_of_row);
}

extern "C" int cfaiss_restore_ivfflat(
    cfaiss_bank bank, const float *centroids, size_t lists, const int32_t *list_of_row, cfaiss_index **index,
    char *message, size_t message_size) {
  return patchcore::guarded(message, message_size, [&] {
    *index = new ListIndex(
        centroids, lists, bank.dimension, std::vector<int32_t>(list_of_row, list_of_row + bank.rows));
  });
}

#endif
