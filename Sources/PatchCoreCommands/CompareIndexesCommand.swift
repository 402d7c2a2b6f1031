import ArgumentParser
import Evaluation
import Foundation
import PatchCore
import TensorFiles

/// `patchcore compare-indexes`.
struct CompareIndexesCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare-indexes",
    abstract: "Measures neighbour indexes over a model's memory bank: what they find, cost and change.",
    discussion: """
      Builds each index in turn, searches with it for the patches of all test images of a data set, and prints recall@1 \
      against exact search, score drift, AUROC, latency, build time and bytes, and the command that puts the recommended \
      index into the model. The model is left as it is.
      """)

  @Argument(help: "The model file.")
  var model: String

  @Option(help: ArgumentHelp("The data set whose test images are searched for.", valueName: "kind:path"))
  var dataset: String

  @Option(
    help: ArgumentHelp(
      "A YAML or JSON list of indexes, [{kind: ...}, ...]; by default a list that suits the bank.", valueName: "file"))
  var indexes: String?

  @Option(help: ArgumentHelp("A file for the results as JSON; - for standard output.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp("A file for the test patches' embeddings (.npy), for faiss_peer.py.", valueName: "file"))
  var queries: String?

  @Option(
    help: ArgumentHelp(
      "Times of another FAISS on the same indexes, made by Tests/Benchmarks/faiss_peer.py.", valueName: "file"))
  var peer: String?

  @OptionGroup(title: "Model options")
  var loading: ModelOptions

  @OptionGroup(title: "Run options")
  var options: RunOptions

  func validate() throws {
    try validateDataset(dataset)
    if json == "-", peer != nil {
      throw ValidationError("--peer adds columns to the table, which --json - does not print")
    }
    if queries == "-" { throw ValidationError("--queries -: name a file; an array is not printed") }
  }

  func run(_ run: Run) throws {
    for path in [json, queries].compactMap({ $0 }) where path != "-" { try checkWritable(path) }
    let peer = try peer.map { try IndexPeer(contentsOf: $0) }
    let given = try indexes.map {
      try StageDescription<NeighbourIndexRole>.list(contentsOf: $0, catalogue: run.catalogue)
    }
    let detector = try loading.pipeline(model, run)
    run.logger.info("\(model): \(detector.summary)")
    detector.warnOfRandomWeights(run.logger)
    let list = try IndexList(
      given, rows: detector.bank.count, dimension: detector.bank.dimension, catalogue: run.catalogue)
    // Known before the images are embedded, so said before it.
    for index in list.indexes {
      try index.configuration.check(rows: detector.bank.count, dimension: detector.bank.dimension)
    }
    let trial = try IndexTrial(
      detector, dataset: try DatasetLocation(parsing: dataset).read(), progress: run.progress.reporter)
    if let queries {
      do {
        try NumpyFile.write(try trial.embeddings().tensor, to: queries)
      } catch let error as TensorFileError {
        throw PatchCoreError(.invalidFile, error)
      }
    }
    let comparison = try trial.compare(list.indexes, progress: run.progress.reporter, logger: run.logger)
    run.progress.end()
    if json == "-" {
      try Console.print(try comparison.json())
    } else {
      if let json { try AtomicOutput.write(try comparison.json(), to: json) }
      try Console.print(IndexTable(comparison, peer: peer, model: model, weights: loading.weights).text)
    }
  }
}
