import Foundation
import Testing

/// `spinodal compare` and `spinodal sweep`, as a user runs them.
@Suite struct StudyCommands {
  private static let header = """
    name: radius and rate
    cell: \(Spinodal.root.path)/cells/nmc111-graphite-pouch.json
    protocol: discharge.yaml
    mesh: 5/5/5x8

    """

  private func folder(_ study: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try folder.write(
      """
      vars: {rate: 1C}
      defaults: {record: {dt: 60 s}}
      steps: [{discharge: {at: rate}, until: ["V <= Vmin"]}, {rest: 10 min}, {charge: {at: rate, to: Vmax}}]
      """, to: "discharge.yaml")
    _ = try folder.write(Self.header + study, to: "study.yaml")
    return folder
  }

  private static let axes = """
    vary:
      radius: {"Positive electrode/Particle radius [m]": {from: 2e-6, to: 8e-6, count: 3, scale: log}}
      rate: {vars/rate: [C/2, 2C]}
    """

  private func rows(_ text: String) -> [[String]] {
    text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func aVariantIsTheRunThatAUserWouldMake() throws {
    let folder = try folder(Self.axes)
    let compare = try Spinodal("compare", folder.path("study.yaml"), "-o", folder.path("out"), "--tables")
    #expect(compare.status == 0, "\(compare.complaints)")
    let name = "radius=4e-06_rate=2C"
    let run = try Spinodal(
      "run", "cells/nmc111-graphite-pouch.json", folder.path("discharge.yaml"), "-o", folder.path("own"), "--mesh",
      "5/5/5x8", "--set", "Positive electrode/Particle radius [m]=4e-06", "--var", "rate=2C", "--start-time",
      "2000-01-01T00:00:00Z")
    #expect(run.status == 0, "\(run.complaints)")
    #expect(try folder.text("out/runs/\(name)/\(name).bdf.csv") == folder.text("own.bdf.csv"))

    // The table has what the summary and the records of that run have.
    let table = rows(try folder.text("out/compare.csv"))
    #expect(table[0] == ["variant", "radius", "rate", "cycle", "metric", "value"])
    func value(_ metric: String, cycle: String = "1") throws -> Double {
      let row = try #require(table.first { $0[0] == name && $0[3] == cycle && $0[4] == metric })
      #expect(row[1] == "4e-06" && row[2] == "2C")
      return try #require(Double(row[5]))
    }
    let records = rows(try folder.text("own.bdf.csv"))
    func column(_ label: String) throws -> [Double] {
      let index = try #require(records[0].firstIndex(of: label))
      return records.dropFirst().compactMap { Double($0[index]) }
    }
    // The file has fewer digits.
    func isSame(_ value: Double, _ other: Double?) -> Bool { other.map { abs(value - $0) <= 1e-8 * abs($0) } ?? false }
    #expect(try isSame(value("Discharging Capacity / Ah"), column("Discharging Capacity / Ah").last))
    let inside = try column("Positive Surface Stoichiometry at Separator / 1")
    #expect(try isSame(value("Lowest Positive Surface Stoichiometry at Separator / 1"), inside.min()))
    #expect(try isSame(value("Highest Positive Surface Stoichiometry at Separator / 1"), inside.max()))
    #expect(try isSame(value("Simulated Time / s", cycle: ""), column("Test Time / s").last))
    #expect(
      try abs(
        value("Voltage Hysteresis / V") - value("Mean Charging Voltage / V") + value("Mean Discharging Voltage / V"))
        < 1e-15)
    #expect(rows(try folder.text("out/variants.csv")).count == 7)
  }

  @Test func oneFailureCostsTheOthersNothing() throws {
    let folder = try folder("vary: {porosity: {Separator/Porosity: [0.4, 2, 0.6]}}")
    let compare = try Spinodal("compare", folder.path("study.yaml"), "-o", folder.path("out"), "--tables")
    #expect(compare.status == 1)
    #expect(compare.complaints.contains("porosity=2: failed: "), "\(compare.complaints)")
    #expect(compare.complaints.contains("1 of 3 runs did not complete"))
    let variants = rows(try folder.text("out/variants.csv"))
    #expect(variants.map { $0[2] } == ["status", "completed", "failed", "completed"])

    // Again, only that one is tried; mended, only that one is new.
    func ages() throws -> [Date?] {
      try [0.4, 0.6].map {
        try FileManager.default.attributesOfItem(atPath: folder.path("out/runs/porosity=\($0)/done.json"))[
          .modificationDate] as? Date
      }
    }
    let before = try ages()
    #expect(try Spinodal("compare", folder.path("study.yaml"), "-o", folder.path("out"), "--tables").status == 1)
    _ = try folder.write(Self.header + "vary: {porosity: {Separator/Porosity: [0.4, 0.5, 0.6]}}", to: "study.yaml")
    let mended = try Spinodal("compare", folder.path("study.yaml"), "-o", folder.path("out"), "--tables")
    #expect(mended.status == 0, "\(mended.complaints)")
    #expect(try ages() == before)
  }

  @Test func sharesMergeToTheSameTables() throws {
    let folder = try folder(Self.axes)
    let whole = try Spinodal("compare", folder.path("study.yaml"), "-o", folder.path("whole"), "--tables")
    #expect(whole.status == 0, "\(whole.complaints)")
    let plan = try Spinodal("sweep", "plan", folder.path("study.yaml"), "-o", folder.path("shared"))
    #expect(plan.status == 0 && plan.output.hasPrefix("6 runs"), "\(plan.complaints)")
    let early = try Spinodal("sweep", "merge", folder.path("shared"), "--tables")
    #expect(early.status == 75 && early.complaints.contains("6 of 6 runs have not ended"))
    let first = try Spinodal("sweep", "run", folder.path("shared"), "--shard", "3/4")
    #expect(first.status == 0 && first.output.hasPrefix("1 of 1 runs of share 3/4 have ended"), "\(first.output)")
    // What a job array of Slurm says of a task.
    let task = try Spinodal(
      shell: "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=6 SLURM_ARRAY_TASK_COUNT=4 SLURM_CPUS_PER_TASK=1 "
        + "\(Spinodal.program.path) sweep run \(folder.path("shared"))")
    #expect(task.status == 0 && task.output.hasPrefix("2 of 2 runs of share 2/4 have ended"), "\(task.output)")
    let rest = try Spinodal("sweep", "run", folder.path("shared"))
    #expect(rest.status == 0 && rest.output.hasPrefix("6 of 6 runs have ended, 3 of them before"), "\(rest.output)")
    #expect(try Spinodal("sweep", "merge", folder.path("shared"), "--tables").status == 0)
    for name in ["compare.csv", "variants.csv"] {
      #expect(try folder.text("whole/\(name)") == folder.text("shared/\(name)"))
    }
  }

  @Test func whatIsInterruptedGoesOn() throws {
    let folder = try folder("vary: {radius: {\"Positive electrode/Particle radius [m]\": [4e-6, 5e-6]}}\n")
    let text = try folder.text("study.yaml").replacing("5/5/5x8", with: "80/40/80x120")
    _ = try folder.write(text, to: "study.yaml")
    let arguments = ["compare", folder.path("study.yaml"), "-o", folder.path("out"), "--tables", "--jobs", "1"]
    // As soon as the first of two runs has begun.
    let interrupted = try Spinodal(
      shell: """
        \(Spinodal.program.path) \(arguments.joined(separator: " ")) & pid=$!
        until [ -e \(folder.path("out/runs/radius=4e-06.part/radius=4e-06.checkpoint")) ]; do sleep 0.01; done
        kill -TERM $pid; wait $pid
        """)
    #expect(interrupted.status == 75, "\(interrupted.status)")
    #expect(interrupted.complaints.contains("the same command goes on"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("out/compare.csv")))
    #expect(try Spinodal(arguments).status == 0)
    let again = try Spinodal(arguments.map { $0.hasSuffix("/out") ? folder.path("new") : $0 })
    #expect(again.status == 0, "\(again.complaints)")
    for file in ["compare.csv", "runs/radius=4e-06/radius=4e-06.bdf.csv", "runs/radius=5e-06/radius=5e-06.bdf.csv"] {
      #expect(try folder.text("out/\(file)") == folder.text("new/\(file)"))
    }
  }

  /// Two processes at the same folder share the runs, and neither disturbs the other.
  @Test func twoProcessesShareARun() throws {
    let folder = try folder(
      "vary: {radius: {\"Positive electrode/Particle radius [m]\": {from: 4e-6, to: 8e-6, count: 6}}}\n")
    let text = try folder.text("study.yaml").replacing("5/5/5x8", with: "20/10/20x40")
    _ = try folder.write(text, to: "study.yaml")
    #expect(try Spinodal("sweep", "plan", folder.path("study.yaml"), "-o", folder.path("x")).status == 0)
    let run = "\(Spinodal.program.path) sweep run \(folder.path("x")) --jobs 1"
    let both = try Spinodal(shell: "\(run) & \(run); first=$?; wait $!; echo $first $?")
    // Whichever comes to a run that the other computes says that it has not ended.
    let statuses = Set(try #require(both.output.split(separator: "\n").last).split(separator: " "))
    #expect(statuses.isSubset(of: ["0", "75"]), "\(both.output)\n\(both.complaints)")
    let rest = try Spinodal("sweep", "run", folder.path("x"))
    #expect(rest.status == 0, "\(rest.complaints)")
    #expect(rest.output.hasPrefix("6 of 6 runs have ended, 6 of them before"), "\(rest.output)")
    #expect(try Spinodal("sweep", "merge", folder.path("x"), "--tables").status == 0)
  }

  /// What has begun ends with its parent, leaves a checkpoint, and goes on.
  @Test func aRunEndsWithItsStudy() throws {
    let folder = try folder("")
    let text = try folder.text("study.yaml").replacing("5/5/5x8", with: "80/40/80x120")
    _ = try folder.write(text, to: "study.yaml")
    let arguments = "compare \(folder.path("study.yaml")) -o \(folder.path("out")) --tables"
    let part = folder.path("out/runs/test.part")
    let killed = try Spinodal(
      shell: """
        \(Spinodal.program.path) \(arguments) & pid=$!
        until [ -e \(part)/test.checkpoint ]; do sleep 0.01; done
        kill -9 $pid; wait $pid
        for i in $(seq 500); do pgrep -f "[s]pinodal run .*\(part)" > /dev/null || break; sleep 0.02; done
        pgrep -f "[s]pinodal run .*\(part)"; ls \(part)
        """)
    #expect(killed.output.contains("test.checkpoint") && !killed.output.contains("done.json"), "\(killed.output)")
    #expect(killed.output.first?.isNumber == false, "\(killed.output)")
    let again = try Spinodal(arguments.split(separator: " ").map(String.init))
    #expect(again.status == 0, "\(again.complaints)")
  }

  @Test func whatIsNotWholeIsComputedAgain() throws {
    let folder = try folder("vary: {radius: {\"Positive electrode/Particle radius [m]\": [4e-6, 5e-6]}}")
    let arguments = ["compare", folder.path("study.yaml"), "-o", folder.path("out"), "--tables"]
    #expect(try Spinodal(arguments).status == 0)
    let name = "out/runs/radius=4e-06/radius=4e-06"
    let before = try folder.text("\(name).bdf.csv")
    _ = try folder.write(String(before.dropLast(100)), to: "\(name).bdf.csv")
    try FileManager.default.removeItem(atPath: folder.path("out/runs/radius=5e-06/radius=5e-06.summary.json"))
    #expect(try Spinodal(arguments).status == 0)
    #expect(try folder.text("\(name).bdf.csv") == before)
  }

  @Test func aPlanThatIsNoLongerTrueIsRefused() throws {
    let folder = try folder(Self.axes)
    #expect(try Spinodal("sweep", "plan", folder.path("study.yaml"), "-o", folder.path("x")).status == 0)
    let changed = try folder.text("discharge.yaml").replacing("10 min", with: "20 min")
    _ = try folder.write(changed, to: "discharge.yaml")
    let run = try Spinodal("sweep", "run", folder.path("x"))
    #expect(run.status == 2 && run.complaints.contains("is not what was planned"), "\(run.complaints)")
    #expect(run.complaints.contains("plan the sweep again"))
  }

  @Test func foldersMayBeLinks() throws {
    let folder = try folder("vary: {radius: {\"Positive electrode/Particle radius [m]\": [4e-6]}}")
    let cell = try String(
      contentsOf: Spinodal.root.appending(path: "cells/nmc111-graphite-pouch.json"), encoding: .utf8)
    _ = try folder.write(cell, to: "cell.json")
    _ = try folder.write(
      try folder.text("study.yaml").replacing(
        "\(Spinodal.root.path)/cells/nmc111-graphite-pouch.json", with: "cell.json"),
      to: "study.yaml")
    try FileManager.default.createDirectory(atPath: folder.path("a/deep/one"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: folder.path("a/deep/one"))
    let compare = try Spinodal(
      shell: "cd \(folder.url.path) && \(Spinodal.program.path) compare study.yaml -o link/out --tables")
    #expect(compare.status == 0, "\(compare.complaints)")
  }

  @Test func theReportHasItAll() throws {
    let folder = try folder(Self.axes)
    let compare = try Spinodal(
      "compare", folder.path("study.yaml"), "-o", folder.path("out"), "--format", "svg,pdf")
    #expect(compare.status == 0, "\(compare.complaints)")
    let page = try folder.text("out/report.html")
    for name in ["voltage-capacity", "against-radius", "ragone"] {
      let svg = try folder.text("out/\(name).svg")
      #expect(page.contains(Data(svg.utf8).base64EncodedString()))
      let pdf = try Data(contentsOf: URL(filePath: folder.path("out/\(name).pdf")))
      #expect(pdf.starts(with: Data("%PDF-".utf8)))
    }
    // Nothing is looked for elsewhere.
    #expect(!page.contains("http://www.w3.org") && !page.contains("src=\"http") && !page.contains("href=\"http"))
    #expect(page.contains("<td>radius=2e-06_rate=C-2</td>"))
    #expect(page.contains("spinodal compare \(folder.path("study.yaml"))"))
  }

  @Test func aRunBesideItselfDoesNotDeviate() throws {
    let folder = try folder("vary: {radius: {\"Positive electrode/Particle radius [m]\": [4e-6, 8e-6]}}")
    let study = ["compare", folder.path("study.yaml"), "-o", folder.path("out"), "--tables"]
    #expect(try Spinodal(study).status == 0)
    let measured = folder.path("out/runs/radius=4e-06/radius=4e-06.bdf.csv")
    let beside = try Spinodal(study + ["--measured", measured])
    #expect(beside.status == 0, "\(beside.complaints)")
    let table = rows(try folder.text("out/measured.csv"))
    let own = table.filter { $0[0] == "radius=4e-06" }
    #expect(own.count == 3 && own.allSatisfy { Double($0[6]) == 0 })
    // Also at the same test time, where the voltage jumps between steps.
    #expect(try Spinodal(study + ["--measured", measured, "--align", "time"]).status == 0)
    let atTheSameTime = rows(try folder.text("out/measured.csv")).filter { $0[0] == "radius=4e-06" }
    #expect(atTheSameTime.count == 3 && atTheSameTime.allSatisfy { Double($0[6]) == 0 })
    let other = table.filter { $0[0] == "radius=8e-06" }
    #expect(other.count == 3 && other.allSatisfy { Double($0[6])! > 1e-4 })
    let wrong = try Spinodal(study + ["--measured", folder.path("nowhere.csv")])
    #expect(wrong.status == 2 && wrong.complaints.contains("nowhere.csv"))
  }

  @Test(arguments: [
    (["--align", "voltage", "--measured", "x"], "--align 'voltage': expected step or time"),
    (["--align", "step"], "--align has no effect without --measured"),
    (["--format", "gif"], "--format 'gif': unknown format"), (["--jobs", "0"], "--jobs 0: expected 1 to 4096"),
  ]) func optionsAreChecked(arguments: [String], complaint: String) throws {
    let folder = try folder(Self.axes)
    let compare = try Spinodal(["compare", folder.path("study.yaml"), "-o", folder.path("out")] + arguments)
    #expect(compare.status == 2 && compare.complaints.contains(complaint), "\(compare.complaints)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test(arguments: [
    (
      "vary: {r: {vars/rat: [1C]}}",
      "variant 'r=1C': --var: rat: the protocol has no such variable (did you mean 'rate'?)"
    ),
    (
      "vary: {r: {Positive electrode/Particle radios: [1]}}",
      "variant 'r=1': --set: Positive electrode/Particle radios: the file has no such key"
    ), ("vary: {r: {protocol: [none.yaml]}}", "none.yaml: cannot be opened"),
    ("vary: {r: {mesh: [5/5/5x8, 20/10]}}", "variant 'r=20-10': --mesh '20/10': expected four counts"),
    ("vary: {r: {temperature: [25]}}", "variant 'r=25': temperature '25': expected a temperature such as '40 degC'"),
    ("vary: {r: {tolerance: [0]}}", "variant 'r=0': --tolerance 0.0: expected"),
    ("vary: {r: {start: [yesterday]}}", "variant 'r=yesterday': start 'yesterday': expected a time"),
  ]) func whatIsNotThereIsSaidBeforeAnythingRuns(text: String, complaint: String) throws {
    let folder = try folder(text)
    let compare = try Spinodal("compare", folder.path("study.yaml"), "-o", folder.path("out"))
    #expect(compare.status == 2 && compare.complaints.contains(complaint), "\(compare.complaints)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test(arguments: [
    ("0/4", "expected a share such as 1/4"), ("5/4", "expected"), ("1", "expected"), ("a/b", "expected"),
  ])
  func sharesAreChecked(shard: String, complaint: String) throws {
    let folder = try folder(Self.axes)
    #expect(try Spinodal("sweep", "plan", folder.path("study.yaml"), "-o", folder.path("x")).status == 0)
    let run = try Spinodal("sweep", "run", folder.path("x"), "--shard", shard)
    #expect(run.status == 2 && run.complaints.contains("--shard '\(shard)': \(complaint)"), "\(run.complaints)")
  }
}
