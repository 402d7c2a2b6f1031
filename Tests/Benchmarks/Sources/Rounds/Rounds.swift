import Foundation
import PatchCore
import TensorFiles

/// What a program was given: names with values (`--threads 2`), and the rest.
public struct Arguments {
  private var names: [String: String] = [:]
  /// Those without a name.
  public private(set) var rest: [String] = []

  /// Reads the command line, and sets the number of threads if it says one.
  public init() {
    var waiting: String?
    for argument in CommandLine.arguments.dropFirst() {
      if let name = waiting {
        names[name] = argument
        waiting = nil
      } else if argument.hasPrefix("--") {
        waiting = String(argument.dropFirst(2))
      } else {
        rest.append(argument)
      }
    }
    if let threads = self["threads"].flatMap({ Int($0) }) { ThreadCount.set(threads) }
  }

  /// The value of a name.
  public subscript(name: String) -> String? { names[name] }

  /// The number that stands behind a name.
  public func number(_ name: String, default value: Int) -> Int { names[name].flatMap { Int($0) } ?? value }
}

/// Ends the program: it was not used as meant.
public func stop(_ usage: String) -> Never {
  FileHandle.standardError.write(Data("usage: \(usage)\n".utf8))
  exit(2)
}

/// The numbers of a .npy file, as rows of its last dimension.
public func matrix(_ path: String) throws -> Matrix {
  let tensor = try NumpyFile(contentsOf: path).tensor
  let columns = tensor.shape.last ?? 1
  let rows = tensor.shape.dropLast().reduce(1, *)
  return try Matrix(
    Tensor(
      elementType: tensor.elementType, shape: [rows, columns], storage: tensor.storage, byteOffset: tensor.byteOffset))
}

/// Prints what is ready, then runs `round` once for each line of standard input and prints the seconds that it took.
///
/// So a script can time this package and a peer in turn.
public func answerRounds(_ ready: String, _ round: () throws -> Void) rethrows {
  print(ready)
  fflush(nil)
  while readLine() != nil {
    let start = ContinuousClock.now
    try round()
    print((ContinuousClock.now - start) / .seconds(1))
    fflush(nil)
  }
}
