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
    #expect(summary.steps.compactMap(\.label) == ["C/5", "C/2", "1C", "2C"])
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
    #expect(blocks.count == 4)
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
