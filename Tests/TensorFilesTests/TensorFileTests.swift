import Foundation
import TensorFiles
import Testing

@Suite("Files that are no tensor files")
struct TensorFileTests {
  @Test(
    "are named for what they are",
    arguments: [
      ([], "empty"), ([0x89] + Array("PNG\r\n".utf8), "a PNG image"), ([0xFF, 0xD8, 0xFF, 0xE0], "a JPEG image"),
      (Array("<!DOCTYPE html><html>404".utf8), "an HTML page"), (Array("\n<HTML>".utf8), "an HTML page"),
      (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "a git-lfs pointer"), (Array("hello".utf8), "text"),
      ([0x1F, 0x8B, 8, 0], "gzip data"), ([UInt8](repeating: 0, count: 100), "filled with zeros"),
      ([UInt8](repeating: 0, count: 257) + Array("ustar".utf8) + [0], "a tar archive"),
      ([0x93] + Array("NUMPY".utf8), "a NumPy array"), ([0x80, 2, 0x7D, 0x2E], "a Python pickle"),
      ([1, 2, 0xFE], "the bytes 01 02 fe"),
    ] as [([UInt8], String)])
  func signatures(_ contents: [UInt8], _ words: String) throws {
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/weights.pth"
      try Data(contents).write(to: URL(filePath: path))
      let message = Fixture.refusal { _ = try TensorFile.tensors(contentsOf: path) }
      #expect(message.contains(words), "\(message)")
      #expect(message.contains("Expected a .safetensors file or a PyTorch checkpoint"))
    }
  }

  @Test("or truncated, missing or folders say so")
  func others() throws {
    try Fixture.withTemporaryFolder { folder throws in
      let path = folder + "/weights.pth"
      try Data(Fixture.bytes("types_zip.pth").prefix(2000)).write(to: URL(filePath: path))
      #expect(Fixture.refusal { _ = try TensorFile.tensors(contentsOf: path) }.contains("is a truncated zip archive"))
      #expect(Fixture.refusal { _ = try TensorFile.tensors(contentsOf: folder) }.contains("not a regular file"))
      let missing = Fixture.refusal { _ = try TensorFile.tensors(contentsOf: folder + "/no.pth") }
      #expect(missing.contains("No such file"))
    }
  }
}
