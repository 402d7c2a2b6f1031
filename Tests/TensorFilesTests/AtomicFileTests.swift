import Foundation
import TensorFiles
import Testing

@Suite("Atomic files")
struct AtomicFileTests {
  private struct Interrupted: Error {}

  private func contents(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  @Test("appear whole, replacing what was there")
  func replaces() throws {
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/report.txt"
      try AtomicFile.write(to: path) { try $0.write("first") }
      try AtomicFile.write(to: path) { writer throws in
        try writer.write("second")
        #expect(try contents(path) == "first")
        // The documented name, so that a stray file of a killed process is recognised.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == [".report.txt.partial-\(getpid())", "report.txt"])
        try writer.write([UInt8](repeating: 0x21, count: 200_000))
        try writer.write("end")
        #expect(writer.byteCount == 200_009)
      }
      #expect(try contents(path) == "second" + String(repeating: "!", count: 200_000) + "end")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report.txt"])
    }
  }

  @Test("leave the old file and no other when the body throws")
  func failure() throws {
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/report.txt"
      try AtomicFile.write(to: path) { try $0.write("first") }
      #expect(throws: Interrupted.self) {
        try AtomicFile.write(to: path) { writer throws in
          try writer.write(String(repeating: "x", count: 100_000))
          throw Interrupted()
        }
      }
      #expect(try contents(path) == "first")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report.txt"])
    }
  }

  @Test("can be written twice at once, the last one stays")
  func nested() throws {
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/report.txt"
      try AtomicFile.write(to: path) { outer throws in
        try outer.write("outer")
        try AtomicFile.write(to: path) { try $0.write("inner") }
        #expect(try contents(path) == "inner")
      }
      #expect(try contents(path) == "outer")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report.txt"])
    }
  }

  @Test("follow a symbolic link")
  func links() throws {
    try Fixture.withTemporaryFolder { folder throws in
      try AtomicFile.write(to: folder + "/target.txt") { try $0.write("old") }
      try FileManager.default.createSymbolicLink(atPath: folder + "/link.txt", withDestinationPath: "target.txt")
      try AtomicFile.write(to: folder + "/link.txt") { try $0.write("new") }
      #expect(try contents(folder + "/target.txt") == "new")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link.txt") == "target.txt")
    }
  }

  @Test("are refused where they cannot stand")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder throws in
      for (path, reason) in [
        (folder, "is a folder"), (folder + "/missing/x.txt", "No such file or directory"),
        (folder + "/missing/", "names a folder"), ("/dev/null", "not a regular file"), ("", "no path"),
        ("/proc/x.txt", "cannot be created in /proc"),
      ] {
        let message = Fixture.refusal {
          try AtomicFile.write(to: path) { _ in Issue.record("\(path) was opened") }
        }
        #expect(message.hasPrefix(path) && message.contains(reason), "\(message)")
      }
      let long = folder + "/" + String(repeating: "n", count: 250)
      try AtomicFile.write(to: long) { try $0.write("x") }
      #expect(try contents(long) == "x")
    }
  }
}
