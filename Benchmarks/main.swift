// Runs pieces of work and prints what each cost, one line of JSON apiece: the one that the arguments name, or, without
// arguments, one for each line of standard input. README.md lists them.
import Foundation

do {
  if CommandLine.arguments.count > 1 {
    try FileHandle.standardOutput.write(contentsOf: Job(Array(CommandLine.arguments.dropFirst())).run())
  } else {
    while let line = readLine() {
      try FileHandle.standardOutput.write(contentsOf: Job(line.split(separator: " ").map(String.init)).run())
    }
  }
} catch {
  try FileHandle.standardError.write(contentsOf: Data("benchmark: \(error)\n".utf8))
  exit(2)
}
