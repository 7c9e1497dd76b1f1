import Documents
import Testing

@testable import Electrochemistry

/// How many intervals a phase field gets.
@Suite struct PhaseFieldMeshTests {
  /// The cell of `small` with a phase field in the negative electrode.
  private func file(_ group: String, shape: Int = 3, radius: Double, sizes: String = "") throws -> CellFile {
    let text = small.replacing(
      "\"Negative electrode\": {\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}}",
      with: """
        "Negative electrode": {\(sizes)"Particle shape": {"Shape factor": \(shape)},
        "Regular solution": {"Standard potential [V]": 0.2, "Interaction energy [J.mol-1]": 11176},
        \(group)}
        """
    ).replacing(
      "\"Particle radius [m]\": 5e-6,\n      \"Surface area per unit volume [m-1]\": 360000",
      with: """
        "Particle radius [m]": \(radius), "Surface area per unit volume [m-1]": \(Double(shape) * 0.6 / radius)
        """)
    return try CellFile(DocumentNode(text: text, file: "cell.json"))
  }

  private func width(_ material: ActiveMaterial, _ cell: Cell) throws -> Double {
    try #require(
      PhaseDiagram.sharpestInterface(
        of: material, temperature: cell.initialTemperature, referenceTemperature: cell.referenceTemperature)
    ).width
  }

  /// Eight across the boundary, at least 64, at most 2000.
  @Test(arguments: [5e-9, 5e-8, 2e-7, 5e-6])
  func cahnHilliard(radius: Double) throws {
    let file = try file("\"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2.2e-14}", radius: radius)
    let material = try #require(file.cell.negative.porous).materials[0]
    guard case .cahnHilliard(let model) = material.transport else {
      Issue.record("no phase field")
      return
    }
    let wanted = 8 * radius / (try width(material, file.cell))
    #expect(model.intervals == Int(min(max(wanted.rounded(.up), 64), 2000)))
    // With the most that is chosen, the largest has fewer than six.
    #expect(file.warnings.contains { $0.message.contains("boundary between two phases") } == (radius == 5e-6))
  }

  /// Cells beside a wetted end that are so thin that no number can tell their rate are refused; what is advised is not.
  @Test func wettedEnds() throws {
    func file(_ cells: Int) throws -> CellFile {
      try self.file(
        """
        "Allen-Cahn": {"Gradient energy [J.m2.mol-1]": 2.2e-14, "Length [m]": 1e-7, "Wetted stoichiometry": 0.98,
        "Cells": \(cells)}
        """, shape: 1, radius: 1e-8)
    }
    let error = try #require(throws: DocumentError.self) { try file(2000) }
    #expect(error.key.hasSuffix("Allen-Cahn/Cells"))
    let advice = try #require(error.advice)
    let most = try #require(Int(advice.split(separator: " ").last!))
    #expect(try file(most).warnings.isEmpty)
    #expect(throws: DocumentError.self) { try file(most + 1) }
  }

  @Test func allenCahn() throws {
    let field = "\"Gradient energy [J.m2.mol-1]\": 2.2e-14, \"Length [m]\": 1e-7"
    let file = try file("\"Allen-Cahn\": {\(field)}", shape: 1, radius: 1e-8)
    let material = try #require(file.cell.negative.porous).materials[0]
    guard case .allenCahn(let model) = material.transport else {
      Issue.record("no phase field")
      return
    }
    #expect(model.cells == Int((8e-7 / (try width(material, file.cell))).rounded(.up)))
    let coarse = try self.file("\"Allen-Cahn\": {\(field), \"Cells\": 40}", shape: 1, radius: 1e-8)
    let warning = try #require(coarse.warnings.first { $0.key.hasSuffix("Allen-Cahn/Cells") })
    #expect(warning.message.contains("of 40 intervals"))
    #expect(try #require(warning.advice).contains("\(model.cells) would resolve it"))
  }

  /// A coherent boundary is wider; a cold one is sharper; where there is none, the model's own number stands.
  @Test func whatTheWidthDependsOn() throws {
    func intervals(_ further: String = "", temperature: Double = 300, energy: Double = 11176) throws -> Int {
      let text = "\"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2.2e-14\(further)}"
      let document = try DocumentNode(
        text: small.replacing(
          "\"Negative electrode\": {\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}}",
          with: """
            "Negative electrode": {
              "Regular solution": {"Standard potential [V]": 0.2, "Interaction energy [J.mol-1]": \(energy)}, \(text)
            }
            """
        ).replacing("\"Initial temperature [K]\": 300", with: "\"Initial temperature [K]\": \(temperature)"),
        file: "cell.json")
      let cell = try CellFile(
        document, overrides: [(key: "Negative electrode/Particle radius [m]", value: "1e-7")]
      ).cell
      guard case .cahnHilliard(let model)? = cell.negative.porous?.materials[0].transport else { return 0 }
      return model.intervals
    }
    let plain = try intervals()
    #expect(try intervals(", \"Coherency strain energy [J.m-3]\": 1.9e8") < plain)
    #expect(try intervals(temperature: 250) > plain)
    #expect(try intervals(", \"Intervals\": 300") == 300)
    #expect(try intervals(energy: 3000) == CahnHilliard(gradientEnergy: 1).intervals)
  }

  /// Wetting that leaves a surface so few sites that the mesh does not resolve their number, and such beyond any finite
  /// potential, is named; with the intervals that the advice asks for there is nothing to warn of.
  @Test(arguments: [1.0, -1]) func wetting(sign: Double) throws {
    func warnings(_ wetting: Double, intervals: Int? = nil) throws -> [DocumentError] {
      let count = intervals.map { ", \"Intervals\": \($0)" } ?? ""
      return try file(
        "\"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2.2e-14, \"Wetting [J.m-2]\": \(sign * wetting)\(count)}",
        radius: 1e-7
      ).warnings.filter { $0.key.hasSuffix("Wetting [J.m-2]") }
    }
    let plain = try file(
      "\"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2.2e-14}", radius: 1e-7)
    let material = try #require(plain.cell.negative.porous).materials[0]
    let interface = PhaseDiagram.sharpestInterface(
      of: material, temperature: plain.cell.initialTemperature, referenceTemperature: plain.cell.referenceTemperature)
    let limits = try #require(interface).wettingLimits
    let limit = sign > 0 ? limits.full : limits.empty
    #expect(try warnings(0.4 * limit).isEmpty)
    let ofStrong = try warnings(0.8 * limit)
    let strong = try #require(ofStrong.first)
    #expect(strong.message.contains("the voltage may be off by"))
    let advice = try #require(strong.advice)
    let wanted = try #require(Int(advice.dropFirst("'Intervals': ".count).prefix { $0.isNumber }))
    #expect(try warnings(0.8 * limit, intervals: wanted).isEmpty)
    #expect(try !warnings(0.8 * limit, intervals: wanted * 9 / 10).isEmpty)
    let ofExcess = try warnings(1.01 * limit)
    let beyond = try #require(ofExcess.first)
    #expect(beyond.message.contains(sign > 0 ? "the surface is full" : "the surface is empty"))
  }

  /// In a size distribution every class has a number of its own; a warning speaks of the largest, once.
  @Test func sizes() throws {
    let sizes = "\"Size distribution\": {\"x\": [2e-8, 6e-8, 2e-7], \"y\": [1, 1, 1]}, "
    let chosen = try file(
      "\"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2.2e-14}", radius: 5e-8, sizes: sizes)
    let counts = try #require(chosen.cell.negative.porous).materials.map { material -> Int in
      guard case .cahnHilliard(let model) = material.transport else { return 0 }
      return model.intervals
    }
    #expect(counts[0] < counts[1] && counts[1] < counts[2])
    let stated = try file(
      "\"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2.2e-14, \"Intervals\": 40}", radius: 5e-8, sizes: sizes)
    let warnings = stated.warnings.filter { $0.key.hasSuffix("Intervals") }
    #expect(warnings.count == 1)
    #expect(try #require(warnings[0].advice).contains("\(counts[2]) would resolve it"))
  }
}
