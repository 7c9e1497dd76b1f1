import Cycling
import Documents
import Foundation
import Testing

@testable import Analysis

@Suite struct CyclerDataTests {
  private func exported(_ dialect: String, _ folder: Folder) throws -> String {
    let source = try folder.write(
      SyntheticTest.table(SyntheticTest.cycles(currents: [0.5, 1, 2])), to: "source.bdf.csv")
    let path = folder.path("exported")
    try Export(source: source, startTime: 1_768_469_400, software: "tests")
      .write(#require(Dialect.named(dialect)), to: path)
    return path
  }

  /// Every file that can be written is read as what it was made from.
  @Test(arguments: Dialect.all.map(\.name)) func everyDialectIsRead(_ dialect: String) throws {
    let folder = try Folder()
    let data = try CyclerData(path: exported(dialect, folder))
    let source = try CyclerData(path: folder.path("source.bdf.csv"))
    let known = [
      "arbin": "Arbin", "neware": "Neware", "maccor": "Maccor", "biologic": "BioLogic", "novonix": "Novonix",
    ]
    let cycler = String(dialect.prefix { $0 != "-" })
    // The labels of the MATR data sets are Arbin's.
    #expect(data.format == known[cycler] ?? "Battery Data Format")

    // The clock of two formats has whole seconds; voltages have four decimals or more, counters five of A·h or more in mA·h.
    let timeError = ["neware", "neware-ma"].contains(dialect) ? 0.5 : 5e-4
    #expect(data.rowCount == source.rowCount)
    for row in source.time.indices {
      #expect(abs(data.time[row] - source.time[row]) <= timeError + 1e-9)
      #expect(abs(data.voltage[row] - source.voltage[row]) <= 5.1e-5)
      #expect(abs(data.current[row] - source.current[row]) <= 1e-7)
      // Half a last digit for each row.
      #expect(abs(data.charge[row] - source.charge[row]) <= 1e-8 * Double(row + 1))
      #expect(abs(data.discharge[row] - source.discharge[row]) <= 1e-8 * Double(row + 1))
      // By trapezia, also in the source.
      #expect(abs(data.dischargeEnergy[row] - source.dischargeEnergy[row]) <= 1e-4)
    }
    #expect(data.steps.count == source.steps.count)
    for (a, b) in zip(data.steps, source.steps) {
      #expect(a.cycle == b.cycle && a.number == b.number && a.rows == b.rows)
      #expect(abs(a.charge - b.charge) < 2e-6)
    }
  }

  @Test func decimalCommasAreRead() throws {
    let folder = try Folder()
    let path = try exported("biologic", folder)
    let points = try CyclerData(path: path)
    let text = try String(contentsOfFile: path, encoding: .isoLatin1)
    let place = try #require(text.range(of: "mode\tox/red"))
    let commas = text[..<place.lowerBound] + text[place.lowerBound...].replacing(".", with: ",")
    // A label has a point, too, and keeps it.
    try String(commas).replacing("mA,h", with: "mA.h").replacing("W,h", with: "W.h").replacing("inc,", with: "inc.")
      .write(toFile: folder.path("commas.mpt"), atomically: false, encoding: .isoLatin1)
    let data = try CyclerData(path: folder.path("commas.mpt"))
    #expect(data.voltage == points.voltage && data.charge == points.charge && data.time == points.time)
  }

  /// Labels as other versions of the programs write them.
  @Test(arguments: [
    ("TestTime,Amps,Volts,State\n  0d 00:00:00.0,1,3.5,R\n  1d 00:01:30.5,1,3.6,D\n", 86_490.5, -1.0),
    (
      "Rec#\tCyc#\tStep\tTest(Sec)\tStep(Sec)\tAmps\tVolts\tState\n1\t0\t1\t0\t0\t1\t3.5\tC\n2\t0\t1\t9\t9\t1\t3.6\tC\n",
      9, 1
    ),
    ("test_time_s,voltage_V,current_A,cycle_index\n0,3.5,1,1\n9,3.6,-1,1\n", 9, -1),
    ("Program Duration#s,Voltage#V,Current#A,Status\n0,3.5,0,PAU\n9,3.6,-1,DCH\n", 9, -1),
    ("time/s\tEcell/V\t<I>/mA\t\n0\t3.5\t0\n9\t3.6\t-1000\n", 9, -1),
    (
      "DataPoint,Step Type,Time,Total Time,Current(uA),Voltage(mV)\n1,CC Chg,00:00:00,00:00:00,1,3500\n2,CC DChg,00:00:01,00:00:09,1e6,3600\n",
      9, -1
    ),
    ("Test Time / s,Voltage / V,Current / A,\n0,3.5,0\n9,3.6,-1\n", 9, -1),
    ("Test Time / h,Current / A,Voltage / V\n0,1,3.5\n0.0025,-1,3.6\n", 9, -1),
  ]) func labelsOfOtherProgramsAreKnown(_ text: String, _ time: Double, _ current: Double) throws {
    let folder = try Folder()
    let data = try CyclerData(path: folder.write(text, to: "a.csv"))
    #expect(abs(data.time[1] - time) < 1e-9)
    #expect(abs(data.current[1] - current) < 1e-9)
    #expect(abs(data.voltage[1] - 3.6) < 1e-12)
  }

  @Test(arguments: [
    ("", "a.csv: no line names columns of time, voltage and current (files in Battery Data Format"),
    ("Test Time / s,Voltage / V\n0,3\n", "a.csv: no line names columns"),
    ("Test Time / s,Voltage / V,Current / A\n", "a.csv: there are no rows below the labels"),
    ("Test Time / s,Voltage / V,Current / A\n0,3,1\n1,abc,1\n", "a.csv:3: Voltage / V: expected a number, found 'abc'"),
    ("Test Time / s,Voltage / V,Current / A\n0,3,1\n1,,1\n", "a.csv:3: Voltage / V: has no value"),
    ("Test Time / s,Voltage / V,Current / A\n0,3,1\n1,nan,1\n", "a.csv:3: Voltage / V: nan is not a finite number"),
    ("Test Time / s,Voltage / V,Current / A\n5,3,1\n1,3,1\n", "a.csv:3: Test Time / s: goes back from 5.0 s to 1.0 s"),
    ("time/s,Ewe/V,I/mA,Ns\n0,3,1,-9223372036854775808\n", "a.csv:2: Ns: expected a count, found -9.22"),
    ("Test Time / s,Voltage / V,Current / A\n5,3\n", "a.csv:2: expected 3 values, found 2"),
    ("TestTime,Amps,Volts\n00:0x:00,3,1\n", "a.csv:2: TestTime: expected a time, found '00:0x:00'"),
  ]) func mistakesAreNamed(_ text: String, _ complaint: String) throws {
    let folder = try Folder()
    let path = try folder.write(text, to: "a.csv")
    do {
      _ = try CyclerData(path: path)
      Issue.record("read without a complaint")
    } catch {
      #expect("\(error)".hasPrefix(path.dropLast("a.csv".count) + complaint), "\(error)")
    }
  }

  @Test func aLongTestIsThinnedOut() throws {
    let folder = try Folder()
    let parts = SyntheticTest.cycles(currents: [0.5, 1, 2])
    let path = try folder.write(SyntheticTest.table(parts, every: 1), to: "a.bdf.csv")
    let whole = try CyclerData(path: path)
    let thin = try CyclerData(path: path, mostValues: 9 * 500)
    #expect(thin.rowCount == whole.rowCount && whole.time.count == whole.rowCount)
    #expect((250...500).contains(thin.time.count))
    // What steps say is exact, and the ends of steps are there.
    for (a, b) in zip(thin.steps, whole.steps) {
      #expect(a.charge == b.charge && a.start == b.start && a.end == b.end && a.endVoltage == b.endVoltage)
      #expect(thin.time[a.rows.lowerBound] == a.start && thin.time[a.rows.upperBound - 1] == a.end)
    }
    #expect(thin.voltage.max() == whole.voltage.max() && thin.voltage.min() == whole.voltage.min())
    #expect(thin.charge.last == whole.charge.last)
  }

  @Test func aFileThatWasCutOffIsReadAsFarAsItGoes() throws {
    let folder = try Folder()
    let path = try folder.write("Test Time / s,Voltage / V,Current / A\n0,3,1\n1,3,1\n2,3.1", to: "a.csv")
    let data = try CyclerData(path: path)
    #expect(data.rowCount == 2 && data.cutOffLine == 4)
  }
}
