import Documents
import Foundation
import Testing

@testable import Cycling

/// The files in `protocols/` on the capacitor.
@Suite struct ShippedProtocols {
  private static let directory = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")

  private func run(_ name: String, startCharge: Double = 3600) throws -> RunSummary {
    let test = try TestProtocol(path: "\(Self.directory)/protocols/\(name).yaml")
    let cell = CapacitorCell(charge: startCharge)
    return try Cycler(cell: cell, test: test, output: RecordList()).run()
  }

  @Test func discharge() throws {
    let summary = try run("discharge-1C")
    #expect(isNear(summary.duration, 3600 - 180))
  }

  @Test func constantCurrentConstantVoltage() throws {
    let summary = try run("cccv")
    #expect(summary.status == .completed)
    #expect(
      summary.steps.map(\.type) == [
        .constantCurrentDischarge, .rest, .constantCurrentVoltageCharge, .rest,
      ])
    #expect(summary.cycles.count == 1)
  }

  @Test func titration() throws {
    let summary = try run("gitt")
    #expect(summary.status == .completed)
    #expect(summary.duration == 20 * 3600)
    #expect(summary.cycles.count == 1)
    #expect(isNear(summary.cycles[0].throughput.dischargingCharge, 20 * 150))
  }

  @Test func rates() throws {
    let summary = try run("rate")
    #expect(summary.status == .completed)
    #expect(summary.cycles.map(\.cycle) == [1, 2, 3, 4])
    let discharges = summary.steps.filter { $0.label == "discharge" }
    for (step, rate) in zip(discharges, [0.2, 0.5, 1, 2]) { #expect(isNear(step.endCurrent, -rate)) }
    // The voltage drop at the resistor is what is left.
    #expect(
      isNear(
        discharges[3].throughput.dischargingCharge, discharges[0].throughput.dischargingCharge - 324, relative: 0.02))
  }

  @Test func formation() throws {
    let summary = try run("formation", startCharge: 0)
    #expect(summary.status == .completed)
    #expect(isNear(summary.steps[1].throughput.chargingCharge, 0.3 * 3600))
    #expect(summary.cycles.map(\.cycle) == [1, 2, 3])
  }

  @Test func ageing() throws {
    let summary = try run("ageing")
    #expect(summary.status == .completed)
    // A capacitor does not age.
    #expect(summary.reason == nil)
    // A hundred cycles and five check-ups, each with a cycle of its own.
    #expect(summary.cycles.count == 105)
    let halves = summary.steps.filter { $0.endedBy == "Q >= 0.5 * Qnow" }
    let capacities = summary.steps.filter { $0.label == "capacity" }
    #expect(halves.count == 5)
    for (half, capacity) in zip(halves, capacities) {
      #expect(isNear(half.throughput.chargingCharge, 0.5 * capacity.throughput.dischargingCharge))
    }
  }

  @Test func hybridPulses() throws {
    let summary = try run("hppc")
    #expect(summary.status == .completed)
    #expect(summary.steps.filter { $0.type == .pulse }.count == 9)
    #expect(summary.cycles.map(\.cycle) == [1, 2])
    #expect(summary.steps.last?.label == "empty")
  }

  @Test func float() throws {
    let summary = try run("float", startCharge: 1800)
    #expect(summary.status == .completed)
    #expect(summary.steps.filter { $0.label == "capacity" }.count == 6)
    #expect(isNear(summary.duration, 180 * 86_400, relative: 0.02))
  }

  @Test func drive() throws {
    let summary = try run("drive")
    #expect(summary.status == .completed)
    let drive = summary.steps[2]
    #expect(drive.type == .powerProfile)
    // At 12 W the small cell comes to its cut-off before, with one of the jumps.
    #expect(drive.endedBy == "V <= Vmin")
    #expect(drive.endVoltage < 3 && drive.endVoltage > 2.9)
  }

  @Test func voltammetry() throws {
    let summary = try run("cv", startCharge: 1800)
    #expect(summary.status == .completed)
    #expect(isNear(summary.steps[0].duration, (0.5 + 3) / 0.1e-3))
  }

  @Test func spectraAreRefused() throws {
    let error = #expect(throws: DocumentError.self) { try run("eis") }
    #expect(error?.message == "'eis' is understood, but impedance spectra cannot be simulated yet")
    #expect(error?.line == 8)
  }

  @Test func sweep() throws {
    let summary = try run("ramp")
    #expect(summary.status == .completed)
    #expect(summary.steps.map(\.type) == [.voltageRamp, .voltageRamp])
    #expect(summary.steps.allSatisfy { isNear($0.duration, 1 / 0.1e-3) })
  }

  @Test func twoTemperatures() throws {
    let summary = try run("temperature")
    #expect(summary.status == .completed)
    #expect(summary.cycles.map(\.cycle) == [1, 2])
    #expect(summary.steps.compactMap(\.label) == ["25 degC", "45 degC"])
  }

  @Test func theExamplesOfTheGuideAreUnderstood() throws {
    let guide = try String(contentsOfFile: "\(Self.directory)/protocols/README.md", encoding: .utf8)
    let blocks = guide.components(separatedBy: "```yaml\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    #expect(blocks.count == 6)
    for block in blocks {
      var text = block
      if text.hasPrefix("  - ") { text = "steps:\n" + text }
      if !text.contains("steps:") { text += "steps: [rest: 1 s]\n" }
      if !text.contains("name:") { text = "name: x\n" + text }
      _ = try TestProtocol(text: text, file: "protocols/README.md")
    }
    // The mistake that it shows, made in the protocol that it opens with.
    let wrong = blocks[blocks.startIndex].replacingOccurrences(of: "at: C/2", with: "at: 2 V")
    let error = #expect(throws: DocumentError.self) { try TestProtocol(text: wrong, file: "cccv.yaml") }
    #expect(guide.contains(try #require(error).description))
  }
}
