import Foundation
import TensorFiles
import Testing

@Suite struct IndexCommandTests {
  /// An index that every build has, and another one where there is FAISS; the test's bank has 117 rows.
  static var indexes: [String] {
    var indexes = ["{kind: reranked, index: {kind: exact}, candidates: 5}"]
    #if FAISS
    indexes += [
      "{kind: faiss_ivfflat, lists: 5, probes: 2}", "{kind: faiss_hnsw, links: 6}",
      "{kind: reranked, index: {kind: faiss_ivfpq, lists: 3, sub_quantisers: 16, bits: 4}, candidates: 20}",
    ]
    #endif
    return indexes
  }

  private static func fit(_ folder: WorkFolder, _ more: String...) throws {
    let fit = try folder.run(["fit", "random.yaml", "--dataset", "mvtec:parts", "-q", "-o", "model"] + more)
    try #require(fit.status == 0, "\(fit.errors)")
  }

  @Test(arguments: indexes)
  func reindexingGivesWhatAFitWithThatIndexGives(_ index: String) throws {
    try WorkFolder.with { folder in
      try Self.fit(folder)
      let whole = WorkFolder.description(weights: "random") + "neighbour_index: \(index)\n"
      try folder.write(Data(whole.utf8), to: "whole.yaml")
      try folder.write(Data((index + "\n").utf8), to: "index.yaml")
      try #require(try folder.run("fit", "whole.yaml", "--dataset", "mvtec:parts", "-o", "fitted").status == 0)
      let fitted = try Data(contentsOf: folder.url("fitted"))
      for file in ["index.yaml", "whole.yaml"] {
        let run = try folder.run("reindex", "model", "--index", file, "-o", "new", "--threads", "1")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.hasPrefix("new: 117 x 32 memory bank from 6 images; resnet with weights random"))
        #expect(run.output.contains("{kind: "))
        #expect(run.errors.contains("scores differ from model's") == index.contains("faiss"))
        #expect(try Data(contentsOf: folder.url("new")) == fitted)
      }
      let back = try folder.run("predict", "new", "parts/test", "-q")
      #expect(try back.status == 0 && back.output == folder.run("predict", "fitted", "parts/test", "-q").output)
      #expect(try folder.partialFiles().isEmpty)
    }
  }

  @Test func aModelThatRefersToItsWeightsStillDoes() throws {
    try WorkFolder.with { folder in
      try folder.writeWeights(to: "weights.safetensors", seed: 1)
      try folder.write(Data("{kind: reranked, candidates: 3}".utf8), to: "index.yaml")
      let fit = ["fit", "weights.yaml", "--dataset", "mvtec:parts", "--weights", "weights.safetensors", "-q", "-o"]
      try #require(try folder.run(fit + ["light", "--reference-weights"]).status == 0)
      let without = try folder.run("reindex", "light", "--index", "index.yaml", "-o", "new")
      #expect(without.status == 1 && without.errors.contains("give the file weights.safetensors (SHA-256 "))
      let run = try folder.run(
        "reindex", "light", "--index", "index.yaml", "-o", "new", "--weights", "weights.safetensors")
      #expect(run.status == 0, "\(run.errors)")
      let names = try SafetensorsFile(contentsOf: folder.url("new").path).tensors.keys
      #expect(!names.contains { $0.hasPrefix("extractor.") })
      let scores = try ["light", "new"].map {
        try folder.run("predict", $0, "parts/test", "-q", "--weights", "weights.safetensors").output
      }
      #expect(scores[0] == scores[1] && !scores[0].isEmpty)
    }
  }

  /// An index, and words of the refusal.
  static var refusals: [(String, [String])] {
    var refusals = [
      ("{lists: 4}", ["index.yaml: names no index", "{kind: NAME, ...}"]),
      ("seed: 1", ["index.yaml: names no index"]),
      ("[{kind: exact}]", ["index.yaml", "found a list"]),
      ("{kind: exakt}", ["index.yaml:1: kind: ", "did you mean exact?"]),
      ("{kind: exact, probes: 2}", ["index.yaml:1: probes", "no such key"]),
      ("neighbour_index: {kind: reranked, candidats: 2}", ["neighbour_index.candidats", "did you mean candidates?"]),
      ("{kind: reranked, candidates: 0}", ["neighbour_index.candidates is 0; give at least 1"]),
    ]
    #if FAISS
    refusals += [
      (
        "{kind: faiss_ivfflat, lists: 512}",
        ["neighbour_index.lists is 512, but the bank has 117 rows; give at most 117, or null to derive it"]
      ),
      (
        "{kind: faiss_ivfpq, sub_quantisers: 5, bits: 4}",
        ["neighbour_index.sub_quantisers is 5, which does not divide the bank's dimension 32", "1, 2, 4, 8, 16, 32"]
      ),
      ("{kind: faiss_ivfpq}", ["neighbour_index.sub_quantisers is 64", "dimension 32"]),
      (
        "{kind: faiss_ivfpq, sub_quantisers: 8}",
        ["neighbour_index.bits is 8, which needs 2^8 = 256 rows to train on; the bank has 117"]
      ),
      ("{kind: faiss_hnsw, links: 117}", ["neighbour_index.links is 117, but the bank has 117 rows"]),
      (
        "{kind: reranked, index: {kind: faiss_ivfflat, lists: 512}}",
        ["neighbour_index.index.lists is 512, but the bank has 117 rows"]
      ),
    ]
    #else
    refusals.append(("{kind: faiss_hnsw}", ["faiss_hnsw is not in this build", "build with the trait FAISS"]))
    #endif
    return refusals
  }

  @Test func indexesThatDoNotSuitAreRefused() throws {
    try WorkFolder.with { folder in
      try Self.fit(folder)
      for (index, words) in Self.refusals {
        try folder.write(Data(index.utf8), to: "index.yaml")
        let run = try folder.run("reindex", "model", "--index", "index.yaml", "-o", "new")
        #expect(run.status == 1)
        for word in words { #expect(run.errors.contains(word), "\(run.errors)") }
        #expect(!folder.exists("new"))
      }
      let missing = try folder.run("reindex", "model", "--index", "nowhere.yaml", "-o", "new")
      #expect(missing.status == 1 && missing.errors.contains("nowhere.yaml: cannot be read"))
      let compare = ["compare-indexes", "model", "--dataset", "mvtec:parts", "--indexes", "index.yaml"]
      for (list, word) in [
        ("{kind: exact}", "index.yaml: expected a list"), ("[]", "index.yaml: expected a list that is not empty"),
        ("[exact]", "index.yaml:1: 0: expected an index, {kind: NAME, ...}"),
        ("- kind: exact\n- kind: exakt\n", "index.yaml:2: 1.kind: "),
        ("[{kind: reranked, candidates: 0}]", "candidates is 0"),
      ] {
        try folder.write(Data(list.utf8), to: "index.yaml")
        let run = try folder.run(compare)
        #expect(run.status == 1 && run.errors.contains(word), "\(run.errors)")
      }
    }
  }

  @Test func comparesTheIndexesThatSuitTheBank() throws {
    try WorkFolder.with { folder in
      try Self.fit(folder)
      let run = try folder.run(
        "compare-indexes", "model", "--dataset", "mvtec:parts", "--json", "result.json", "--queries", "queries.npy")
      try #require(run.status == 0, "\(run.errors)")
      // Six images of 14 x 14 patches.
      #expect(try NumpyFile(contentsOf: folder.url("queries.npy").path).tensor.shape == [6 * 196, 32])
      #expect(run.lines[0].hasPrefix("1176 patches of 6 images, a bank of 117 x 32, "))
      let result = try JSON.object(try Data(contentsOf: folder.url("result.json")))
      let rows = try #require(result["indexes"] as? [[String: Any]])
      #expect(rows[0]["yaml"] as? String == "{kind: exact}")
      #expect(rows[0]["recall_at_1"] as? Double == 1 && rows[0]["largest_score_drift"] as? Double == 0)
      let kinds = rows.compactMap { ($0["index"] as? [String: Any])?["kind"] as? String }
      #if FAISS
      #expect(Set(kinds) == ["exact", "faiss_flat", "faiss_ivfflat", "faiss_ivfpq", "faiss_hnsw", "reranked"])
      #expect(run.output.contains("\n* FAISS 1."))
      // The bank gives three lists, which 4 probes and more look through.
      for row in rows where (row["yaml"] as? String)?.contains("ivfflat, lists: null, probes: 4}") == true {
        #expect(row["recall_at_1"] as? Double == 1 && row["mean_score_drift"] as? Double == 0)
      }
      #else
      #expect(kinds == ["exact"])
      #endif

      // The evaluation of the same model gives the same numbers.
      let evaluation = try folder.run("evaluate", "model", "--dataset", "mvtec:parts", "--json", "-", "-q").json()
      for key in ["image_auroc", "pixel_auroc"] { #expect(rows[0][key] as? Double == evaluation[key] as? Double) }

      // The rule once more, by hand.
      func number(_ row: [String: Any], _ key: String) -> Double { row[key] as? Double ?? .nan }
      let suitable = rows.indices.filter { index in
        number(rows[index], "recall_at_1") >= 0.9
          && ["image_auroc", "pixel_auroc"].allSatisfy { number(rows[index], $0) >= number(rows[0], $0) - 0.001 }
      }
      let quickest = suitable.map { number(rows[$0], "milliseconds_per_image") }.min()
      let recommended = try #require(result["recommended"] as? Int)
      #expect(suitable.contains(recommended) && number(rows[recommended], "milliseconds_per_image") == quickest)
      let name = try #require(rows[recommended]["yaml"] as? String)
      #expect(
        run.lines.last == "echo '\(name)' | patchcore reindex model --index /dev/stdin --output model-reindexed")
    }
  }

  @Test func comparesAGivenListBesideAnotherLibrary() throws {
    try WorkFolder.with { folder in
      try Self.fit(folder)
      let list = Self.indexes.joined(separator: ", ")
      try folder.write(Data("[\(list)]".utf8), to: "list.yaml")
      let peer = """
        {"library": "faiss-cpu 9", "threads": 2,
         "indexes": [{"yaml": "{kind: exact}", "milliseconds_per_image": 7.25, "build_seconds": 0.5, "more": 1}]}
        """
      try folder.write(Data(peer.utf8), to: "peer.json")
      let arguments = ["compare-indexes", "model", "--dataset", "mvtec:parts", "--indexes", "list.yaml", "-q"]
      let run = try folder.run(arguments + ["--peer", "peer.json"])
      try #require(run.status == 0, "\(run.errors)")
      // `reranked` over `exact` is exact, so it is what the others are compared with.
      #expect(run.output.contains("{kind: reranked, index: {kind: exact}, candidates: 5}"))
      #expect(run.output.contains("peer: faiss-cpu 9, 2 threads"))
      #expect(run.output.contains("peer lacks \(Self.indexes.count) of these indexes"))

      #if FAISS
      let sweep = "[{kind: faiss_ivfflat, lists: 9, probes: 9}, {kind: faiss_ivfflat, lists: 9, probes: 1}]"
      try folder.write(Data(sweep.utf8), to: "list.yaml")
      let shared = try folder.run(arguments + ["--json", "-"]).json()
      let rows = try #require(shared["indexes"] as? [[String: Any]])
      #expect(rows.map { $0["shares_build"] as? Bool } == [false, false, true])
      // Nine centroids of 32 dimensions, and a number per row.
      #expect(rows.map { $0["bytes"] as? Int } == [0, 9 * 32 * 4 + 117 * 4, 9 * 32 * 4 + 117 * 4])
      #expect(rows[1]["recall_at_1"] as? Double == 1 && rows[1]["largest_score_drift"] as? Double == 0)
      let one = try #require(rows[2]["recall_at_1"] as? Double), drift = rows[2]["largest_score_drift"] as? Double ?? 0
      #expect(one < 1 && one > 0.2 && drift > 0)
      #expect((rows[2]["library"] as? String)?.hasPrefix("FAISS 1.") == true)
      #endif

      try folder.write(Data("{}".utf8), to: "peer.json")
      let refused = try folder.run(arguments + ["--peer", "peer.json"])
      #expect(refused.status == 1)
      #expect(refused.errors.contains("peer.json: is no output of Tests/Benchmarks/faiss_peer.py"))
    }
  }
}
