import ArgumentParser
import CellInterface
import Cycling
import Documents
import Electrochemistry
import Integration

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `spinodal run`: a protocol on a cell, and the cycler's files.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a test protocol on a cell and write the file a cycler would write.",
    discussion: """
      Writes PREFIX.bdf.csv (Battery Data Format, appended as the test runs), PREFIX.bdf.metadata.json and \
      PREFIX.summary.json (how every step ended; capacities and efficiencies per cycle; solver statistics); \
      with --profiles also PREFIX.profiles.csv (the composition inside every particle).

      Example:
        spinodal run cells/nmc111-graphite-pouch.json protocols/cccv.yaml -o results/first

      Current, power and energy are positive on charge.

      Ctrl-C, SIGTERM and SIGUSR1 end the test after the present instant with exit status 75. Then, and after a crash, \
      a power failure or on a full disk, the same command with --resume goes on from PREFIX.checkpoint, which is brought up \
      to date about every second and is gone when the test has ended. Ctrl-Z pauses a test and `fg` goes on.
      """)

  @OptionGroup var cellOptions: CellOptions

  @Argument(help: "A test protocol (YAML; see protocols/README.md), unicycler JSON, or PyBaMM strings (*.txt).")
  var testProtocol: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Prefix of the files to write.", valueName: "prefix"))
  var output: String

  @Flag(help: "Replace existing files.")
  var force = false

  @Flag(
    help: ArgumentHelp(
      "Go on with a test that was interrupted, with the command that began it.",
      discussion: "The files become the same, byte for byte, as if it had not been."))
  var resume = false

  @Option(
    help: "State of charge at the start, 0 to 1; by default what the protocol asks for, else that of the cell file.")
  var soc: Double?

  @Option(
    name: .customLong("var"), parsing: .singleValue,
    help: ArgumentHelp(
      "First value of a variable that the protocol declares under 'vars', e.g. 'rate=2C'. Repeatable.",
      valueName: "name=value"))
  var variables: [String] = []

  @Option(
    help: ArgumentHelp(
      "Temperature of the cell and its surroundings at the start, e.g. '40 degC'; by default what the protocol or the cell "
        + "file says.", valueName: "temperature"))
  var temperature: String?

  @Option(
    help: ArgumentHelp(
      "Date and time of test time zero in the files, e.g. 2026-01-15T09:30:00Z; by default now.",
      valueName: "time"))
  var startTime: String?

  @Option(
    name: .customLong("format"), parsing: .singleValue,
    help: ArgumentHelp(
      "Write the file of another cycler too, e.g. arbin; see `spinodal help export`. Repeatable.", valueName: "format"))
  var formats: [String] = []

  @Flag(help: "Write the composition inside every particle to PREFIX.profiles.csv, at every record.")
  var profiles = false

  @Option(
    help: ArgumentHelp(
      "With --profiles: the least time between two of a step, e.g. '10 min'.", valueName: "duration"))
  var profilesEvery: String?

  @OptionGroup var solver: SolverOptions

  mutating func run() throws {
    Interrupt.watch()
    let paths = try outputPaths()
    let cellFile = try cellOptions.load()
    let test: TestProtocol
    do {
      test = try TestProtocol(path: testProtocol, variables: parsedVariables())
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure.badInput(error)
    }
    if let soc, !(0...1).contains(soc) {
      throw Failure(status: .badInput, message: "--soc \(soc): expected 0 to 1")
    }
    let dialects = try DialectOptions.parse(formats, option: "--format")
    let mesh = try solver.parsedMesh()
    let tolerance = try solver.checkedTolerance()
    let interval = try profileInterval()
    let givenStart = try startTime.map { try unixTime($0, option: "--start-time") }
    let inputs = try testInputs(test)
    let saved = resume ? try savedTest(paths, inputs, givenStart) : nil
    if resume && saved == nil { return }
    let unixStart = saved?.startTime ?? givenStart ?? Date().timeIntervalSince1970.rounded(.down)
    let mayReplace = force || saved != nil
    for path in dialects.map({ output + $0.suffix }) where !mayReplace && FileManager.default.fileExists(atPath: path) {
      throw Failure(
        status: .badInput, message: "\(OutputError.alreadyExists(path: path)) (use --force to replace it)")
    }

    var parameters = cellFile.cell
    if let temperature = try startTemperature() ?? test.startTemperature {
      parameters.initialTemperature = temperature
      parameters.ambientTemperature = temperature
    }
    if parameters.thermal == nil, abs(parameters.ambientTemperature - parameters.initialTemperature) > 0.01 {
      complain(
        "note: the cell has no heat transfer coefficient and stays at its initial temperature, "
          + "\(fixed(parameters.initialTemperature - Constants.zeroCelsius, 2)) °C")
    }
    let startSOC = try stateOfCharge(atStartOf: test, of: parameters)
    let cell: SimulatedCell
    do {
      cell = try SimulatedCell(
        parameters, stateOfCharge: startSOC, mesh: mesh, relativeTolerance: tolerance)
    } catch {
      throw Failure(status: .stoppedEarly, message: "\(cellOptions.cell): the cell cannot be started: \(error)")
    }

    do {
      try test.check(on: cell)
    } catch {
      throw Failure.badInput(error)
    }
    let files: RunFiles
    do {
      try createFolder(of: output)
      if let progress = saved?.progress {
        guard cell.restore(progress.cell) else { throw Checkpoint.Problem.damaged(path: paths.checkpoint) }
        files = try RunFiles(paths, continuing: progress, startTime: unixStart, cell: cell, profilesEvery: interval)
        if !FileManager.default.fileExists(atPath: paths.metadata) {
          try metadata(of: test, on: cell, unixStart, inputs).write(to: paths.metadata)
        }
      } else {
        try paths.prepare(
          force: mayReplace, keepsCheckpoint: saved != nil, inputs: [cellOptions.cell, testProtocol])
        // Before anything else, so that a test can be gone on with from its first moment.
        try Checkpoint(inputs: inputs, startTime: unixStart).write(to: paths.checkpoint, survivesPowerFailure: false)
        files = try RunFiles(paths, startTime: unixStart, cell: cell, profilesEvery: interval)
        try metadata(of: test, on: cell, unixStart, inputs).write(to: paths.metadata)
      }
    } catch let error as OutputError {
      switch error {
      case .alreadyExists: throw Failure(status: .badInput, message: "\(error) (use --force to replace it)")
      case .isUnfinished:
        throw Failure(
          status: .badInput, message: "\(error) (--resume goes on with it, --force begins again)")
      case .isNotWhatWasWritten: throw Failure(status: .badInput, message: "\(error) (\(Self.waysOut))")
      case .cannotWrite where Checkpoint.exists(paths.checkpoint): throw resumable("\(error)")
      default: throw Failure.badInput(error)
      }
    } catch let problem as Checkpoint.Problem {
      throw Failure(status: .badInput, message: "\(problem) (\(Self.waysOut))")
    } catch {
      throw Failure.badInput(error)
    }

    let scale = CellScale(nominalCapacity: cell.nominalCapacity)
    let began = ContinuousClock.now
    let keeper = CheckpointKeeper(
      paths, files: files, cell: cell, inputs: inputs, startTime: unixStart)
    var summary = try perform(test, on: cell, files, keeper, saved?.progress, scale)
    summary.files = files.states
    summary.details = details(of: cell)
    summary.details["start_state_of_charge"] = .number(startSOC)
    summary.details["solver"] = Self.statistics(cell.statistics, of: cell.model)
    do {
      if summary.status == .interrupted { try keeper.save() }
      if keeper.hasSaved { try files.sync() }
      try summary.write(to: paths.summary, survivesPowerFailure: keeper.hasSaved)
    } catch {
      throw resumable("\(error)")
    }
    report(summary, cell.statistics, scale, wall: ContinuousClock.now - began)
    print("\nwrote \(paths.data)\n      \(paths.metadata)\n      \(paths.summary)")
    if profiles { print("      \(paths.profiles)") }
    for dialect in dialects {
      do {
        print("      " + (try DialectOptions.export(paths.data, dialect, to: nil, startTime: nil, force: mayReplace)))
      } catch let failure as Failure where failure.status == .stoppedEarly {
        throw resumable(failure.message)
      }
    }

    let idleCount = summary.steps.count(where: \.wasAlreadyMet)
    if idleCount > 1 { complain("warning: \(idleCount) steps ended as they began") }
    for remark in test.remarks.texts { complain("note: \(remark)") }
    if summary.status == .interrupted {
      throw Failure(
        status: .interrupted,
        message: "\(summary.reason ?? "interrupted"); the files hold all records until then; \(Self.advice)")
    }
    Checkpoint.remove(paths.checkpoint)
    try report(RunSummary.Outcome(summary))
  }

  /// Where the results go, which must be where no other run is writing to.
  private func outputPaths() throws -> OutputPaths {
    guard let name = output.split(separator: "/", omittingEmptySubsequences: false).last, !name.isEmpty, name != "-"
    else {
      throw Failure(
        status: .badInput, message: "--output '\(output)': expected a prefix of file names, such as results/first")
    }
    guard !(resume && force) else {
      throw Failure(
        status: .badInput, message: "--resume goes on with a test, --force begins it again: give one of them")
    }
    let paths = OutputPaths(prefix: output)
    do {
      try paths.checkAreFree()
    } catch {
      throw Failure(status: .interrupted, message: "\(error) (wait for its end, or give another --output)")
    }
    return paths
  }

  /// Ends the program with the status of a test that has ended.
  private func report(_ outcome: RunSummary.Outcome) throws {
    guard outcome.status != .completed else { return }
    throw Failure(status: .stoppedEarly, message: "stopped early: \(outcome.reason ?? "")")
  }

  private static let advice = "the same command with --resume goes on"
  /// Where a test cannot go on.
  private static let waysOut = "--force begins again, another --output leaves what is there"

  /// Ends the program because something cannot be written, while a checkpoint is there.
  private func resumable(_ complaint: String) -> Failure {
    Failure(
      status: .interrupted,
      message: "\(complaint); what has been saved is kept; when there is room, \(Self.advice)")
  }

  // MARK: going on

  /// What must be the same when a test goes on.
  private func testInputs(_ test: TestProtocol) throws -> [TestInput] {
    do {
      return try [
        TestInput("the cell file", file: cellOptions.cell), TestInput("the protocol file", file: testProtocol),
      ] + TestInput.profiles(of: test) + [
        TestInput("--set", cellOptions.overrides.joined(separator: "; ")),
        TestInput("--soc", soc.map { "\($0)" } ?? ""), TestInput("--var", variables.joined(separator: "; ")),
        TestInput("--temperature", temperature ?? ""), TestInput("--mesh", solver.mesh ?? ""),
        TestInput("--tolerance", "\(solver.tolerance)"), TestInput("--profiles", profiles ? "yes" : ""),
        TestInput("--profiles-every", profilesEvery ?? ""), TestInput("--format", formats.joined(separator: ", ")),
        TestInput("the program", Self.software),
      ]
    } catch {
      throw Failure.badInput(error)
    }
  }

  /// The test to go on with; nil where it has ended, which is then said.
  private func savedTest(_ paths: OutputPaths, _ inputs: [TestInput], _ startTime: Double?) throws -> Checkpoint? {
    guard Checkpoint.exists(paths.checkpoint) else {
      if let outcome = RunSummary.Outcome(ofSummaryAt: paths.summary), outcome.status != .interrupted {
        let then = try BDFMetadata.inputs(at: paths.metadata)
        if let complaint = then.flatMap({ TestInput.change(from: $0, to: inputs) }) {
          throw Failure(
            status: .badInput, message: "\(paths.summary): another test has ended here: \(complaint) (\(Self.waysOut))")
        }
        do {
          try paths.check(are: outcome)
        } catch {
          throw Failure(
            status: .badInput, message: "\(paths.summary): the test has ended already, but \(error) (\(Self.waysOut))")
        }
        print("\(paths.summary): the test has ended already: \(outcome.status.rawValue)")
        try report(outcome)
        return nil
      }
      throw Failure.badInput(Checkpoint.Problem.missing(path: paths.checkpoint))
    }
    do {
      let saved = try Checkpoint(path: paths.checkpoint, inputs: inputs)
      if let startTime, startTime != saved.startTime {
        throw Failure(
          status: .badInput,
          message: "\(paths.checkpoint): the test began with another --start-time (leave it out, or: \(Self.waysOut))")
      }
      return saved
    } catch let problem as Checkpoint.Problem {
      throw Failure(status: .badInput, message: "\(problem) (\(Self.waysOut))")
    }
  }

  /// The state of charge to start from: that of the arguments, the protocol or the cell file, or the nearest at which the
  /// cell is inside its voltage window.
  private func stateOfCharge(atStartOf test: TestProtocol, of cell: Cell) throws -> Double {
    var wanted = cell.initialStateOfCharge
    if let soc {
      wanted = soc
    } else if case .stateOfCharge(let stateOfCharge) = test.start {
      wanted = stateOfCharge
    } else if let voltage = test.startVoltage(within: cell.voltageWindow) {
      guard let stateOfCharge = cell.stateOfCharge(atOpenCircuitVoltage: voltage) else {
        let (empty, full) = (cell.openCircuitVoltage(atStateOfCharge: 0), cell.openCircuitVoltage(atStateOfCharge: 1))
        throw Failure.badInput(
          test.startPlace.error(
            "at no state of charge is the open-circuit voltage of this cell \(voltage) V",
            advice: "allowed: \(fixed(empty, 3)) V to \(fixed(full, 3)) V"))
      }
      wanted = stateOfCharge
    }
    let start = cell.stateOfChargeInsideWindow(nearestTo: wanted)
    let voltage = cell.openCircuitVoltage(atStateOfCharge: start)
    let window = cell.voltageWindow
    guard window.lowerBound - 1e-6 <= voltage, voltage <= window.upperBound + 1e-6 else {
      throw Failure(
        status: .badInput,
        message: "\(cellOptions.cell): at rest the cell has \(fixed(voltage, 4)) V, outside its cut-off voltages"
          + " \(window.lowerBound) V and \(window.upperBound) V at every state of charge")
    }
    if abs(start - wanted) > 1e-6 {
      complain(
        "note: \(fixed(wanted * 100, 2)) % state of charge lies beyond the cut-off voltage; the test starts at "
          + "\(fixed(start * 100, 3)) %, \(fixed(voltage, 4)) V")
    }
    return start
  }

  private func perform(
    _ test: TestProtocol, on cell: SimulatedCell, _ files: RunFiles, _ keeper: CheckpointKeeper,
    _ progress: Checkpoint.Progress?, _ scale: CellScale
  ) throws -> RunSummary {
    if let progress { print("goes on after \(duration(cell.reading.time)), \(progress.history.steps.count) steps") }
    if let profiles = files.profiles { return try perform(test, on: cell, output: profiles, keeper, progress, scale) }
    return try perform(test, on: cell, output: files.records, keeper, progress, scale)
  }

  private func perform<Output: RecordOutput>(
    _ test: TestProtocol, on cell: SimulatedCell, output: Output, _ keeper: CheckpointKeeper,
    _ progress: Checkpoint.Progress?, _ scale: CellScale
  ) throws -> RunSummary {
    let line = ProgressLine()
    defer { line.clear() }
    var idle = StepsAlreadyMet(scale, from: progress?.history.steps.count ?? 0)
    do {
      let cycler = try Cycler(
        cell: cell, test: test, output: output, state: progress?.cycler, history: progress?.history ?? CyclerHistory())
      let summary = try cycler.run {
        idle.report(cycler.history.steps, line)
        line.update(Self.progressText(cycler.position, cell.reading, scale))
        return Interrupt.isRequested
      } mayBeLeft: { () throws(OutputError) in
        try keeper.note(cycler.state) { cycler.history }
      }
      idle.report(summary.steps, line)
      return summary
    } catch let error as OutputError {
      line.clear()
      throw resumable("\(error)")
    } catch {
      line.clear()
      throw Failure(status: .stoppedEarly, message: "\(error)")
    }
  }

  private func parsedVariables() throws -> [(name: String, value: String)] {
    try variables.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw Failure(status: .badInput, message: "--var '\(text)': expected NAME=VALUE, e.g. 'rate=2C'")
      }
      return (parts[0], parts[1])
    }
  }

  /// In K.
  private func startTemperature() throws -> Double? {
    guard let temperature else { return nil }
    return try kelvin(temperature, option: "--temperature")
  }

  /// The least time in s between two profiles; nil where none are wanted.
  private func profileInterval() throws -> Double? {
    guard let profilesEvery else { return profiles ? 0 : nil }
    let interval = try seconds(profilesEvery, option: "--profiles-every")
    guard profiles else {
      throw Failure(status: .badInput, message: "--profiles-every has no effect without --profiles")
    }
    return interval
  }

  // MARK: what is written beside the data

  private func metadata(
    of test: TestProtocol, on cell: SimulatedCell, _ startTime: Double, _ inputs: [TestInput]
  ) -> BDFMetadata {
    BDFMetadata(
      name: test.name, startTime: startTime, nominalCapacity: cell.nominalCapacity,
      observableLabels: cell.observableLabels,
      details: details(of: cell).merging(["inputs": TestInput.described(inputs)]) { first, _ in first })
  }

  private func details(of cell: SimulatedCell) -> [String: JSONValue] {
    [
      "cell_file": .text(cellOptions.cell), "protocol_file": .text(testProtocol),
      "overrides": .list(cellOptions.overrides.map { .text($0) }),
      "variables": .list(variables.map { .text($0) }),
      "mesh": .text(cell.mesh.description), "relative_tolerance": .number(cell.relativeTolerance),
      "software": .text(Self.software),
    ]
  }

  static let software = "spinodal \(Spinodal.version), SUNDIALS \(IDA.version)"

  private static func statistics(_ statistics: IDA.Statistics, of model: CellModel) -> JSONValue {
    [
      "unknowns": .integer(model.unknownCount), "steps": .integer(statistics.steps),
      "residual_evaluations": .integer(statistics.residualEvaluations),
      "factorisations": .integer(statistics.factorisations),
      "newton_iterations": .integer(statistics.newtonIterations),
      "error_test_failures": .integer(statistics.errorTestFailures),
      "newton_failures": .integer(statistics.newtonFailures),
      "starts": .integer(statistics.starts), "start_iterations": .integer(statistics.startIterations),
    ]
  }

  private func createFolder(of prefix: String) throws {
    guard let slash = prefix.lastIndex(of: "/"), slash != prefix.startIndex else { return }
    let folder = String(prefix[..<slash])
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Failure(status: .badInput, message: "\(folder): the folder cannot be created")
    }
  }

  // MARK: what is shown

  private static func progressText(_ position: Position, _ reading: Reading, _ scale: CellScale) -> String {
    "cycle \(position.cycle)  step \(position.stepID)  \(duration(reading.time))  "
      + "\(fixed(reading.voltage, 4)) V  \(scale.fixed(reading.current, 4)) \(scale.current)"
  }

  private func report(
    _ summary: RunSummary, _ statistics: IDA.Statistics, _ scale: CellScale, wall: Duration
  ) {
    print("\(summary.protocolName): \(summary.status.rawValue)")
    // A long test shows its last steps; the summary file has them all.
    let shown = summary.steps.suffix(Self.stepsShown)
    if shown.count < summary.steps.count { print("… \(summary.steps.count - shown.count) steps before") }
    var rows = [
      [
        "step", "type", "duration", "charge/\(scale.charge)", "discharge/\(scale.charge)", "end V/V",
        "end I/\(scale.current)", "ended by",
      ]
    ]
    for step in shown {
      rows.append([
        "\(step.stepID)", step.type.rawValue, duration(step.duration),
        scale.fixed(step.throughput.chargingCharge / 3600, 4),
        scale.fixed(step.throughput.dischargingCharge / 3600, 4),
        fixed(step.endVoltage, 4), scale.fixed(step.endCurrent, 4),
        step.endedBy + (step.wasAlreadyMet ? " (already met)" : ""),
      ])
    }
    print(table(rows))
    let seconds = Double(wall.components.seconds) + Double(wall.components.attoseconds) * 1e-18
    print(
      "\(summary.recordCount) records of \(duration(summary.duration)) in \(fixed(seconds, 2)) s"
        + " (\(statistics.steps) internal steps)")
  }

  private static let stepsShown = 20
}

/// Says at once of steps that they took no time: they are rarely what was meant. Of each step of the protocol
/// the first time; how often it was in all stands in the summary.
private struct StepsAlreadyMet {
  private let scale: CellScale
  private var lookedAt: Int
  private var named: Set<Int> = []

  /// - Parameter count: steps of which nothing is said any more.
  init(_ scale: CellScale, from count: Int) {
    self.scale = scale
    lookedAt = count
  }

  mutating func report(_ steps: [StepSummary], _ line: ProgressLine) {
    for step in steps[lookedAt...] where step.wasAlreadyMet && named.insert(step.stepID).inserted {
      line.clear()
      complain(
        "warning: step \(step.stepID) (\(step.type.rawValue), cycle \(step.cycle)) ended as it began: \(step.endedBy), at "
          + "\(fixed(step.endVoltage, 4)) V and \(scale.fixed(step.endCurrent, 4)) \(scale.current)")
    }
    lookedAt = steps.count
  }
}
