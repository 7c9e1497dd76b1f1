import Analysis
import CellInterface
import Cycling
import Documents
import Electrochemistry
import Figures
import Foundation
import Reproducible

/// Something that reads what users give to it.
struct Target {
  let name: String
  /// How many of a thousand inputs are for it.
  let share: Int
  /// What an input is called when it is written out.
  let fileName: String
  /// In s of processor time that reading one input may take.
  var longest = 2.0
  /// Of one input.
  let input: @Sendable (UInt64) -> [UInt8]
  /// Reads one input in a folder of its own, where it may leave files of the same names as the next one. Whether the
  /// input was accepted; throws what is wrong with the reader.
  let read: @Sendable ([UInt8], Scratch) throws -> Bool

  static func named(_ name: String) -> Target? { (all + [.failing]).first { $0.name == name } }

  static let all = [
    quantity, materialExpression, expression, native, unicycler, experiment, profile, cell, model, table, metadata,
    pictures, insides,
  ]
}

/// What is wrong with a reader.
struct Defect: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// A folder in which a worker writes its input, so that it is read as a file of a user is.
struct Scratch {
  let folder: String

  func path(_ name: String) -> String { folder + "/" + name }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = path(name)
    guard let stream = fopen(path, "wb") else { throw Defect("\(path) cannot be written") }
    defer { fclose(stream) }
    guard fwrite(bytes, 1, bytes.count, stream) == bytes.count else { throw Defect("\(path) cannot be written") }
    return path
  }
}

/// Reads, and looks at the complaint if there is one: it fits on a screen and does nothing to it.
private func accepts<T>(_ read: () throws -> T, then inspect: (T) throws -> Void = { _ in }) throws -> Bool {
  let value: T
  do {
    value = try read()
  } catch let defect as Defect {
    throw defect
  } catch let error as QuantityError {
    // Whoever knows where it stands shows it.
    try check(complaint: DocumentError(file: "", message: error.message, advice: error.advice).description)
    return false
  } catch let error as ExpressionError {
    try check(complaint: DocumentError(file: "", message: error.message, advice: error.advice).description)
    return false
  } catch {
    try check(complaint: "\(error)")
    return false
  }
  try inspect(value)
  return true
}

private func check(complaint: String) throws {
  guard !complaint.isEmpty, complaint.utf8.count < 4000 else {
    throw Defect("a complaint of \(complaint.utf8.count) bytes: \(complaint.prefix(200))")
  }
  let isClean = complaint.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || $0 == "\n" }
  guard isClean else { throw Defect("a complaint with control characters: \(complaint.debugDescription)") }
}

/// A protocol that was read is written and read again as the same.
private func checkRoundTrip(_ test: TestProtocol, file: String) throws {
  let text = test.yaml
  let again: TestProtocol
  do {
    again = try TestProtocol(text: text, file: file)
  } catch {
    throw Defect("what was written cannot be read: \(error)\n\(text)")
  }
  guard again == test else { throw Defect("is read differently once written:\n\(text)\nand then\n\(again.yaml)") }
  do {
    let other = try test.unicyclerJSON()
    do {
      _ = try TestProtocol(text: other, file: file)
    } catch {
      throw Defect("what was written for unicycler cannot be read: \(error)\n\(other)")
    }
  } catch let error as UnicyclerError {
    try check(complaint: String("\(error)".prefix(200)))
  }
}

private func file(_ path: String) -> String {
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  do {
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
  } catch {
    preconditionFailure("\(path): \(error)")
  }
}

private func files(_ folder: String, _ names: String) -> [String] {
  names.split(separator: " ").map { file("\(folder)/\($0)") }
}

// MARK: protocols

private let expressions = [
  "V <= 2.5 V", "0.8 * Q0", "abs(I) < C/20", "last('check').Q", "Q > 0.9 * Q0", "n % 50 == 0", "t >= 1 h",
  "dV/dt < 1 mV/h",
  "max(Q0, 1 Ah) / 2", "-(2 + x) * k", "V - Vmin >= (Vmax - Vmin) * 50 %", "min(1C / 5 %, 50 mA/cm2 * 1, 1C / 2 h * t)",
  "T > 45 degC", "dT/dt > 1 K/min", "SOC <= 20 %", "Q_dis < 80 % * Q0", "-10 degC", "I / 1 A * 2", "0.5C", "C/20/min",
]

private let words = [
  "V", "I", "Q", "t", "T", "R", "SOC", "dV/dt", "Q0", "n", "k", "x", "(", ")", "*", "/", "%", "+", "-", "<=", ">=",
  "==", "<",
  ">", "!=", ",", "'", "abs(", "min(", "max(", "last(", "last('check').V", ".", "mV", "Ah", "mA/cm2", "mA/g", "C",
  "kohm",
  "degC", "°C", "µA", "Ω", "²", "s", "h", "min", " ", "Vmin", "C/3",
]

extension Target {
  private static let quantities = Corpus(
    [
      "C/20", "0.5C", "50 mA", "1 mA/cm2", "100 mA/g", "5 W", "10 ohm", "4.2 V", "2 h", "25 degC", "5 %", "0.1 mV/s",
      "-2C", "1C/h", "1 Ah/m2", "10 kHz", "5 mW/g/min", "-273.15 degC", "5 m Ah",
    ], words: words)

  /// A value with its unit.
  static let quantity = Target(name: "quantity", share: 300, fileName: "quantity.txt") { seed in
    Array(Mutator(seed: seed, corpus: quantities).mutated().prefix(300))
  } read: { bytes, _ in
    try accepts {
      try Quantity(parsing: String(decoding: bytes, as: UTF8.self))
    } then: { quantity in
      let text = quantity.text
      guard (try? Quantity(parsing: text)) == quantity || quantity.basis == .nominalCapacity else {
        throw Defect("\(quantity) is written '\(text)'")
      }
    }
  }

  private static let conditions = Corpus(expressions, words: words)

  /// A condition or an expression in a protocol.
  static let expression = Target(name: "expression", share: 120, fileName: "expression.yaml") { seed in
    var random = SplitMix(state: seed)
    let text = String(decoding: Mutator(seed: random.next(), corpus: conditions).mutated(), as: UTF8.self)
    let quoted = "'" + text.replacing("'", with: "''") + "'"
    let head = "vars: {Q0: 1 Ah, n: 0, k: 0.5, x: 3 V}\nsteps:\n- {discharge: 1C, until: V <= 3 V, label: check}\n"
    let tail = [
      "- {charge: C/2, until: [\(quoted), t > 1 h]}\n", "- {set: {Q0: \(quoted)}}\n",
      "- {rest: 1 h, when: \(quoted)}\n",
      "- {hold: \(quoted), until: t > 1 h}\n", "- {charge: {at: \(quoted), to: 4 V}}\n",
      "- {loop: {for: {y: [\(quoted), 1]}, steps: [rest: 1 h]}}\n",
    ]
    return Array((head + tail[Int(random.next() % 6)]).utf8)
  } read: { bytes, scratch in
    let path = scratch.path("expression.yaml")
    return try accepts {
      try TestProtocol(text: String(decoding: bytes, as: UTF8.self), file: path)
    } then: {
      try checkRoundTrip($0, file: path)
    }
  }

  private static let protocols = Corpus(
    files(
      "protocols", "ageing.yaml cccv.yaml cv.yaml drive.yaml eis.yaml float.yaml formation.yaml gitt.yaml hppc.yaml")
      + files("protocols", "ramp.yaml rate.yaml temperature.yaml")
      + [
        """
        defaults: &d {record: {dt: 1 s, first: 100 ms log 10/decade}, until: ["t > 9 h"]}
        safety: {V: [2 V, 4.3 V], I: [-1 A, 1 A], T: [0 degC, 60 degC], Q: 5 Ah, delay: 1 s}
        start: {soc: 50 %, temperature: 25 degC}
        define: {a: [rest: 1 s], b: [call: a]}
        steps:
        - &x {charge: {power: 5 W}, until: [{if: "V > 4 V", goto: there}, "E > 3 Wh"], safety: {V: [0 V, 5 V]}}
        - *x
        - {if: {cond: "Q_chg > 1 Ah", then: [call: b], else: [end: done]}}
        - {rest: 1 s, label: there, tags: [a, "b"], note: 'c'}
        - {goto: end, when: {any: ["t_test > 1 d", "last('there').V < 3 V"]}}
        """
      ],
    words: expressions + words + [
      "&x", "*x", "<<", "until", "goto", "end", "- ", ": ", "\n", "\n  ", "#", "|", ">", "!!int",
    ])

  /// A protocol of our own.
  static let native = reader(
    "protocol", share: 30, fileName: "protocol.yaml", protocols,
    beside: ["drive-cycle.csv": "t_s,P_W\n0,1\n1,-2\n5,0\n"])

  private static let unicyclerFiles = Corpus(
    [
      """
      {"unicycler": {"version": "0.4.6"}, "sample": {"name": "sim", "capacity_mAh": 500.0},
       "record": {"current_mA": 10, "voltage_V": 0.01, "time_s": 30.0},
       "safety": {"max_voltage_V": 4.1, "min_voltage_V": 2.9, "max_current_mA": 2000.0, "min_current_mA": null,
         "max_capacity_mAh": 900, "delay_s": 1.0},
       "method": [
        {"id": null, "step": "open_circuit_voltage", "until_time_s": 60.0},
        {"step": "tag", "tag": "f"},
        {"step": "constant_current", "rate_C": 1.0, "current_mA": 7, "until_time_s": 43200.0, "until_voltage_V": 3.9},
        {"step": "constant_voltage", "voltage_V": 3.9, "until_time_s": 21600.0, "until_rate_C": 0.05},
        {"step": "constant_current", "current_mA": -400.0, "until_voltage_V": 3.2},
        {"step": "loop", "loop_to": 5, "cycle_count": 2},
        {"step": "loop", "loop_to": "f", "cycle_count": 3},
        {"step": "voltage_scan", "start_voltage_V": 3.3, "end_voltage_V": 3.5, "scan_rate_mV_per_s": 0.5},
        {"step": "impedance_spectroscopy", "amplitude_V": 0.01, "start_frequency_Hz": 1e4, "end_frequency_Hz": 0.01}]}
      """
    ], words: ["null", "true", "\"until_current_mA\"", "\"amplitude_mA\"", "\"drift_correction\""])

  static let unicycler = reader("unicycler", share: 20, fileName: "unicycler.json", unicyclerFiles)

  private static let experiments = Corpus(
    [
      """
      import pybamm
      experiment = pybamm.Experiment(
        [("Discharge at C/10 for 10 hours or until 3.3 V", "Rest for 1 hour (5 minute period)"),
         ("Charge at 1 A until 4.1 V", 'Hold at 4.1 V until 50 mA'),] * 3
        + ["Discharge at 4 W for 30 minutes", ("Discharge at 10 Ohm for 1 s",) * 2], period="30 seconds",
        termination=["80% capacity", "2.5 V"], temperature="25oC")  # comment
      """,
      "Discharge at 1C until 2.5V\nRest for 10 min\nCharge at C/2 until 4.2 V\nperiod: 10 s\ntermination: 4 Ah capacity\n",
    ],
    words: ["\"", "'", "(", ")", "[", "]", "*", "+", "\n", "until", " or until ", " for ", "oC", "80% capacity", "= ["])

  /// The words of PyBaMM.
  static let experiment = reader("experiment", share: 30, fileName: "experiment.txt", experiments)

  private static let profiles = Corpus(
    [
      "t_s,P_W\n0,1\n1,-2.5\n5,0\n", "\u{FEFF}# cycle\r\nt_s;\"a;b\";P_W\r\n0;1;2\r\n0.5;3;4\r\n\r\n1e3;5;-6e-3\r\n",
      "P_W\tt_s\n1\t0\n2\t1\n\t\n3\t2\n", (0..<30).map { "\($0),\($0 % 7),x" }.reduce("t_s,P_W,c\n") { "\($0)\($1)\n" },
    ], words: ["t_s", "P_W", ",", ";", "\t", "\"", "\n", "#", "\r\n"])

  /// A drive cycle.
  static let profile = Target(name: "profile", share: 25, fileName: "profile.csv") {
    Mutator(seed: $0, corpus: profiles).mutated()
  } read: { bytes, scratch in
    _ = try scratch.write(bytes, to: "profile.csv")
    let text = "steps:\n- profile: {file: profile.csv, columns: {time: t_s, power: P_W}}\n"
    let path = scratch.path("profile.yaml")
    return try accepts {
      try TestProtocol(text: text, file: path)
    } then: {
      try checkRoundTrip($0, file: path)
    }
  }

  private static func reader(
    _ name: String, share: Int, fileName: String, _ corpus: Corpus, beside others: [String: String] = [:]
  ) -> Target {
    Target(name: name, share: share, fileName: fileName) {
      Mutator(seed: $0, corpus: corpus).mutated()
    } read: { bytes, scratch in
      for (name, text) in others where !FileManager.default.fileExists(atPath: scratch.path(name)) {
        _ = try scratch.write(Array(text.utf8), to: name)
      }
      let path = try scratch.write(bytes, to: fileName)
      return try accepts {
        try TestProtocol(path: path)
      } then: {
        try checkRoundTrip($0, file: path)
      }
    }
  }
}

// MARK: cells

private let groups = [
  "\"Regular solution\": {\"Standard potential [V]\": 3.4, \"Interaction energy [J.mol-1]\": 11000}",
  "\"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2e-14}", "\"Particle shape\": {\"Shape factor\": 2}",
  "\"Film\": {\"Resistance [Ohm.m2]\": 0.01}", "\"Grading\": {\"Porosity\": \"0.3 + 0.1 * x\"}",
  "\"Size distribution\": {\"Log-normal\": {\"Mean radius [m]\": 1e-7, \"Standard deviation [m]\": 3e-8, \"Classes\": 4}}",
  "\"Size distribution\": {\"Weibull\": {\"Mean radius [m]\": 1e-7, \"Weibull modulus\": 3, \"Classes\": 4}}",
  "\"Foil\": {\"Exchange current density [A.m-2]\": 10}", "{\"x\": [0, 0.5, 1], \"y\": [4, 3.5, 3]}",
  "\"Degradation\": {\"LLI\": 0.1, \"LAM: Positive electrode\": 0.1}",
]

extension Target {
  private static let materialExpressions = Corpus(
    [
      "0.1493 + 0.8493*exp(-61.79*x) + 0.3824*exp(-665.8*x) - exp(39.42*x-41.92) - 0.03131*atan(25.59*x-4.099)",
      "8.794e-11 * (x / 1000) ** 2 - 3.972e-10 * (x / 1000) + 4.862e-10",
      "tanh(-x) / (1 - 2**-x) ** 1.5 - sqrt(log(x))",
      "cosh(x)**0.5*sinh(x)", "x", "1e-14", "-x**2", "2 ** 3 ** x",
    ], words: ["(", ")", "x", "**", "*", "/", "+", "-", "exp(", "log(", "tanh(", "sqrt(", "cosh(", "sinh(", "^", "e"])

  /// An expression in a cell file.
  static let materialExpression = Target(name: "x-expression", share: 450, fileName: "x-expression.txt") {
    Mutator(seed: $0, corpus: materialExpressions).mutated()
  } read: { bytes, _ in
    try accepts {
      try MaterialFunction(expression: String(decoding: bytes, as: UTF8.self))
    } then: { function in
      for x in [0, 0.3, 1, -1, 1000, .infinity] as [Double] { _ = function(x) }
    }
  }

  private static let cells: Corpus = {
    let names = "lco-graphite-petlion.json lfp-graphite-18650.json lfp-nanospheres.json lg-m50.json"
    // Measurements make a file long, and mutations of it alike.
    return Corpus(
      files("cells", names), words: groups + ["null", "{", "}", "[", "]", ":", ",", "\"", "\"description\""])
  }()

  /// A cell file.
  static let cell = Target(name: "cell", share: 8, fileName: "cell.json") {
    Mutator(seed: $0, corpus: cells).mutated()
  } read: { bytes, scratch in
    let path = try scratch.write(bytes, to: "cell.json")
    return try accepts {
      try CellFile(path: path)
    } then: { file in
      for warning in file.warnings { try check(complaint: "\(warning)") }
    }
  }

  /// A cell file with other values, and the cell that it describes, at rest and under a current.
  static let model = Target(name: "model", share: 1, fileName: "cell.json", longest: 20) { seed in
    var random = SplitMix(state: seed)
    var bytes = cells.texts[Int(random.next() % UInt64(cells.texts.count))]
    for _ in 0..<1 + random.next() % 3 {
      let numbers = Corpus.words(of: bytes).filter { Corpus.isDigit(bytes[$0.lowerBound]) }
      let place = numbers[Int(random.next() % UInt64(numbers.count))]
      let value = Double(String(decoding: bytes[place], as: UTF8.self)) ?? 1
      let factors = [0, 0.5, 0.9, 1.1, 2, 10, 1e-3, 1e3, 1e-6, 1e6]
      bytes.replaceSubrange(place, with: Array("\(value * factors[Int(random.next() % 10)])".utf8))
    }
    return bytes
  } read: { bytes, scratch in
    let path = try scratch.write(bytes, to: "cell.json")
    return try accepts {
      let cell = try CellFile(path: path).cell
      let mesh = Mesh(negative: 3, separator: 2, positive: 3, radial: 8)
      let simulation = try SimulatedCell(cell, mesh: mesh)
      try simulation.impose(.current(-0.1 * cell.nominalCapacity), limits: [])
      for _ in 0..<10 where try simulation.step(to: 60) != .advanced { break }
    }
  }
}

// MARK: cyclers' files

extension Target {
  private static let tables: Corpus = {
    var rows = "Test Time / s,Voltage / V,Current / A,Unix Time / s,Record Index / 1,Cycle Count / 1,Step Count / 1,"
    rows += "Ambient Temperature / degC,Step ID / 1,Step Time / s,Step Type / 1,Charging Capacity / Ah,"
    rows += "Discharging Capacity / Ah,Temperature T1 / degC,Power / W,Surface stoichiometry / 1\n"
    for i in 0..<12 {
      let step = ["rest", "CCCV_CHG", "CC_DCH", "CP_DCH"][i / 3]
      rows +=
        "\(i * 10),\(3.5 + 0.01 * Double(i)),\([0, 1, -1, -2][i / 3]),\(1_768_469_400 + i * 10),\(i + 1),\(1 + i / 9),"
      rows += "\(1 + i / 3),25,\(1 + i / 3),\(i % 3 * 10),\(step),\(0.01 * Double(i)),0,25.5,3.5,0.5\n"
    }
    return Corpus(
      [
        rows, rows.replacing("\n", with: "\r\n").replacing(",", with: ";"),
        "test_time_second,voltage_volt,current_ampere\n0,3.5,0\n1,3.6,1\n2,3.7,-1\n",
        "\u{FEFF}\"Test Time / h\"\t\"Voltage / mV\"\t\"Current / mA\"\n\"0\"\t3500\t0\n\"1\"\t3600\t100\n\n",
      ],
      words: [
        ",", ";", "\t", "\n", "\"", "\"\"", "Step Type / 1", "step_id", "Cycle Count / 1", "Temperature T1 / K",
        "CC DChg",
        "CR_DCH", "OCV", "CV", "-",
      ])
  }()

  /// A table in Battery Data Format, which is written for every cycler.
  static let table = Target(name: "table", share: 9, fileName: "table.bdf.csv") {
    Mutator(seed: $0, corpus: tables).mutated()
  } read: { bytes, scratch in
    let path = try scratch.write(bytes, to: "table.bdf.csv")
    return try export(path, scratch, Dialect.all)
  }

  private static let sidecars = Corpus([
    "{\"start_unix_time_s\": 1768469400.5, \"nominal_capacity_Ah\": 5.0, \"is_measurement\": false, \"columns\": [\"a\"]}"
  ])

  /// The metadata beside a table.
  static let metadata = Target(name: "metadata", share: 8, fileName: "metadata.bdf.metadata.json") {
    Mutator(seed: $0, corpus: sidecars).mutated()
  } read: { bytes, scratch in
    _ = try scratch.write(bytes, to: "metadata.bdf.metadata.json")
    let path = try scratch.write(tables.texts[2], to: "metadata.bdf.csv")
    return try export(path, scratch, [Dialect.named("bdf"), Dialect.named("biologic")].compactMap(\.self))
  }

  private static func export(_ path: String, _ scratch: Scratch, _ dialects: [Dialect]) throws -> Bool {
    try accepts {
      let export = try Export(source: path, software: "fuzz")
      for dialect in dialects {
        let result = try export.write(dialect, to: scratch.path("export" + dialect.suffix), force: true)
        guard dialect.name == "bdf" else { continue }
        // Whatever is written in Battery Data Format is read again.
        let again: Export.Result
        do {
          again = try Export(source: scratch.path("export" + dialect.suffix), software: "fuzz")
            .write(dialect, to: scratch.path("again.bdf.csv"), force: true)
        } catch {
          throw Defect("what was written cannot be read: \(error)")
        }
        guard again.rowCount == result.rowCount else {
          throw Defect("\(result.rowCount) rows were written, \(again.rowCount) read")
        }
      }
    }
  }

  private static let cyclers = Corpus(
    tables.texts.map { String(decoding: $0, as: UTF8.self) } + [
      "Data Point,Test Time (s),Cycle Index,Step Index,Current (A),Voltage (V),Charge Capacity (Ah),Discharge Capacity (Ah)\n"
        + "1,0,1,1,1,3.5,0,0\n2,60,1,1,1,3.6,0.016,0\n3,60,1,2,-1,3.4,0.016,0\n4,120,1,2,-1,3.3,0.016,0.016\n",
      "DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(mA),Voltage(V),Chg. Cap.(mAh),DChg. Cap.(mAh)\n"
        + "1,1,1,CC Chg,00:00:00,00:00:00,5,3.5,0,0\n2,1,1,CC Chg,00:01:00,00:01:00,5,3.6,0.08,0\n"
        + "3,1,2,CC DChg,00:00:00,00:01:00,-5,3.4,0,0\n4,1,2,CC DChg,00:09:00,00:10:00,-5,3.0,0,0.75\n",
      "Today's Date 01/20/2026\nRec#\tCyc#\tStep\tTestTime\tStepTime\tAmp-hr\tAmps\tVolts\tState\tES\n"
        + "1\t0\t1\t 0d 00:00:00.0\t 0d 00:00:00.0\t0\t1\t3.5\tC\t0\n2\t0\t1\t 0d 00:09:00.0\t 0d 00:09:00.0\t0.15\t1\t3.6\tC\t1\n"
        + "3\t0\t2\t 1d 00:09:00.0\t 1d 00:00:00.0\t0.3\t1\t3.6\tD\t1\n",
      "EC-Lab ASCII FILE\r\nNb header lines : 3\r\nNs\ttime/s\tEwe/V\tI/mA\tQ charge/mA.h\tQ discharge/mA.h\tcycle number\t\r\n"
        + "0\t0,0E+000\t3,5E+000\t1\t0\t0\t1\r\n0\t6,0E+001\t3,6E+000\t1\t0,016\t0\t1\r\n1\t9E+001\t3,4\t-1\t0,016\t0,01\t1\r\n",
      "Test Time / s,Voltage / V,Current / A,Positive Mean Stoichiometry / 1,Positive Surface Hoop Stress / Pa,"
        + "Positive Class 1 Mean Stoichiometry / 1,Positive Class 2 Mean Stoichiometry / 1\n"
        + "0,3.5,-1,0.2,1e6,0.2,0.2\n60,3.4,-1,0.5,-2e7,0.8,0.3\n120,3.3,-1,0.9,1e8,0.9,0.9\n180,3.6,1,0.5,1e8,0.9,0.9\n",
    ], words: [",", "\t", "\n", "E+000", "1e308", "nan", "inf", "1e-300", "00:00:01", "-", "0"])

  private static func checkFigures(of test: NamedTest) throws {
    for figure in figures(of: [test, test]) {
      // A range that is none would stop gnuplot.
      for line in Gnuplot().script(of: figure, as: .svg).split(separator: "\n") where line.contains("range [") {
        guard !line.contains("nan"), !line.contains("inf") else { throw Defect("\(figure.name): \(line)") }
      }
    }
  }

  /// The file of any cycler, and what is drawn of it.
  static let pictures = Target(name: "pictures", share: 8, fileName: "pictures.csv") {
    Mutator(seed: $0, corpus: cyclers).mutated()
  } read: { bytes, scratch in
    let path = try scratch.write(bytes, to: "pictures.csv")
    return try accepts {
      try CyclerData(path: path)
    } then: {
      try checkFigures(of: NamedTest(name: "a", data: $0))
    }
  }

  private static let profilesInside = Corpus(
    [
      "Test Time / s,Electrode,Material,Class,Volume,Radius / m,Position / m,Stoichiometry / 1,Hoop Stress / Pa\n"
        + "0.0,Negative,,1,1,5e-06,1e-06,0.8,1e6\n0.0,Negative,,1,1,5e-06,5e-06,0.7,-1e6\n"
        + "60.0,Negative,,1,1,5e-06,1e-06,0.7,2e6\n60.0,Negative,,1,1,5e-06,5e-06,0.6,-2e6\n",
      "Test Time / s,Electrode,Material,Class,Volume,Radius / m,Position / m,Stoichiometry / 1\n"
        + "0,Positive,a,1,1,1e-07,0,0.1\n0,Positive,a,1,1,1e-07,1e-07,0.1\n0,Positive,a,2,1,2e-07,0,0.1\n0,Positive,a,2,1,2e-07,2e-07,0.1\n"
        + "9,Positive,a,1,1,1e-07,0,0.9\n9,Positive,a,1,1,1e-07,1e-07,0.1\n9,Positive,a,2,1,2e-07,0,0.5\n9,Positive,a,2,1,2e-07,2e-07,0.1\n",
    ], words: [",", "\n", "Negative", "Positive", "1e308", "nan", "inf", "0", "-"])

  /// What is inside the particles, and its maps.
  static let insides = Target(name: "insides", share: 1, fileName: "insides.csv") {
    Mutator(seed: $0, corpus: profilesInside).mutated()
  } read: { bytes, scratch in
    let path = try scratch.write(bytes, to: "insides.csv")
    let table = try scratch.write(tables.texts[2], to: "insides.bdf.csv")
    return try accepts {
      try ProfileData(path: path)
    } then: {
      try checkFigures(of: NamedTest(name: "a", data: CyclerData(path: table), profiles: $0))
    }
  }

  /// Has one defect of every kind, to try the search for them.
  static let failing = Target(name: "failing", share: 0, fileName: "failing.txt", longest: 0.2) {
    [UInt8($0 & 7)]
  } read: {
    bytes, _ in
    func descend(_ depth: Int) -> Int { depth == 0 ? 0 : descend(depth &- 1) &+ Int(bytes[0]) }
    switch bytes[0] {
    case 0: throw Defect("a property does not hold")
    case 1: return bytes[Int(bytes[0])] == 0
    case 2: while getpid() > 0 {}
    case 3: return descend(.max) == 0
    case 4:
      while true { _ = UnsafeMutableRawPointer.allocate(byteCount: 1 << 26, alignment: 16) }
    default: break
    }
    return true
  }
}
