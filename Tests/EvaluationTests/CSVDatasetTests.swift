import Evaluation
import Foundation
import PatchCore
import Testing

@Suite struct CSVDatasetTests {
  /// A line of a list as Python's csv module reads it.
  private struct Line: Decodable {
    var path: String
    var label: String
    var mask: String
    var use: String
  }

  /// Writes a list of the given text beside empty files of the given names.
  private static func withList(
    _ text: String, files: [String] = ["a.png", "b.png", "c.png", "m.png"],
    _ body: (String) throws -> Void
  ) throws {
    try TemporaryTree.with(files) { tree in
      let path = tree.root + "/parts.csv"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      try body(path)
    }
  }

  @Test(arguments: ["list.csv", "list-quoted.csv"])
  func readsWhatPythonWrites(_ name: String) throws {
    let lines = try #require(try Fixture.decode([String: [Line]].self, "list.json")[name])
    let files = lines.flatMap { [$0.path, $0.mask] }.filter { !$0.isEmpty }
    try TemporaryTree.with(files) { tree in
      let path = tree.root + "/" + name
      try FileManager.default.copyItem(atPath: Fixture.folder() + "/" + name, toPath: path)
      let data = try Dataset.csv(path)
      #expect(data.samples.count == lines.count && lines.count >= 7)
      for line in lines {
        let sample = try #require(data.samples.first { Array($0.path.utf8) == Array(line.path.utf8) })
        let isGood = ["good", "0"].contains(line.label)
        #expect(
          sample.label == (isGood ? .nominal : .anomalous(defect: line.label == "1" ? "anomaly" : line.label)))
        #expect(sample.maskPath == (line.mask.isEmpty ? nil : line.mask))
        #expect(sample.use.rawValue == line.use)
      }
      #expect(data.hasFixedSplit && data.kind == .csv && data.root == tree.root)
      #expect(data.name == String(name.dropLast(4)))
      #expect(try DatasetLocation(parsing: "csv:" + path).read() == data)
    }
  }

  @Test func splitsWithoutUses() throws {
    try Self.withList("path,label\r\na.png,good\r\n\r\n./b.png,0\r\nc.png,cut\r\n") { path in
      let data = try Dataset.csv(path)
      #expect(data.samples.map(\.path) == ["a.png", "b.png", "c.png"])
      #expect(data.samples.map(\.use) == [.train, .train, .test])
      #expect(!data.hasMasks && !data.hasFixedSplit)
      let split = try data.splitting(Split(nominalTestFraction: 0.5), seed: 0)
      #expect(split.train.count == 1 && split.test.count == 2)
    }
  }

  @Test func readsAListOfTestImagesAlone() throws {
    try Self.withList("label,use,path\n1,test,c.png\n0,test,a.png") { path in
      let data = try Dataset.csv(path)
      #expect(data.train.isEmpty && data.test.map(\.path) == ["a.png", "c.png"])
      #expect(try data.splitting(Split(shots: 5), seed: 0) == data, "there is nothing to draw from")
      expectError(.invalidConfiguration, containing: ["0.2", "csv", "fixes"]) {
        _ = try data.splitting(Split(nominalTestFraction: 0.2), seed: 0)
      }
    }
  }

  /// The text of a list and what the error says, the file's name apart.
  static let refusals: [(text: String, parts: [String])] = [
    ("", ["parts.csv is empty"]),
    ("\r\n\n", ["parts.csv is empty"]),
    ("path,label\n", ["lists no images"]),
    ("path,lable\na.png,good\n", [":1: there is no column \"lable\"", "did you mean label?"]),
    ("path;label\na.png;good\n", [":1: there is no column \"path;label\"", "separate columns by commas"]),
    ("path,label,size\na.png,good,1\n", [":1: there is no column \"size\"", "path, label, mask, use"]),
    ("path,mask\na.png,\n", [":1: the columns path and label are needed", "path, mask"]),
    ("path,label,path\na.png,good,a.png\n", [":1: the column path comes twice"]),
    ("path, label\na.png,good\n", [":1:", "\" label\" begins or ends with a space"]),
    ("path,label\na.png,good\nb.png\n", [":3: 1 fields, the header has 2 (path,label)"]),
    ("path,label\na.png,good,\n", [":2: 3 fields, the header has 2"]),
    ("path,label\na.png,good\nb.png,good \n", [":3: the field \"good \" begins or ends with a space"]),
    ("path,label\n\"a.png,good\n", [":2: a quote is opened here and never closed"]),
    ("path,label\n\"a.png\"x,good\n", [":2: text follows a closing quote"]),
    ("path,label\na\".png,good\n", [":2: a quote stands inside a field"]),
    ("path,label\ra.png,good\r", [":1: a carriage return stands alone"]),
    ("path,label\na\0.png,good\n", [":2: the text is not UTF-8"]),
    ("path,label\n\"b\n.png\",good\nc.png,ok\n", [":4: the label ok is not known"]),
    (
      "path,label\na.png,good\nx/y.png,good\nb.png,good\nz.png,cut\n",
      ["2 files are missing", "x/y.png on line 3", "z.png on line 5"]
    ),
    ("path,label,mask\na.png,cut,lost.png\n", ["1 files are missing", "mask lost.png on line 2"]),
    ("path,label\na.png,good\nb.png,cut\n.//a.png,good\n", [":4: a.png is listed on line 2 already"]),
    ("path,label,mask\na.png,good,m.png\n", [":2: a.png is labelled good, but has the mask m.png"]),
    ("path,label,mask\na.png,0,m.png\n", [":2: a.png is labelled good, but has the mask m.png"]),
    ("path,label,mask\na.png,cut,./a.png\n", [":2: a.png is its own mask"]),
    ("path,label,mask\na.png,cut,m.png\nb.png,cut,\n", ["1 images with defects have no mask", "b.png on line 3"]),
    ("path,label,use\na.png,cut,train\n", [":2: a.png has the defect cut, but is for training"]),
    ("path,label,use\na.png,good,train\nb.png,good,\n", [":3: the use is \"\"", "train or test on every line"]),
    ("path,label,use\na.png,good,validation\n", [":2: the use is \"validation\""]),
    ("path,label\na.png,Good\n", [":2: the label Good is not known"]),
    ("path,label\na.png,2\n", [":2: the label 2 is not known"]),
    ("path,label\na.png,\n", [":2: the label is empty"]),
    ("path,label\n,good\n", [":2: the image's path is empty"]),
    ("path,label\n/a.png,good\n", [":2: the image /a.png is an absolute path"]),
    ("path,label\n../a.png,good\n", [":2: the image ../a.png leaves the folder of the list"]),
    ("path,label\na.png,a/b\n", [":2: the label a/b cannot name a folder"]),
    ("path,label\na.txt,good\n", [":2: a.txt is no image by its name", "jpeg, jpg, png"]),
    ("path,label\nfolder.png,good\n", [":2: the image folder.png is a folder"]),
  ]

  @Test(arguments: refusals.indices)
  func refusesAndSaysWhere(_ number: Int) throws {
    let (text, parts) = Self.refusals[number]
    let files = ["a.png", "b.png", "c.png", "m.png", "b\n.png", "a.txt", "folder.png/"]
    try Self.withList(text, files: files) { path in
      let error = expectError(.invalidDataset, containing: parts) { _ = try Dataset.csv(path) }
      #expect(error?.message.hasPrefix(path) == true)
    }
  }

  @Test func refusesWhatIsNoList() throws {
    try TemporaryTree.with(["a.png"]) { tree in
      expectError(.invalidDataset, containing: ["no such file"]) { _ = try Dataset.csv(tree.root + "/lost.csv") }
      expectError(.invalidDataset, containing: ["is a folder", "folder:"]) { _ = try Dataset.csv(tree.root) }
      let wide = tree.root + "/wide.csv"
      try #require("path,label\na.png,good\n".data(using: .utf16)).write(to: URL(fileURLWithPath: wide))
      expectError(.invalidDataset, containing: ["wide.csv is UTF-16", "UTF-8"]) { _ = try Dataset.csv(wide) }
      let latin = tree.root + "/latin.csv"
      try Data([UInt8]("path,label\na.png,K".utf8) + [0xE4]).write(to: URL(fileURLWithPath: latin))
      expectError(.invalidDataset, containing: ["latin.csv:2: the text is not UTF-8"]) { _ = try Dataset.csv(latin) }
    }
    expectError(.invalidDataset, containing: ["KIND:PATH", "csv:x.CSV"]) { _ = try DatasetLocation(parsing: "x.CSV") }
  }
}
