import Foundation
import Testing

@Suite struct RunTests {
  private let cell = "cells/nmc111-graphite-pouch.json"

  @Test func constantCurrentConstantVoltage() throws {
    let folder = try TemporaryFolder()
    let run = try Spinodal(
      "run", cell, "protocols/cccv.yaml", "-o", folder.path("new/cccv"), "--start-time", "2026-01-15T09:30:00Z")
    #expect(run.status == 0, "\(run.complaints)")
    // The open-circuit voltage at the file's own limits is 1.8 mV above the cut-off.
    #expect(run.complaints.hasPrefix("note: 100.00 % state of charge lies beyond the cut-off voltage"))
    for file in ["new/cccv.bdf.csv", "new/cccv.bdf.metadata.json", "new/cccv.summary.json"] {
      #expect(run.output.contains(folder.path(file)))
    }
    let rows = try folder.text("new/cccv.bdf.csv").split(separator: "\n").map { $0.split(separator: ",") }
    #expect(rows[0].prefix(3) == ["Test Time / s", "Voltage / V", "Current / A"])
    #expect(rows[0].contains("Positive Mean Stoichiometry / 1"))
    #expect(rows.allSatisfy { $0.count == rows[0].count })
    // The limit is hit to 0.1 mV, at the instant of the converged reference.
    let end = try #require(rows.last { $0[8] == "1" })
    #expect(abs(Double(end[1])! - 2.7) < 1e-4)
    #expect(abs(Double(end[0])! / 3730.06 - 1) < 5e-4)
    #expect(rows[1][3] == "1768469400.0")

    let summary = try #require(
      JSONSerialization.jsonObject(with: Data(folder.text("new/cccv.summary.json").utf8)) as? [String: Any])
    #expect(summary["status"] as? String == "completed")
    let steps = try #require(summary["steps"] as? [[String: Any]])
    #expect(steps.compactMap { $0["type"] as? String } == ["CC_DCH", "REST", "CCCV_CHG", "REST"])
    #expect(
      steps.compactMap { $0["ended_by"] as? String } == ["V <= Vmin", "after 30 min", "fell to C/20", "after 30 min"])
  }

  @Test func existingResultsAreKeptUnlessForced() throws {
    let folder = try TemporaryFolder()
    let precious = try folder.write("precious\n", to: "x.bdf.csv")
    let arguments = ["run", cell, "protocols/discharge-1C.yaml", "-o", folder.path("x")]
    let refused = try Spinodal(arguments)
    #expect(refused.status == 2)
    #expect(refused.complaints.contains("\(precious): already exists"))
    #expect(refused.complaints.contains("--force"))
    #expect(try folder.text("x.bdf.csv") == "precious\n")
    #expect(try Spinodal(arguments + ["--force"]).status == 0)
    #expect(try folder.text("x.bdf.csv").hasPrefix("Test Time / s"))
  }

  @Test func aForcedRunLeavesNothingOfTheOldOne() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("old\n", to: "x.summary.json")
    // The new test cannot be saved: nothing of the old one is lost.
    try FileManager.default.createDirectory(atPath: folder.path("x.bdf.csv"), withIntermediateDirectories: false)
    let arguments = ["run", cell, "protocols/discharge-1C.yaml", "-o", folder.path("x"), "--force"]
    let refused = try Spinodal(arguments)
    #expect(refused.status == 2)
    #expect(refused.complaints.contains("x.bdf.csv: cannot be created"))
    #expect(try folder.text("x.summary.json") == "old\n")
    try FileManager.default.removeItem(atPath: folder.path("x.bdf.csv"))
    #expect(try Spinodal(arguments).status == 0)
    #expect(try folder.text("x.summary.json").contains("\"completed\""))
  }

  @Test func inputsAreNeverOverwritten() throws {
    let folder = try TemporaryFolder()
    let original = try String(contentsOf: Spinodal.root.appendingPathComponent(cell), encoding: .utf8)
    let copy = try folder.write(original, to: "x.summary.json")
    let test = try folder.write("steps: [rest: 1 s]\n", to: "p.yaml")
    try FileManager.default.createSymbolicLink(atPath: folder.path("y.bdf.csv"), withDestinationPath: test)
    for (prefix, file) in [("x", copy), ("y", folder.path("y.bdf.csv"))] {
      let run = try Spinodal("run", copy, test, "-o", folder.path(prefix), "--force")
      #expect(run.status == 2)
      #expect(run.complaints.contains("\(file): is a file that the test reads, and is never overwritten"))
    }
    #expect(try folder.text("x.summary.json") == original)
    #expect(try folder.text("p.yaml") == "steps: [rest: 1 s]\n")
  }

  @Test func aVoltageThatTheCellNeverHasAtRestIsRefusedWithItsPlace() throws {
    let folder = try TemporaryFolder()
    let test = try folder.write("start: {voltage: 5 V}\nsteps: [rest: 1 s]\n", to: "p.yaml")
    let run = try Spinodal("run", "cells/lg-m50.json", test, "-o", folder.path("x"))
    #expect(run.status == 2)
    #expect(
      run.complaints.contains(
        "\(test):1:18: start/voltage: at no state of charge is the open-circuit voltage of this cell 5.0 V "
          + "(allowed: 2.498 V to 4.181 V)"))
  }

  /// The first instant counts: a current that no cell carries stops the test, a step that ends as it begins is told.
  @Test(
    arguments: [
      (
        "{discharge: 100000 A, until: [\"V <= Vmin\"]}", 1,
        "fell below the safety limit of 2.5 V by more than 0.5 V at once"
      ),
      (
        "{discharge: {resistance: 1e-6 ohm}, until: [\"V <= Vmin\"]}", 1,
        "fell below the safety limit of 2.5 V by more than 0.5 V at once"
      ),
      (
        "{charge: {at: 1C, to: 3 V}}", 0,
        "warning: step 1 (CC_CHG, cycle 1) ended as it began: reached 3 V, at 4.3247 V and 5.0000 A"
      ),
      ("{discharge: 1C, until: [\"t >= 1 min\"]}", 0, nil),
    ] as [(String, Int32, String?)])
  func firstInstant(step: String, status: Int32, message: String?) throws {
    let folder = try TemporaryFolder()
    let test = try folder.write("steps:\n  - \(step)\n", to: "p.yaml")
    let run = try Spinodal("run", "cells/lg-m50.json", test, "-o", folder.path("x"))
    #expect(run.status == status)
    if let message { #expect(run.complaints.contains(message)) } else { #expect(run.complaints.isEmpty) }
  }

  @Test func aPulseOnAnEmptyCellOnlyEndsItsStep() throws {
    let folder = try TemporaryFolder()
    let test = try folder.write(
      "start: {soc: 1 %}\nsteps:\n  - {discharge: 3C, until: [\"V <= Vmin\", \"t >= 10 s\"]}\n  - rest: 1 s\n",
      to: "p.yaml")
    let run = try Spinodal("run", "cells/lg-m50.json", test, "-o", folder.path("x"))
    #expect(run.status == 0)
    #expect(run.complaints.contains("warning: step 1 (CC_DCH, cycle 1) ended as it began: V <= Vmin, at"))
  }

  /// Not only when the test is over, and once for each step of the protocol.
  @Test func aStepThatEndsAsItBeginsIsToldAtOnce() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("t_s,I_A\n0,-1\n7,1\n11,0\n", to: "d.csv")
    let test = try folder.write(
      """
      start: {soc: 50 %}
      steps:
        - loop: {repeat: 3, steps: [{charge: 1C, until: ["V <= 4 V"]}, {rest: 1 s}]}
        - {profile: {file: d.csv, columns: {time: t_s, current: I_A}, repeat: 1000000}}

      """, to: "p.yaml")
    let process = Process()
    process.executableURL = Spinodal.program
    process.arguments = ["run", Spinodal.root.appending(path: "cells/lg-m50.json").path, test, "-o", folder.path("x")]
    process.standardOutput = FileHandle.nullDevice
    let complaints = Pipe()
    process.standardError = complaints
    try process.run()
    let first = String(decoding: complaints.fileHandleForReading.availableData, as: UTF8.self)
    #expect(first.hasPrefix("warning: step 1 (CC_CHG, cycle 1) ended as it began: V <= 4 V, at 3.82"))
    #expect(process.isRunning)
    process.interrupt()
    let rest = String(decoding: complaints.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 75)
    #expect(rest.contains("error: interrupted") && !rest.contains("step 1 (CC_CHG"))
    // When the test is over it is said how often.
    let loop = try folder.write(
      "start: {soc: 50 %}\nsteps: [loop: {repeat: 3, steps: [{charge: 1C, until: [\"V <= 4 V\"]}, {rest: 1 s}]}]\n",
      to: "q.yaml")
    let run = try Spinodal("run", "cells/lg-m50.json", loop, "-o", folder.path("y"))
    #expect(run.status == 0)
    let warnings = run.complaints.split(separator: "\n")
    #expect(warnings.count == 2 && warnings[0] == first.split(separator: "\n")[0])
    #expect(warnings.last == "warning: 3 steps ended as they began")
  }

  @Test func smallCellsAreShownInSmallUnits() throws {
    let folder = try TemporaryFolder()
    let coin = "Tests/VerificationTests/References/xu2019.json"
    let test = try folder.write("steps:\n  - {discharge: C/2, until: [\"t >= 1 h\"]}\n", to: "p.yaml")
    let run = try Spinodal("run", coin, test, "-o", folder.path("x"))
    #expect(run.output.contains("discharge/mA·h") && run.output.contains("end I/mA"))
    #expect(run.output.contains("1.2000"))
    let info = try Spinodal("info", coin)
    #expect(info.output.contains("2.4000 mA·h") && info.output.contains("mW·h"))
  }

  @Test func aWriteBeyondTheLimitOnTheSizeOfFilesIsReported() throws {
    let folder = try TemporaryFolder()
    let test = try folder.write(
      "defaults: {record: {dt: 1 s}}\nsteps:\n  - {discharge: 1C, until: [\"V <= Vmin\"]}\n", to: "p.yaml")
    let run = try Spinodal(
      shell: "ulimit -f 100; exec '\(Spinodal.program.path)' run \(cell) '\(test)' -o '\(folder.path("x"))'")
    #expect(run.status == 75)
    #expect(run.complaints.contains("x.bdf.csv: cannot be written: File too large"))
    #expect(run.complaints.contains("the same command with --resume goes on"))
  }

  @Test func startsAtAVoltageOrAStateOfCharge() throws {
    let folder = try TemporaryFolder()
    func firstVoltage(_ start: String) throws -> Double {
      let test = try folder.write("name: x\nstart: \(start)\nsteps:\n  - rest: 1 min\n", to: "p.yaml")
      let run = try Spinodal("run", "cells/lg-m50.json", test, "-o", folder.path("x"), "--force")
      #expect(run.status == 0, "\(run.complaints)")
      let row = try folder.text("x.bdf.csv").split(separator: "\n")[1]
      return try #require(Double(row.split(separator: ",")[1]))
    }
    #expect(abs(try firstVoltage("{voltage: 3.7 V}") - 3.7) < 1e-6)
    // The open-circuit voltage that `info` shows at 50 %.
    #expect(abs(try firstVoltage("{soc: 50 %}") - 3.7051) < 1e-4)
  }

  @Test func anImpossibleControlLeavesTheCellAsItWas() throws {
    let folder = try TemporaryFolder()
    let test = try folder.write(
      "name: x\nsafety: {V: [-1000 V, 1000 V]}\nsteps:\n  - rest: 1 min\n  - {discharge: {power: 5000 W}, until: [\"V <= -900 V\"]}\n",
      to: "p.yaml")
    let run = try Spinodal("run", "cells/lg-m50.json", test, "-o", folder.path("x"))
    #expect(run.status == 1)
    let summary = try folder.text("x.summary.json")
    #expect(summary.contains("\"end_current_A\":0,") && !summary.contains("\"end_current_A\":-"))
  }

  /// What was asked for, or what such a cell has by itself: a particle under stress a small tolerance, electrodes under stress
  /// more volumes.
  @Test(arguments: [
    ("Examples/stress-coupling/lmo.json", [], "20/10/20x24", 1e-8),
    ("Examples/stress-coupling/lmo.json", ["--mesh", "1/1/1x16", "--tolerance", "1e-9"], "1/1/1x16", 1e-9),
    ("cells/lco-graphite-ai2020.json", [], "40/10/40x24", 1e-5),
    ("cells/lco-graphite-ai2020.json", ["--mesh", "5/5/5x8"], "5/5/5x8", 1e-5),
    ("cells/lg-m50.json", [], "20/10/20x24", 1e-5),
  ])
  func summaryHasMeshAndToleranceInEffect(cell: String, options: [String], mesh: String, tolerance: Double) throws {
    let folder = try TemporaryFolder()
    let test = try folder.write("name: x\nsteps:\n  - rest: 1 s\n", to: "p.yaml")
    #expect(try Spinodal(["run", cell, test, "-o", folder.path("x")] + options).status == 0)
    for file in ["x.summary.json", "x.bdf.metadata.json"] {
      let text = try folder.text(file).replacing(" : ", with: ":")
      #expect(text.contains("\"mesh\":\"\(mesh)\""), "\(file)")
      let stated = try #require(text.firstMatch(of: /"relative_tolerance":([0-9.e-]+)/))
      #expect(Double(stated.output.1) == tolerance, "\(file)")
    }
  }

  @Test func leavingTheVoltageWindowStopsTheTestAndKeepsTheRecords() throws {
    let folder = try TemporaryFolder()
    let test = try folder.write("name: too long\nsteps:\n  - {discharge: 2C, until: [\"t >= 2 h\"]}\n", to: "p.yaml")
    let run = try Spinodal("run", cell, test, "-o", folder.path("x"))
    #expect(run.status == 1)
    #expect(run.complaints.contains("fell below the safety limit of 2.7 V"))
    #expect(try folder.text("x.bdf.csv").split(separator: "\n").count > 20)
    #expect(try folder.text("x.summary.json").contains("\"stopped early\""))
  }

  @Test func anImpossibleCurrentStopsTheTestWithAReason() throws {
    let folder = try TemporaryFolder()
    let test = try folder.write("name: x\nsteps:\n  - {discharge: 1e6 A, until: [\"t >= 1 h\"]}\n", to: "p.yaml")
    let run = try Spinodal("run", cell, test, "-o", folder.path("x"))
    #expect(run.status == 1)
    #expect(run.complaints.contains("stopped early"))
  }

  /// Ctrl-C, requests to end, and the end of the session.
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGUSR1])
  func interruptLeavesValidFiles(number: Int32) throws {
    // A signal that the tests themselves are told to ignore would be ignored by what they start.
    signal(number, SIG_DFL)
    let folder = try TemporaryFolder()
    let test = try folder.write(
      "name: endless\nsteps:\n  - loop:\n      repeat: 100000\n      steps:\n        - {discharge: 1C, until: [\"V <= Vmin\"]}\n"
        + "        - {charge: {at: 1C, to: Vmax, hold_until: C/20}}\n", to: "p.yaml")
    let process = Process()
    process.executableURL = Spinodal.program
    process.arguments = ["run", cell, test, "-o", folder.path("x")]
    process.currentDirectoryURL = Spinodal.root
    process.standardOutput = FileHandle.nullDevice
    let complaints = Pipe()
    process.standardError = complaints
    try process.run()
    while (try? folder.text("x.bdf.csv").count) ?? 0 < 10_000 { usleep(20_000) }
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    let message = String(decoding: complaints.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(process.terminationStatus == 75)
    #expect(message.contains("interrupted"))
    let text = try folder.text("x.bdf.csv")
    #expect(text.hasSuffix("\n"))
    #expect(try folder.text("x.summary.json").contains("\"interrupted\""))
  }

  @Test func overridesChangeTheResultAndKeepTheActiveMaterial() throws {
    let folder = try TemporaryFolder()
    func capacity(_ name: String, _ overrides: [String]) throws -> Double {
      let run = try Spinodal(
        ["run", "cells/lg-m50.json", "protocols/discharge-1C.yaml", "-o", folder.path(name), "--mesh", "8/4/8x12"]
          + overrides.flatMap { ["--set", $0] })
      #expect(run.status == 0, "\(run.complaints)")
      let rows = try folder.text("\(name).bdf.csv").split(separator: "\n")
      let column = try #require(rows[0].split(separator: ",").firstIndex(of: "Discharging Capacity / Ah"))
      return try #require(Double(rows.last!.split(separator: ",")[column]))
    }
    let large = try capacity("large", [])
    let small = try capacity("small", ["Positive electrode/Particle radius [m]=4e-8"])
    // Small particles fill completely, and there are as many of them as the volume needs.
    #expect(small > large && small < 1.1 * large)
  }
}

@Suite struct CheckAndInfoTests {
  @Test func everyShippedFileIsRight() throws {
    let files = try ["cells", "protocols"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: Spinodal.root.appendingPathComponent(folder).path)
        // What belongs to the protocols, and the one that cannot be run yet, are left out.
        .filter { ![".md", ".csv", ".schema.json"].contains(where: $0.hasSuffix) && $0 != "eis.yaml" }
        .map { "\(folder)/\($0)" }
    }
    #expect(files.count >= 16)
    let check = try Spinodal(["check"] + files)
    #expect(check.status == 0, "\(check.complaints)")
    #expect(check.complaints.isEmpty)
  }

  @Test func wrongFilesAreNamedWithTheirPlace() throws {
    let folder = try TemporaryFolder()
    let test = try folder.write("name: x\nsteps:\n  - {dischrge: 1C}\n", to: "p.yaml")
    let check = try Spinodal("check", test, "cells/lg-m50.json", folder.path("absent.json"))
    #expect(check.status == 2)
    #expect(check.complaints.contains("\(test):3:"))
    #expect(check.complaints.contains("did you mean 'discharge'?"))
    #expect(check.complaints.contains("absent.json: cannot be opened"))
    #expect(check.output.contains("cells/lg-m50.json: a cell"))
  }

  @Test func measuredCurves() throws {
    let check = try Spinodal("check", "--measured", "cells/nmc111-graphite-pouch.json")
    #expect(check.status == 0)
    #expect(check.output.contains("C/20 discharge"))
    #expect(check.output.contains("1C discharge"))
    #expect(try Spinodal("check", "--measured", "cells/lg-m50.json").status == 2)
  }

  @Test func infoOfACell() throws {
    let info = try Spinodal("info", "cells/lg-m50.json")
    #expect(info.status == 0)
    for word in ["full cell", "nominal capacity", "5.0000 A·h", "N/P ratio", "open-circuit voltage", "R²/D"] {
      #expect(info.output.contains(word))
    }
    // The limits of this file are those of its source, which do not balance.
    #expect(
      info.complaints.hasPrefix("warning: the negative electrode takes up 8.7 % less between its stoichiometry limits"))
    #expect(try Spinodal("info", "cells/nmc111-graphite-pouch.json").complaints.isEmpty)
    // Times beyond all reason are shown, not trapped on.
    let slow = try Spinodal("info", "cells/lg-m50.json", "--set", "Negative electrode/Diffusivity [m2.s-1]=1e-300")
    #expect(slow.status == 0)
  }
}

@Suite struct ArgumentTests {
  @Test(arguments: [
    (["run"], "Missing expected argument"),
    (["run", "cells/lg-m50.json", "protocols/cccv.yaml"], "--output"),
    (
      ["run", "protocols/cccv.yaml", "cells/lg-m50.json", "-o", "x"],
      "protocols/cccv.yaml:1:1: is a test protocol, where a cell is wanted"
    ),
    (["run", "cells/lg-m50.json", "cells/lg-m50.json", "-o", "x"], "is a cell file, where a protocol is wanted"),
    (["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "folder/"], "--output 'folder/'"),
    (["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "x", "--soc", "1.5"], "--soc 1.5: expected 0 to 1"),
    (["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "x", "--mesh", "20"], "--mesh '20': expected"),
    (["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "x", "--tolerance", "1"], "--tolerance 1.0"),
    (["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "x", "--start-time", "noon"], "--start-time 'noon'"),
    (
      ["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "x", "--start-time", "2026-02-30T00:00:00Z"],
      "--start-time '2026-02-30T00:00:00Z': there is no such day or time of day"
    ),
    (
      ["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "x", "--start-time", "2026-02-28T25:00:00Z"],
      "--start-time '2026-02-28T25:00:00Z'"
    ),
    (["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "x", "--set", "Separator/Porosity"], "KEY=VALUE"),
    (
      ["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "x", "--set", "Separator/Porosty=0.4"],
      "did you mean 'Porosity'?"
    ),
    (
      ["run", "cells/lg-m50.json", "protocols/cccv.yaml", "-o", "README.md/x"],
      "README.md: the folder cannot be created"
    ),
    (["rum"], "unknown verb 'rum' (did you mean 'run'?)"),
    (["simulate"], "unknown verb 'simulate' (there are run, compare, plot, check, info, convert, export, sweep, help)"),
    (["run", "x.json", "y.yaml", "-o", "x", "--frobnicate"], "frobnicate"),
    (["info", "absent.json"], "absent.json: cannot be opened"),
  ])
  func wrongArgumentsEndWithStatusTwoAndOneMessage(arguments: [String], message: String) throws {
    let run = try Spinodal(arguments)
    #expect(run.status == 2)
    #expect(run.complaints.contains(message), "\(run.complaints)")
    #expect(run.complaints.hasPrefix("error: "), "\(run.complaints)")
    #expect(run.output.isEmpty)
  }

  @Test(arguments: [["--help"], ["run", "--help"], ["check", "-h"], ["info", "-h"], ["--version"]])
  func helpAndVersionEndWithStatusZero(arguments: [String]) throws {
    let help = try Spinodal(arguments)
    #expect(help.status == 0)
    #expect(!help.output.isEmpty && help.complaints.isEmpty)
  }
}

@Suite struct ConvertTests {
  @Test func anExperimentBecomesAProtocolThatRunsTheSame() throws {
    let folder = try TemporaryFolder()
    let experiment = try folder.write(
      "[(\"Discharge at 1C for 10 minutes or until 3 V\", \"Rest for 5 minutes (10 second period)\")] * 2\n",
      to: "e.txt")
    #expect(try Spinodal("check", experiment).output == "\(experiment): a protocol, 'e'\n")
    let converted = try Spinodal("convert", experiment, "-o", folder.path("e.yaml"))
    #expect(converted.status == 0, "\(converted.complaints)")
    for (file, prefix) in [(experiment, "a"), (folder.path("e.yaml"), "b")] {
      let run = try Spinodal(
        "run", "cells/lg-m50.json", file, "-o", folder.path(prefix), "--start-time", "2026-01-15T09:30:00Z")
      #expect(run.status == 0, "\(run.complaints)")
    }
    #expect(try folder.text("a.bdf.csv") == folder.text("b.bdf.csv"))
    let refused = try Spinodal("convert", experiment, "-o", folder.path("e.yaml"))
    #expect(refused.status == 2)
    #expect(refused.complaints.contains("already exists"))
  }

  /// Wherever a protocol is written, its drive cycle is found from there.
  @Test func driveCyclesAreFoundFromTheNewFile() throws {
    let folder = try TemporaryFolder()
    let files = FileManager.default
    for name in ["p/data", "q/deep"] {
      try files.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    }
    _ = try folder.write("t_s,I_A\n0,-1\n7,1\n11,0\n", to: "p/data/d.csv")
    try files.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: folder.path("q/deep"))
    let step = "{profile: {file: data/d.csv, columns: {time: t_s, current: I_A}}}"
    let source = try folder.write(
      "define: {x: [\(step)]}\nsteps:\n  - loop: {repeat: 2, steps: [{if: {cond: 1 > 0, then: [\(step)]}}]}\n  - call: x\n",
      to: "p/a.yaml")
    for (name, path) in [
      ("q/deep/b.yaml", "../../p/data/d.csv"), ("p/b.yaml", "data/d.csv"), ("p/data/b.yaml", "d.csv"),
      ("link/c.yaml", "../../p/data/d.csv"), ("b.yaml", "p/data/d.csv"),
    ] {
      #expect(try Spinodal("convert", source, "-o", folder.path(name)).status == 0)
      let text = try folder.text(name)
      #expect(text.components(separatedBy: "\(path)\"").count + text.components(separatedBy: " \(path),").count == 4)
      #expect(try Spinodal("check", folder.path(name)).status == 0)
    }
    #expect(try Spinodal("convert", source, "-o", "-").output.contains("data/d.csv"))
  }

  @Test func whatAnExperimentMeansOtherwiseIsNamedAtTheEnd() throws {
    let folder = try TemporaryFolder()
    let experiment = try folder.write(
      "[(\"Discharge at 1C for 1 minute\", \"Rest for 1 minute\")]\ntermination=[\"80% capacity\", \"2.5 V\", \"10 h\"]\n",
      to: "e.txt")
    let run = ["run", "cells/lg-m50.json", experiment, "-o", folder.path("x")]
    for command in [["check", experiment], ["convert", experiment], run] {
      let result = try Spinodal(command)
      #expect(result.status == 0)
      let notes = result.complaints.split(separator: "\n").suffix(2)
      #expect(
        notes.first?.hasPrefix("note: termination '80% capacity' is compared with the charge that comes out") == true)
      #expect(notes.last?.hasPrefix("note: termination '2.5 V' ends the test at the instant") == true)
    }
  }

  @Test func whatCannotBeSaidIsNamed() throws {
    let refused = try Spinodal("convert", "protocols/ageing.yaml", "--to", "unicycler")
    #expect(refused.status == 2)
    #expect(refused.complaints.contains("'vars'"))
    #expect(refused.output.isEmpty)
    let folder = try TemporaryFolder()
    let file = try folder.write(
      "cell: {capacity: 5 Ah}\nsteps: [{charge: C/2, until: [\"V >= 4.2 V\"]}]\n", to: "p.yaml")
    let written = try Spinodal("convert", file, "--to", "unicycler")
    #expect(written.status == 0)
    #expect(written.output.contains("\"rate_C\" : 0.5"))
  }

  @Test func spectraAreRefusedWithTheirPlace() throws {
    let folder = try TemporaryFolder()
    let run = try Spinodal("run", "cells/lg-m50.json", "protocols/eis.yaml", "-o", folder.path("x"))
    #expect(run.status == 2)
    #expect(run.complaints.contains("protocols/eis.yaml:8:11"))
    #expect(run.complaints.contains("cannot be simulated yet"))
    #expect(try Spinodal("check", "protocols/eis.yaml").status == 2)
  }
}
