import Foundation
import PatchCore
import Synchronization
import Testing

/// Fits within a stated memory.
@Suite struct MemoryBudgetTests {
  @Test(
    arguments: [
      ("1", 1), ("4096", 4096), ("3K", 3072), ("512M", 536_870_912), ("2G", 2_147_483_648), ("1.5g", 1_610_612_736),
      ("1T", 1 << 40), ("", nil), ("G", nil), ("0", nil), ("-2G", nil), ("2GB", nil), ("2 G", nil), ("1e3", nil),
      ("nan", nil), ("0x10", nil), ("0.0000001K", nil), ("99999999T", nil), ("1.2.3M", nil), ("٣G", nil),
    ] as [(String, Int?)])
  func sizesAreRead(text: String, bytes: Int?) { #expect(MemoryBudget(parsing: text)?.bytes == bytes) }

  private func image(_ seed: Int) throws -> Image {
    try Image(width: 16, height: 16, format: .grey8, bytes: (0..<256).map { UInt8(($0 * 7 + seed * 31) % 251) })
  }

  private func pipeline(_ yaml: String = "") throws -> Pipeline {
    Pipeline(try PipelineDescription(yaml: yaml, catalogue: .toy))
  }

  @Test func thePlanAddsUp() throws {
    // 4 x 4 cells of 3 numbers in each image, every second of them in the bank.
    var plan = try pipeline("subsampler: {kind: every, step: 2}").plan(images: 100, width: 16, height: 16)
    #expect(plan.candidateBytes == 1600 * 3 * 4 && plan.bankBytes == 800 * 3 * 4)
    #expect(plan.bytesInMemory == plan.bytesBesideCandidates + 19_200)
    plan.working = FitPlan.WorkingMemory()
    plan.working.program = 0
    #expect(plan.bytesBesideCandidates == 9600)
    plan.working.network = 1000
    plan.working.images = 500
    plan.working.subsampler = 200
    plan.working.neighbourIndex = 300
    #expect(plan.bytesBesideCandidates == 1000 + 9600 + 300)
    // While the bank is narrowed it is there in both formats.
    plan.storage = StorageSettings(embeddings: .bfloat16, bank: .int8)
    #expect(plan.candidateBytes == 9600 && plan.bankBytes == 800 * (3 + 8))
    #expect(plan.bytesBesideCandidates == 1000 + 8800 + 4800 + 300)
  }

  @Test func aBudgetThatIsTooSmallIsRefusedBeforeTheWork() throws {
    let loaded = Atomic<Int>(0)
    let source = ImageSource(names: (0..<30).map { "\($0)" }) { number in
      loaded.add(1, ordering: .relaxed)
      return ImageSource.Entry(image: try image(number), digest: "\(number)")
    }
    // Other tests set the number of threads, which decides how many images are in work.
    try ThreadCount.withOne {
      var pipeline = try pipeline()
      let needed = try pipeline.plan(images: 30, width: 16, height: 16).bytesBesideCandidates
      pipeline.memory = MemoryBudget(bytes: needed - 1)
      let error = #expect(throws: PatchCoreError.self) { try pipeline.fit(source) }
      #expect(error?.code == .invalidConfiguration && error?.stage == "memory")
      let size = String(format: "%.1f MB", Double(needed) / 1e6)
      #expect(error?.message.contains("needs \(size)") == true && error?.message.contains("raise the budget") == true)
      #expect(loaded.load(ordering: .relaxed) == 1)
      pipeline.memory = MemoryBudget(bytes: needed)
      _ = try pipeline.fit(source)
    }
  }

  @Test func anEnsembleCountsTheMembersBefore() throws {
    let description = try EnsembleTests.description(EnsembleTests.members)
    let images = ImageSource(try (0..<8).map { try image($0) })
    try ThreadCount.withOne {
      let plan = try description.memoryPlan(images: 8, width: 16, height: 16)
      #expect(plan.leastBytes < plan.bytes)
      let error = #expect(throws: PatchCoreError.self) {
        try description.fit(images, memory: MemoryBudget(bytes: plan.leastBytes - 1))
      }
      #expect(error?.stage == "memory" && error?.message.contains("fewer members") == true)
      _ = try description.fit(images, memory: MemoryBudget(bytes: plan.leastBytes))
    }
  }
}
