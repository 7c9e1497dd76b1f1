// Gives a great many inputs to everything that reads what users give to it:
//
//   fuzz [inputs=1000000] [seed=1] [jobs=2] [targets=protocol,cell] [failures=FOLDER]   searches for defects
//   fuzz bombs [jobs=2]                                                                  the enormous inputs, each once
//   fuzz input=TARGET:INDEX [seed=1]                                                     one input again
//   fuzz file=TARGET:PATH                                                                a file as an input
//
// Inputs are read by workers, processes of their own: what kills one of them (a trap, a full stack, too much memory, too
// much time) is a defect like any other.
import Foundation

do {
  exit(try Command(Array(CommandLine.arguments.dropFirst())).run() ? 0 : 1)
} catch {
  try FileHandle.standardError.write(contentsOf: Data("fuzz: \(error)\n".utf8))
  exit(error is Defect ? 3 : 2)
}
