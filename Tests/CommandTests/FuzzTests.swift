import Foundation
import Testing

/// A short share of the search for inputs that no reader can cope with; `make fuzz` is the long one.
@Suite struct Fuzzing {
  private func fuzz(_ arguments: String...) throws -> (run: Spinodal, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    let run = try Spinodal(program: "fuzz", arguments + ["failures=\(folder.path("failures"))"])
    return (run, folder)
  }

  @Test func noReaderFails() throws {
    let (run, _) = try fuzz("inputs=20000", "seed=20261121")
    #expect(run.status == 0, "\(run.output)\(run.complaints)")
    #expect(run.output.contains("seed 20261121\n"))
    let count = try #require(run.output.split(separator: "\n").last?.split(separator: " ").first.flatMap { Int($0) })
    #expect(count > 19_900)
  }

  /// A reader that traps, recurses, hangs, hoards or breaks a promise is found out, and what did it is written down.
  @Test func everyKindOfFailureIsFound() throws {
    let (run, folder) = try fuzz("inputs=8", "seed=1", "targets=failing")
    #expect(run.status == 1)
    for (index, reason) in [
      (0, "a property does not hold"), (1, "killed by signal"), (2, "takes too long"), (3, "killed by signal"),
      (4, "killed by signal"),
    ] {
      #expect(run.output.contains("FAILURE failing, input \(index): \(reason)"), "\(run.output)")
      #expect(
        try Data(contentsOf: folder.url.appending(path: "failures/1-\(index)-failing.txt")) == Data([UInt8(index)]))
    }
    #expect(run.output.contains("8 inputs in") && run.output.contains(", 5 failures"))
    // The same input again, by its seed and by its file.
    let again = try Spinodal(program: "fuzz", ["input=failing:0", "seed=1"])
    #expect(again.status == 3 && again.complaints == "fuzz: a property does not hold\n")
    let file = try Spinodal(program: "fuzz", ["file=failing:" + folder.path("failures/1-0-failing.txt")])
    #expect(file.status == 3)
  }

  @Test func theSameSeedMakesTheSameInputs() throws {
    let first = try Spinodal(program: "fuzz", ["input=protocol:17", "seed=5"])
    let second = try Spinodal(program: "fuzz", ["input=protocol:17", "seed=5"])
    let other = try Spinodal(program: "fuzz", ["input=protocol:17", "seed=6"])
    func input(_ run: Spinodal) -> [Substring] { run.output.split(separator: "\n").dropLast() }
    #expect(input(first) == input(second) && !input(first).isEmpty)
    #expect(input(first) != input(other))
  }
}
