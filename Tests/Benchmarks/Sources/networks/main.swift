// Times networks on images of random numbers.
//
// `swift run -c release networks` prints the embedded network beside ResNets, in turn on the same images.
// `swift run -c release networks --serve` reads one setting a line from standard input, as `network_peers.py` writes
// them, and answers each with one line of JSON.

import Extractors
import Foundation
import PatchCore

if CommandLine.arguments.dropFirst().contains("--serve") {
  try serve()
} else {
  try printTable()
}
