import Foundation
import Reproducible
import Testing

/// Tests that are left in every possible way, and gone on with: their files are those of tests that were not, to the last
/// byte. `SPINODAL_KILLS` says how often a run is killed, `SPINODAL_SEED` when.
@Suite(.serialized) struct Resuming {
  /// What a run is given: a cell, a protocol and options.
  struct Scenario: Sendable, CustomTestStringConvertible {
    var name: String
    var cell: String
    var isThermal = false
    var steps: String
    var options: [String] = []
    /// Of all the times that a run is killed.
    var share: Double

    var testDescription: String { name }

    static let all = [
      Scenario(
        name: "every kind of step", cell: "lg-m50",
        steps: """
          name: every kind of step
          defaults: {record: {dt: 60 s, dV: 5 mV}}
          vars: {Q0: 0 Ah}
          steps:
            - {discharge: {at: 1C}, until: ["V <= Vmin"], label: first}
            - set: {Q0: "last('first').Q"}
            - loop:
                repeat: 2
                counter: n
                steps:
                  - {charge: {at: 1C, to: Vmax, hold_until: C/20}, record: {dt: 20 s}}
                  - {rest: 10 min, record: {first: 1 s log 5/decade, dt: 5 min}}
                  - {pulse: [{I: -1C, t: 10 s}, {I: 0, t: 40 s}], repeat: 5}
                  - {discharge: {at: C/2}, until: ["Q >= 0.3 * Q0", "V <= Vmin"], when: "n == 1"}
            - {hold: 4.1 V, until: ["t >= 30 min"]}
          """,
        options: ["--mesh", "8/4/8x8", "--profiles", "--profiles-every", "20 min", "--format", "arbin"], share: 0.7),
      Scenario(
        name: "heat", cell: "nmc111-graphite-pouch", isThermal: true,
        steps: """
          steps:
            - {discharge: {at: 2C}, until: ["V <= Vmin"]}
            - {temperature: 35 degC, soak: 30 min, tolerance: 1 K}
            - {charge: {at: 1C, to: Vmax, hold_until: C/10}, until: ["t >= 1 h"]}
          """,
        options: ["--mesh", "8/4/8x8"], share: 0.15),
      Scenario(
        name: "phases", cell: "lfp-nanospheres",
        steps: """
          start: {soc: 50 %}
          defaults: {record: {dt: 5 s}}
          steps:
            - {discharge: 1C, until: ["t >= 20 s"]}
            - rest: 20 s
            - {charge: {at: 1C, to: 3.6 V, hold_until: C/20}, until: ["t >= 20 s"]}
          """,
        options: ["--mesh", "3/2/3x8"], share: 0.15),
    ]

    /// The arguments of a run, with the files that it reads in a folder.
    func arguments(in folder: TemporaryFolder) throws -> [String] {
      var text = try String(contentsOf: Spinodal.root.appending(path: "cells/\(cell).json"), encoding: .utf8)
      if isThermal {
        let group = "\"Thermal environment\": {"
        text = text.replacingOccurrences(of: group, with: group + "\"Heat transfer coefficient [W.m-2.K-1]\": 10,")
      }
      return [
        "run", try folder.write(text, to: "cell.json"), try folder.write(steps + "\n", to: "protocol.yaml"),
        "--start-time", "2026-01-15T09:30:00Z",
      ] + options
    }
  }

  private static let killCount = ProcessInfo.processInfo.environment["SPINODAL_KILLS"].flatMap(Int.init) ?? 6
  private static let seed =
    ProcessInfo.processInfo.environment["SPINODAL_SEED"].flatMap(UInt64.init) ?? 20_261_121

  /// A run that saves itself wherever it can be left.
  private func start(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = Spinodal.program
    process.arguments = arguments
    process.currentDirectoryURL = Spinodal.root
    process.environment = ["SPINODAL_CHECKPOINT_EVERY": "0"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Kills a run at some moment.
  /// - Returns: whether it had not ended by itself.
  private func kill(_ process: Process, after seconds: Double) -> Bool {
    usleep(UInt32(seconds * 1e6))
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  private func contents(_ folder: TemporaryFolder, _ prefix: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path) where name.hasPrefix(prefix + ".")
    {
      contents[String(name.dropFirst(prefix.count))] = try Data(contentsOf: folder.url.appending(path: name))
    }
    return contents
  }

  /// What a power failure does: everything after the last checkpoint may be lost or torn, and so may what was being written.
  private func failPower(_ folder: TemporaryFolder, _ prefix: String, using generator: inout SplitMix) throws {
    let checkpoint = folder.url.appending(path: "\(prefix).checkpoint")
    guard let data = try? Data(contentsOf: checkpoint) else { return }
    let content = data[(data.firstIndex(of: 10)! + 1)...]
    let saved = try JSONSerialization.jsonObject(with: content) as? [String: Any]
    let progress = saved?["progress"] as? [String: Any]
    for (suffix, length) in [
      ("bdf.csv", progress?["data"]), ("profiles.csv", (progress?["profiles"] as? [String: Any])?["file"]),
    ] {
      let length = (length as? [String: Any])?["length"]
      let url = folder.url.appending(path: "\(prefix).\(suffix)")
      guard let length = length as? Int, var table = try? Data(contentsOf: url) else { continue }
      table = table.prefix(Int.random(in: length...table.count, using: &generator))
      if Bool.random(using: &generator) { table.append(contentsOf: [0, 0, 0x31, 0x2c]) }
      try table.write(to: url)
    }
    // A checkpoint that is torn has one before it, unless nothing had been saved.
    let previous = folder.path("\(prefix).checkpoint.previous")
    if Int.random(in: 0..<4, using: &generator) == 0, FileManager.default.fileExists(atPath: previous) {
      try data.prefix(Int.random(in: 0..<data.count, using: &generator)).write(to: checkpoint)
    }
    try Data("torn".utf8).write(to: folder.url.appending(path: "\(prefix).checkpoint.part"))
  }

  @Test(arguments: Scenario.all) func killedAtAnyMoment(scenario: Scenario) throws {
    let folder = try TemporaryFolder()
    let arguments = try scenario.arguments(in: folder)
    var generator = SplitMix(state: Self.seed)
    let clock = ContinuousClock()
    var duration = 0.0
    for _ in 0..<2 {
      let elapsed = try clock.measure {
        let process = try start(arguments + ["-o", folder.path("whole"), "--force"])
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
      }
      duration = elapsed / .seconds(1)
    }
    let whole = try contents(folder, "whole")
    #expect(Set(whole.keys).isSuperset(of: [".bdf.csv", ".bdf.metadata.json", ".summary.json"]))
    #expect(!whole.keys.contains { $0.contains("checkpoint") })

    let count = max(1, Int((Double(Self.killCount) * scenario.share).rounded()))
    var (kills, ended, unstarted) = (0, 0, 0)
    while kills < count {
      let prefix = "killed"
      for name in try contents(folder, prefix).keys {
        try FileManager.default.removeItem(atPath: folder.path(prefix + name))
      }
      let command = arguments + ["-o", folder.path(prefix)]
      guard kill(try start(command), after: Double.random(in: 0...duration, using: &generator)) else {
        ended += 1
        continue
      }
      kills += 1
      var isBegun = try contents(folder, prefix).keys.contains { $0 == ".checkpoint" || $0 == ".checkpoint.previous" }
      // Before there is a checkpoint nothing has been begun.
      if !isBegun { unstarted += 1 }
      if Bool.random(using: &generator) { try failPower(folder, prefix, using: &generator) }
      // Some are killed again while they go on.
      if Int.random(in: 0..<3, using: &generator) == 0 {
        let seconds = Double.random(in: 0...duration, using: &generator)
        if kill(try start(command + (isBegun ? ["--resume"] : [])), after: seconds) { kills += 1 }
        let files = try contents(folder, prefix).keys
        isBegun = files.contains { [".checkpoint", ".checkpoint.previous", ".summary.json"].contains($0) }
      }
      let last = try Spinodal(command + (isBegun ? ["--resume"] : []))
      #expect(last.status == 0, "\(last.complaints)")
      let files = try contents(folder, prefix)
      #expect(files.keys.sorted() == whole.keys.sorted())
      for (name, data) in whole { #expect(files[name] == data, "\(name) after kill \(kills)") }
    }
    print(
      "\(scenario.name): killed \(kills) times (seed \(Self.seed)), \(unstarted) before anything, \(ended) too late")
  }

  private let short = "steps:\n  - {discharge: 1C, until: [\"t >= 10 min\"]}\n  - rest: 10 min\n"

  /// A test that was interrupted at its beginning, and the command for it.
  private func interrupted(_ folder: TemporaryFolder) throws -> [String] {
    let cell = try String(contentsOf: Spinodal.root.appending(path: "cells/lg-m50.json"), encoding: .utf8)
    let test = """
      start: {soc: 50 %}
      steps:
        - {profile: {file: drive.csv, columns: {time: t_s, current: I_A}, repeat: 100000}, record: {dt: 5 s}}

      """
    _ = try folder.write("t_s,I_A\n0,-1\n7,1.75\n11,0\n12,0\n", to: "drive.csv")
    let command = [
      "run", try folder.write(cell, to: "c.json"), try folder.write(test, to: "p.yaml"), "-o", folder.path("x"),
      "--mesh", "4/2/4x4",
    ]
    let process = try start(command)
    while process.isRunning, (try? folder.text("x.bdf.csv").count) ?? 0 < 3000 { usleep(5000) }
    Foundation.kill(process.processIdentifier, SIGUSR1)
    process.waitUntilExit()
    #expect(process.terminationStatus == 75)
    return command
  }

  @Test func anUnfinishedTestIsNeitherOverwrittenNorGoneOnWithUnasked() throws {
    let folder = try TemporaryFolder()
    let command = try interrupted(folder)
    let before = try contents(folder, "x")
    let refused = try Spinodal(command)
    #expect(refused.status == 2)
    #expect(refused.complaints.contains("x.checkpoint: the test that is there has not ended"))
    #expect(refused.complaints.contains("--resume goes on with it, --force begins again"))
    let both = try Spinodal(command + ["--resume", "--force"])
    #expect(both.status == 2)
    #expect(try contents(folder, "x") == before)
  }

  @Test func recordsThatHaveChangedAreRefused() throws {
    let folder = try TemporaryFolder()
    let command = try interrupted(folder)
    let text = try folder.text("x.bdf.csv")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let other = (lines[..<3] + [lines[3].replacing("I_PROFILE", with: "I_PROFILF")] + lines[4...])
    for (changed, reason) in [
      (other.joined(separator: "\n"), "something in it has changed"), (String(text.prefix(1000)), "its end is missing"),
    ] {
      _ = try folder.write(changed, to: "x.bdf.csv")
      let before = try contents(folder, "x")
      let refused = try Spinodal(command + ["--resume"])
      #expect(refused.status == 2)
      #expect(
        refused.complaints.contains(
          "x.bdf.csv: is no longer what the test wrote: \(reason) (--force begins again, another --output leaves what is there)"
        ), "\(refused.complaints)")
      #expect(try contents(folder, "x") == before)
    }
    // As it was it goes on, also where what stands beside it is gone.
    _ = try folder.write(text, to: "x.bdf.csv")
    try FileManager.default.removeItem(atPath: folder.path("x.bdf.metadata.json"))
    let process = try start(command + ["--resume"])
    while process.isRunning, try folder.text("x.bdf.csv").count < text.count + 3000 { usleep(5000) }
    // Nothing comes before that another run is at it, not even a flaw in the protocol.
    let test = try folder.text("p.yaml")
    _ = try folder.write("steps: nothing\n", to: "p.yaml")
    for options in [["--resume"], [], ["--force"]] {
      let second = try Spinodal(command + options)
      #expect(second.status == 75)
      #expect(
        second.complaints.contains(
          "x.bdf.csv: is being written by another run (wait for its end, or give another --output)"))
    }
    _ = try folder.write(test, to: "p.yaml")
    Foundation.kill(process.processIdentifier, SIGUSR1)
    process.waitUntilExit()
    #expect(process.terminationStatus == 75)
    // All but the record of the instant at which the first run was interrupted, in which none may have been due.
    #expect(try folder.text("x.bdf.csv").hasPrefix(lines.dropLast(2).joined(separator: "\n")))
    #expect(try contents(folder, "x").keys.contains(".bdf.metadata.json"))
  }

  @Test func otherInputsAreRefusedByName() throws {
    let folder = try TemporaryFolder()
    let command = try interrupted(folder)
    let before = try contents(folder, "x")
    func complaint(_ more: [String]) throws -> String {
      let refused = try Spinodal(command + ["--resume"] + more)
      #expect(refused.status == 2)
      #expect(try contents(folder, "x") == before)
      #expect(refused.complaints.contains("--force begins again, another --output leaves what is there"))
      return refused.complaints
    }
    #expect(
      try complaint(["--tolerance", "1e-7"]).contains("--tolerance was '1e-05' when the test began, and is '1e-07' now")
    )
    #expect(try complaint(["--set", "Separator/Porosity=0.4"]).contains("--set was nothing"))
    #expect(try complaint(["--start-time", "2020-01-01T00:00:00Z"]).contains("another --start-time"))
    _ = try folder.write("t_s,I_A\n0,-1\n7,3\n11,0\n12,0\n", to: "drive.csv")
    #expect(try complaint([]).contains("drive.csv, column 'I_A', has changed since the test began"))
    let text = try folder.text("p.yaml")
    _ = try folder.write(text + "  - rest: 1 s\n", to: "p.yaml")
    #expect(try complaint([]).contains("the protocol file has changed since the test began"))
    _ = try folder.write(text, to: "p.yaml")
    _ = try folder.write(folder.text("c.json").replacingOccurrences(of: "0.47", with: "0.46"), to: "c.json")
    #expect(try complaint([]).contains("the cell file has changed since the test began"))
  }

  @Test func aTestThatHasEndedIsLeftAlone() throws {
    let folder = try TemporaryFolder()
    let command = ["run", "cells/lg-m50.json", try folder.write(short, to: "p.yaml"), "-o", folder.path("x")]
    let nothing = try Spinodal(command + ["--resume"])
    #expect(nothing.status == 2)
    #expect(nothing.complaints.contains("x.checkpoint: there is no such file, so there is no test to go on with"))
    #expect(try Spinodal(command).status == 0)
    let before = try contents(folder, "x")
    let again = try Spinodal(command + ["--resume"])
    #expect(again.status == 0)
    #expect(again.output.contains("the test has ended already: completed"))
    #expect(try Spinodal(command + ["--resume", "--soc", "0.5"]).status == 2)
    #expect(try contents(folder, "x") == before)
    // Its files are still those that it wrote, or it says so.
    let data = try folder.text("x.bdf.csv")
    for (changed, reason) in [
      (data + "1,2\n", "something has been added to it"),
      (data.replacingOccurrences(of: "REST", with: "TEST"), "something in it has changed"),
    ] {
      _ = try folder.write(changed, to: "x.bdf.csv")
      let refused = try Spinodal(command + ["--resume"])
      #expect(refused.status == 2)
      #expect(
        refused.complaints.contains("x.bdf.csv: is no longer what the test wrote: \(reason)"), "\(refused.complaints)")
    }
    // Stopped by its safety window: it says so again.
    let stopped =
      ["run", "cells/lg-m50.json", "-o", folder.path("y")]
      + [try folder.write("steps:\n  - {discharge: 2C, until: [\"t >= 2 h\"]}\n", to: "q.yaml")]
    #expect(try Spinodal(stopped).status == 1)
    let still = try Spinodal(stopped + ["--resume"])
    #expect(still.status == 1)
    #expect(still.complaints.contains("stopped early: the voltage fell below the safety limit"))
  }

  /// A limit on the size of files stands for a full disk: what is written then, and goes on when there is room, is the same.
  @Test(arguments: [1, 40, 160]) func aFullDisk(kilobytes: Int) throws {
    let folder = try TemporaryFolder()
    let test = try folder.write(
      "defaults: {record: {dt: 1 s}}\nsteps:\n  - {discharge: 1C, until: [\"V <= Vmin\"]}\n", to: "p.yaml")
    func command(_ name: String) -> [String] {
      [
        "run", "cells/lg-m50.json", test, "--mesh", "8/4/8x8", "--start-time", "2026-01-15T09:30:00Z", "-o",
        folder.path(name),
      ]
    }
    #expect(try Spinodal(command("whole")).status == 0)
    let quoted = command("x").map { "'\($0)'" }.joined(separator: " ")
    let full = try Spinodal(
      shell: "ulimit -f \(2 * kilobytes); SPINODAL_CHECKPOINT_EVERY=0 exec '\(Spinodal.program.path)' \(quoted)")
    #expect(full.status == 75, "\(full.complaints)")
    #expect(full.complaints.contains("cannot be written: File too large"))
    let rest = try Spinodal(command("x") + ["--resume"])
    #expect(rest.status == 0, "\(rest.complaints)")
    #expect(try contents(folder, "x") == contents(folder, "whole"))
  }
}
