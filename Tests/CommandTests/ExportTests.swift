import Foundation
import Testing

@Suite struct ExportTests {
  private let cell = "cells/nmc111-graphite-pouch.json"

  @Test func aRunWritesOtherFormatsToo() throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "run", cell, "protocols/discharge-1C.yaml", "-o", folder.path("x"), "--start-time", "2026-01-15T09:30:00Z",
      "--format", "arbin", "--format", "biologic",
    ]
    let run = try Spinodal(arguments)
    #expect(run.status == 0, "\(run.complaints)")
    let rowCount = try folder.text("x.bdf.csv").split(separator: "\n").count - 1
    let arbin = try folder.text("x.arbin.csv").split(separator: "\n")
    #expect(arbin.count == rowCount + 1)
    #expect(arbin[1].hasPrefix("1,\t01/15/2026 09:30:00.000,0.0000,"))
    #expect(run.output.contains(folder.path("x.mpt")))
    #expect(run.complaints.contains("note: biologic has no place for Ambient Temperature / degC, Step Type"))
    #expect(run.complaints.contains("Positive Mean Stoichiometry / 1"))

    // What another run would replace is refused before it begins.
    let again = try Spinodal(
      "run", cell, "protocols/discharge-1C.yaml", "-o", folder.path("x"), "--format", "arbin")
    #expect(again.status == 2 && again.complaints.contains("x.arbin.csv: already exists"))

    // The same from the file, and not over what is there.
    let before = try folder.text("x.arbin.csv")
    let refused = try Spinodal("export", folder.path("x.bdf.csv"), "--to", "arbin")
    #expect(refused.status == 2)
    #expect(refused.complaints.contains("x.arbin.csv: already exists") && refused.complaints.contains("--force"))
    #expect(try Spinodal("export", folder.path("x.bdf.csv"), "--to", "arbin", "--force").status == 0)
    #expect(try folder.text("x.arbin.csv") == before)
  }

  @Test func aTableWithoutADateGetsOne() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("Test Time / s,Voltage / V,Current / A\n0,3.7,1\n60,3.8,1\n", to: "a.csv")
    let plain = try Spinodal("export", source, "--to", "neware")
    #expect(plain.status == 0)
    #expect(plain.complaints.contains("dates begin in 1970 (see --start-time)"))
    #expect(try folder.text("a.neware.csv").contains("1970-01-01 00:01:00.000"))
    let dated = try Spinodal(
      "export", source, "--to", "neware", "--start-time", "2026-01-15T09:30:00Z", "-o", folder.path("b.csv"))
    #expect(dated.complaints.isEmpty)
    #expect(try folder.text("b.csv").contains("2026-01-15 09:31:00.000"))
  }

  @Test func standardOutput() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("Test Time / s,Voltage / V,Current / A\n0,3.7,1\n60,3.8,1\n", to: "a.csv")
    for format in ["neware", "bdf"] {
      let written = try Spinodal("export", source, "--to", format, "-o", folder.path("b.csv"), "--force")
      #expect(written.status == 0)
      let shown = try Spinodal("export", source, "--to", format, "-o", "-")
      #expect(shown.status == 0)
      #expect(try shown.output == folder.text("b.csv"))
    }
    #expect(!FileManager.default.fileExists(atPath: Spinodal.root.appending(path: "-").path))
  }

  @Test(arguments: [
    (["a.csv", "--to", "arbim"], "--to 'arbim': unknown format (did you mean 'arbin'?)"),
    (["a.csv", "--to", "arbin", "--to", "neware", "-o", "b"], "--output names one file, and there are 2 formats"),
    (["a.csv", "--to", "arbin", "--start-time", "noon"], "--start-time 'noon': expected a time such as"),
    (["nowhere.csv", "--to", "arbin"], "nowhere.csv: cannot be opened: No such file or directory"),
    (["cells/lg-m50.json", "--to", "arbin"], "cells/lg-m50.json:1: there is no column 'Test Time / s'"),
    (["a.csv"], "Missing expected argument '--to <format>"),
  ]) func mistakesAreNamed(_ arguments: [String], _ complaint: String) throws {
    let export = try Spinodal(["export"] + arguments)
    #expect(export.status == 2)
    #expect(export.complaints.hasPrefix("error: " + complaint), "\(export.complaints)")
  }

  @Test func aFullDiskIsReported() throws {
    let folder = try TemporaryFolder()
    let row = "0,3.7,1\n"
    let source = try folder.write(
      "Test Time / s,Voltage / V,Current / A\n" + String(repeating: row, count: 20_000), to: "a.csv")
    // A limit on the size of files stands for the disk.
    let export = try Spinodal(
      shell: "ulimit -f 100; exec \(Spinodal.program.path) export \(source) --to biologic")
    #expect(export.status == 1)
    #expect(export.complaints.contains("a.mpt: cannot be written: File too large"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["a.csv"])
  }
}
