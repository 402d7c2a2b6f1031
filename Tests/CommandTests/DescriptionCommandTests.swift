import Foundation
import Testing

@Suite struct DescriptionCommandTests {
  @Test func explainNamesTheSourceOfEveryValue() throws {
    try WorkFolder.with { folder in
      var description = "preset: paper\nextractor: {kind: resnet, layers: [layer2]}\n"
      #if !OneDNN
      description += "compute: {engine: openblas}\n"
      #endif
      try folder.write(Data(description.utf8), to: "paper.yaml")
      let run = try folder.run("explain", "paper.yaml", "--images", "10", "--size", "640x480")
      try #require(run.status == 0, "\(run.errors)")
      let sections = run.output.components(separatedBy: "\n\n")
      try #require(sections.count == 2)
      // A line ends in a colon, for the keys below it, or says where its value comes from.
      for line in sections[0].split(separator: "\n") where !line.hasSuffix(":") {
        #expect(line.contains("  # "), "\(line)")
      }
      func source(_ key: String) -> String? {
        sections[0].split(separator: "\n").first { $0.drop { $0 == " " }.hasPrefix("\(key): ") }
          .flatMap { $0.components(separatedBy: "  # ").last }
      }
      #expect(source("layers") == "paper.yaml:2")
      #expect(source("architecture") == "default")
      #expect(source("patch_size") == "preset paper")
      #expect(source("bank_neighbours") == "preset paper, paper silent")
      #expect(source("seed") == "default")
      // 10 images of 28 x 28 patches, 1024 numbers of 4 bytes each; a tenth is kept.
      #expect(sections[1].contains("7840 embeddings (32.1 MB), a memory bank of 784 (3.2 MB)"))
      #expect(sections[1].contains("with the embeddings in a file"))
      #expect(sections[1].contains("embeddings 32.1 MB") && sections[1].contains("bank 3.2 MB"))
    }
  }

  @Test func explainNamesTheNetworkThatHoldsWhereNoneIsNamed() throws {
    try WorkFolder.with { folder in
      var description = "preset: anomalib\nmap: {sigma: 2}\n"
      #if !OneDNN
      description += "compute: {engine: openblas}\n"
      #endif
      try folder.write(Data(description.utf8), to: "short.yaml")
      let run = try folder.run("explain", "short.yaml")
      try #require(run.status == 0, "\(run.errors)")
      let lines = run.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
      let start = try #require(lines.firstIndex(of: "extractor:"))
      #expect(
        lines[start...(start + 3)] == [
          "extractor:", "kind: compact # default", "layers: [layer2, layer3] # default", "weights: embedded # default",
        ])
      #expect(lines.last == "feature maps of each image, channels x height x width: 96 x 32 x 32, 192 x 16 x 16")
    }
  }

  @Test func stagesListsEveryKindWithItsDefaults() throws {
    try WorkFolder.with { folder in
      let listing = try folder.run("stages", "--json").json()
      #expect(Set(listing.keys) == ["stages", "presets"])
      let stages = try #require(listing["stages"] as? [[String: Any]])
      #expect(
        stages.map { $0["role"] as? String } == ["extractor", "aggregator", "subsampler", "neighbour_index", "scorer"])
      let kinds = stages.flatMap { $0["kinds"] as? [[String: Any]] ?? [] }
      func defaults(_ kind: String) -> [String: Any]? {
        kinds.first { $0["kind"] as? String == kind }?["defaults"] as? [String: Any]
      }
      #expect(defaults("resnet")?["layers"] as? [String] == ["layer2", "layer3"])
      #expect(defaults("resnet")?["weights"] is NSNull)
      #expect(defaults("compact")?["weights"] as? String == "embedded")
      #expect((defaults("coreset")?["projection"] as? [String: Any])?["dimension"] as? Int == 128)
      #expect(defaults("random")?["fraction"] as? Double == 0.1)
      let faiss = try #require(kinds.first { $0["kind"] as? String == "faiss_ivfpq" })
      #if FAISS
      #expect(faiss["unavailable"] == nil)
      #expect(defaults("faiss_ivfpq")?["probes"] as? Int == 1)
      #else
      #expect(faiss["defaults"] == nil)
      #expect((faiss["unavailable"] as? String)?.contains("FAISS") == true)
      #endif
      let presets = listing["presets"] as? [[String: String]]
      #expect(presets?.map { $0["name"] } == ["official", "paper", "anomalib"])

      let text = try folder.run("stages").lines
      #expect(text.contains("    projection.dimension: 128"))
    }
  }
}
