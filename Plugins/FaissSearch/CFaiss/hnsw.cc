#include "shim.h"

#ifdef PATCHCORE_FAISS

#include <algorithm>
#include <stdexcept>

#include <faiss/IndexHNSW.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/DistanceComputer.h>

namespace {

/// Gives FAISS's graph the distances between rows that stay where they are.
struct BankDistances : faiss::DistanceComputer {
  const cfaiss_bank bank;
  const float *query = nullptr;

  explicit BankDistances(cfaiss_bank bank) : bank(bank) {}

  const float *row(idx_t i) const { return bank.values + size_t(i) * bank.dimension; }
  float distance(const float *a, const float *b) const {
    float result;
    patchcore::squaredDistances(a, b, 1, bank.dimension, 1, &result);
    return result;
  }
  void set_query(const float *vector) override { query = vector; }
  float operator()(idx_t i) override { return distance(query, row(i)); }
  float symmetric_dis(idx_t i, idx_t j) override { return distance(row(i), row(j)); }
};

/// What FAISS builds a graph over: it counts the rows and copies none.
struct BankStorage : faiss::Index {
  const cfaiss_bank bank;

  explicit BankStorage(cfaiss_bank bank) : faiss::Index(idx_t(bank.dimension)), bank(bank) {}

  void add(idx_t n, const float *) override { ntotal += n; }
  void reset() override { ntotal = 0; }
  void search(idx_t, const float *, idx_t, float *, idx_t *, const faiss::SearchParameters *) const override {
    throw std::logic_error("the rows are searched through the graph");
  }
  faiss::DistanceComputer *get_distance_computer() const override { return new BankDistances(bank); }
};

struct GraphIndex : cfaiss_index {
  faiss::HNSW hnsw;

  explicit GraphIndex(faiss::HNSW graph) : hnsw(std::move(graph)) {}

  void search(
      const cfaiss_bank &bank, const float *queries, size_t n, size_t k, size_t depth, int32_t *rows,
      float *distances) const override {
    // As many rows as the walk keeps in view, so that ties and rounding are settled among all of them.
    const size_t kept = std::max(k, depth);
    faiss::SearchParametersHNSW parameters;
    parameters.efSearch = int(kept);
    faiss::VisitedTable visited(int(bank.rows));
    BankDistances computer(bank);
    std::vector<faiss::HNSW::idx_t> found(kept);
    std::vector<float> near(kept);
    for (size_t query = 0; query < n; ++query) {
      const float *vector = queries + query * bank.dimension;
      std::fill(found.begin(), found.end(), -1);
      std::fill(near.begin(), near.end(), std::numeric_limits<float>::infinity());
      computer.set_query(vector);
      hnsw.search(computer, int(kept), found.data(), near.data(), visited, &parameters);
      visited.advance();
      patchcore::Shortlist shortlist(k, bank.dimension);
      for (size_t i = 0; i < kept; ++i) {
        if (found[i] >= 0) shortlist.add(near[i], size_t(found[i]));
      }
      shortlist.finish(bank, vector, rows + query * k, distances + query * k);
    }
  }
};

} // namespace

extern "C" int cfaiss_build_hnsw(
    cfaiss_bank bank, size_t links, size_t build_depth, int seed, cfaiss_index **index, char *message,
    size_t message_size) {
  return patchcore::guarded(message, message_size, [&] {
    // On several threads rows are linked in the order in which threads come to them.
    patchcore::OneThread oneThread;
    BankStorage storage(bank);
    faiss::IndexHNSW built(&storage, int(links));
    built.hnsw.rng = faiss::RandomGenerator(seed);
    built.hnsw.efConstruction = int(build_depth);
    built.add(faiss::Index::idx_t(bank.rows), bank.values);
    *index = new GraphIndex(std::move(built.hnsw));
  });
}

extern "C" size_t cfaiss_hnsw_layers(size_t links) { return faiss::HNSW(int(links)).assign_probas.size(); }

extern "C" size_t cfaiss_hnsw_slots(const cfaiss_index *index) {
  return static_cast<const GraphIndex &>(*index).hnsw.neighbors.size();
}

extern "C" void cfaiss_copy_hnsw(const cfaiss_index *index, uint8_t *layers, int32_t *links, int32_t *entry_point) {
  const faiss::HNSW &hnsw = static_cast<const GraphIndex &>(*index).hnsw;
  std::copy(hnsw.levels.begin(), hnsw.levels.end(), layers);
  std::copy(hnsw.neighbors.begin(), hnsw.neighbors.end(), links);
  *entry_point = hnsw.entry_point;
}

extern "C" int cfaiss_restore_hnsw(
    cfaiss_bank bank, size_t links_per_row, const uint8_t *layers, const int32_t *links, size_t slots,
    int32_t entry_point, cfaiss_index **index, char *message, size_t message_size) {
  return patchcore::guarded(message, message_size, [&] {
    faiss::HNSW hnsw{int(links_per_row)};
    hnsw.levels.assign(layers, layers + bank.rows);
    hnsw.neighbors.assign(links, links + slots);
    hnsw.offsets.assign(1, 0);
    for (const int count : hnsw.levels) hnsw.offsets.push_back(hnsw.offsets.back() + hnsw.cum_nb_neighbors(count));
    if (hnsw.offsets.back() != slots) throw std::invalid_argument("the links do not fill the graph's layers");
    hnsw.entry_point = entry_point;
    hnsw.max_level = hnsw.levels[size_t(entry_point)] - 1;
    *index = new GraphIndex(std::move(hnsw));
  });
}

#endif
