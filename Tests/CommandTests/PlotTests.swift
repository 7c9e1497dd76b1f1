import Foundation
import Testing

@Suite struct PlotTests {
  private let cell = "cells/nmc111-graphite-pouch.json"

  private func names(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path(name)).sorted()
  }

  @Test func aRunIsDrawnAndNothingIsReplaced() throws {
    let folder = try TemporaryFolder()
    let run = try Spinodal(
      "run", cell, "protocols/discharge-1C.yaml", "-o", folder.path("x"), "--mesh", "5/3/5x6", "--profiles", "--format",
      "biologic")
    #expect(run.status == 0, "\(run.complaints)")
    let plot = try Spinodal("plot", folder.path("x"))
    #expect(plot.status == 0, "\(plot.complaints)")
    #expect(
      try names(folder, "x.plots") == [
        "concentration-profile.svg", "differential-capacity.svg", "voltage-capacity.svg", "voltage-time.svg",
      ])
    #expect(plot.output.contains("wrote \(folder.path("x.plots/voltage-capacity.svg"))"))

    let again = try Spinodal("plot", folder.path("x"))
    #expect(again.status == 2)
    #expect(again.complaints.contains("voltage-capacity.svg: already exists and is not overwritten (use --force"))
    #expect(try Spinodal("plot", folder.path("x"), "--force").status == 0)

    // Its table, its folder, and a file of another cycler are as good as its prefix.
    let overlay = try Spinodal(
      "plot", folder.path("x.bdf.csv"), "--measured", folder.path("x.mpt"), "-o", folder.path("y"), "--format",
      "png,pdf",
      "--only", "voltage-capacity,voltage-time")
    #expect(overlay.status == 0, "\(overlay.complaints)")
    #expect(
      try names(folder, "y") == [
        "voltage-capacity.pdf", "voltage-capacity.png", "voltage-time.pdf", "voltage-time.png",
      ])
    let all = try Spinodal("plot", folder.url.path, "--only", "voltage-time")
    #expect(all.status == 0, "\(all.complaints)")
    #expect(try names(folder, "plots") == ["voltage-time.svg"])
    let cycler = try Spinodal("plot", folder.path("x.mpt"), "--only", "voltage-capacity", "-o", folder.path("z"))
    #expect(cycler.status == 0, "\(cycler.complaints)")
  }

  @Test func lettersNeedNoFile() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write(
      "Test Time / s,Voltage / V,Current / A\n0,3.7,1\n1800,3.8,1\n3600,4,1\n", to: "a.csv")
    let plot = try Spinodal("plot", source, "--text", "--only", "voltage-capacity")
    #expect(plot.status == 0)
    #expect(
      plot.output.contains("Voltage / V") && plot.output.contains("Capacity / A·h") && plot.output.contains("***"))
    #expect(try names(folder, "") == ["a.csv"])
  }

  @Test(arguments: [
    (["nowhere"], "nowhere: there is no such run, file or folder"),
    (["protocols"], "protocols: there are no results of runs (*.bdf.csv) in this folder"),
    (["cells/lg-m50.json"], "cells/lg-m50.json: no line names columns of time, voltage and current"),
    (["a", "--format", "jpg"], "--format 'jpg': unknown format (there are svg, png, pdf)"),
    (["a", "--only", "voltage-tine"], "--only 'voltage-tine': unknown picture (did you mean 'voltage-time'?)"),
    ([], "Missing expected argument '<path>"),
  ]) func mistakesAreNamed(_ arguments: [String], _ complaint: String) throws {
    let plot = try Spinodal(["plot"] + arguments)
    #expect(plot.status == 2)
    #expect(plot.complaints.hasPrefix("error: " + complaint), "\(plot.complaints)")
  }

  @Test func whatThereIsNothingOfIsNamed() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("Test Time / s,Voltage / V,Current / A\n0,3.7,1\n60,3.8,1\n", to: "a.csv")
    let plot = try Spinodal("plot", source, "--only", "ragone,stress-profile")
    #expect(plot.status == 2)
    #expect(
      plot.complaints == """
        note: there is nothing to show as ragone
        note: there is nothing to show as stress-profile
        error: there is nothing to draw

        """)
  }

  @Test func withoutGnuplotTheWayToItIsShown() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write("Test Time / s,Voltage / V,Current / A\n0,3.7,1\n60,3.8,1\n", to: "a.csv")
    let plot = try Spinodal(shell: "PATH=/nowhere; export PATH; exec \(Spinodal.program.path) plot \(source)")
    #expect(plot.status == 1)
    #expect(plot.complaints.contains("pictures need gnuplot, which is not installed"))
    #expect(plot.complaints.contains("apt-get install gnuplot-nox") && plot.complaints.contains("brew install gnuplot"))
  }
}
