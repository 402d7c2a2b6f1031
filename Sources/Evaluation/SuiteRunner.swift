import Foundation
import ImageFiles
import Logging
import PatchCore
import Synchronization

/// Runs a suite: every row on every category with every seed, and collects the numbers.
public struct SuiteRunner {
  private let suite: Suite
  private let table: Suite.Table
  private let options: SuiteOptions
  private let catalogue: StageCatalogue
  private let logger: Logger
  private let plan: SuitePlan

  /// One result to compute or to read back.
  private struct Job {
    var row: Int
    var seed: Int
    var key: String
    var record: SuiteRecord?
  }

  /// Reads the names of the data and loads the weights once, so that what is missing is known before anything is run.
  ///
  /// - Parameters:
  ///   - suite: the suite.
  ///   - table: its runs.
  ///   - options: data, weights and where to write.
  ///   - catalogue: the kinds that descriptions may name.
  ///   - logger: where stages report.
  /// - Throws: `PatchCoreError` if data or base cannot be read; a row that cannot be run only fails itself.
  public init(
    _ suite: Suite, _ table: Suite.Table, _ options: SuiteOptions, catalogue: StageCatalogue,
    logger: Logger = Logger(label: "patchcore")
  ) throws {
    self.suite = suite
    self.table = table
    self.options = options
    self.catalogue = catalogue
    self.logger = logger
    plan = try SuitePlan(table, options, catalogue, logger)
  }

  /// Runs what is not done yet.
  ///
  /// Each result is written when it is there, so that another call goes on where this one was stopped.
  ///
  /// - Parameters:
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - say: takes a line about each result, such as which run is next.
  /// - Returns: all numbers; rows that failed say why.
  /// - Throws: `CancellationError` when stopped, `PatchCoreError` if results cannot be written.
  public func run(progress: ProgressReporter, say: (String) -> Void) throws -> SuiteResults {
    let records = try SuiteRecords(in: options.folder)
    var collection = SuiteCollection(plan)
    for (position, row) in plan.rows.enumerated() {
      if let problem = row.problem { say("\(row.run.name): not done: \(problem)") }
      collection.note(position, row.problem)
    }
    let runnable = plan.rows.indices.filter { plan.rows[$0].problem == nil }
    let total = runnable.reduce(0) { sum, position in
      sum + plan.rows[position].descriptions.count * (plan.rows[position].data?.categories.count ?? 0)
    }
    var features: SuiteFeatures?
    if options.featureBytes > 0, !table.isTimed {
      features = try SuiteFeatures(folder: options.folder, limit: options.featureBytes, logger: logger)
    }
    var number = 0
    var seen: Set<String> = []
    for data in runnable.compactMap({ plan.rows[$0].data }) where seen.insert(data.kind.rawValue).inserted {
      let rows = runnable.filter { plan.rows[$0].data?.kind == data.kind }
      for category in data.categories {
        let jobs = try jobs(rows, category, records, progress)
        // Features that nobody asks for again need not be kept.
        let isShared = jobs.count { $0.record == nil } > 1
        for job in jobs {
          number += 1
          let row = plan.rows[job.row]
          let seed = row.descriptions.count > 1 ? ", seed \(row.descriptions[job.seed].seed)" : ""
          let name = "[\(number) of \(total)] \(row.run.name), \(category.name)\(seed)"
          if let record = job.record {
            say("\(name): done before")
            collection.add(job.row, category.name, seed: job.seed, record)
            continue
          }
          say(name)
          let record: SuiteRecord
          do {
            record = try evaluate(row, job, category, isShared ? features : nil, progress)
          } catch let error where !(error is CancellationError) {
            say("\(name): failed: \(error)")
            // Results name no path that differs from machine to machine.
            let reason = "\(error)".replacing(category.root, with: category.name)
            collection.note(job.row, "\(category.name)\(seed): \(reason)")
            continue
          }
          try records.write(record, job.key)
          collection.add(job.row, category.name, seed: job.seed, record)
        }
        features?.removeAll()
      }
    }
    if let counts = features?.counts, counts.reused > 0 {
      say("the network ran on \(counts.computed) images; \(counts.reused) times its features were there already")
    }
    return try SuiteResults(suite, table, plan, collection, options)
  }

  /// What there is to do on a category, with the results that are there.
  private func jobs(
    _ rows: [Int], _ category: Dataset, _ records: SuiteRecords, _ progress: ProgressReporter
  ) throws -> [Job] {
    let digest = try category.digest(progress)
    return try rows.flatMap { position in
      let row = plan.rows[position]
      return try row.descriptions.indices.map { seed in
        let key = try SuiteRecords.key(
          row.descriptions[seed].resolved, weights: row.weights, data: digest, category: category.name,
          isTimed: table.isTimed, version: options.version)
        return Job(row: position, seed: seed, key: key, record: options.isFresh ? nil : records.read(key))
      }
    }
  }

  private func evaluate(
    _ row: SuitePlan.Row, _ job: Job, _ dataset: Dataset, _ features: SuiteFeatures?, _ progress: ProgressReporter
  ) throws -> SuiteRecord {
    var resolved = row.descriptions[job.seed].resolved
    if let features { resolved = try resolved.replacing(resolved.tree, catalogue: catalogue.sharing(features)) }
    let method = resolved.method
    let divided = try dataset.splitting(method.split, seed: method.seed)
    guard !divided.train.isEmpty else {
      throw PatchCoreError(.invalidDataset, "\(dataset.name) has no training images")
    }
    let detector = try method.fit(
      ImageSource(files: divided.train.map(\.path), relativeTo: divided.root), progress: progress, logger: logger)
    let watch = SuiteWatch()
    var evaluator = try detector.evaluate(dataset, progress: progress, clock: watch.clock)
    var summary = try detector.reportSummary
    summary.description = try ConfigurationNode(encoding: method).namingWeightsAlone().lines
    let report = try evaluator.report(detector: summary, timings: table.isTimed ? watch.seconds : nil)
    return SuiteRecord(
      run: row.run.name, category: dataset.name, seed: method.seed,
      bankRows: (detector as? FittedDetector)?.bank.count,
      report: try JSONDecoder().decode(JSONValue.self, from: try report.json()))
  }
}

/// Adds up the seconds of each stage.
private final class SuiteWatch: Sendable {
  private let total = Mutex<[String: Double]>([:])

  var seconds: [String: Double] { total.withLock { $0 } }

  var clock: StageClock {
    StageClock { stage, time in self.total.withLock { $0[stage, default: 0] += time.inSeconds } }
  }
}
