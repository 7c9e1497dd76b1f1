import Documents
import Foundation
import Testing

@testable import Electrochemistry

/// What cell files say beyond a new full cell with one size of spheres.
@Suite struct CellKindTests {
  // MARK: sides

  @Test func halfCell() throws {
    let file = try read(half)
    #expect(file.warnings == [])
    #expect(
      file.cell.negative
        == .foil(Foil(exchangeCurrentDensity: 10, concentrationExponent: 0.5, activationEnergy: 0, resistance: 0)))
    #expect(file.cell.positive.materials.count == 1)
    let stated = half.replacing(
      "[A.m-2]\": 10,",
      with:
        "[A.m-2]\": 10, \"Concentration exponent\": 0.3, \"Activation energy [J.mol-1]\": 4e4, \"Resistance [Ohm.m2]\": 1e-4,"
    )
    #expect(
      try read(stated).cell.negative
        == .foil(
          Foil(exchangeCurrentDensity: 10, concentrationExponent: 0.3, activationEnergy: 4e4, resistance: 1e-4)))
  }

  @Test func symmetricCell() throws {
    let file = try CellFile(
      path: CellFileTests.repository.appending(path: "Tests/VerificationTests/References/li-symmetric.json").path)
    #expect(file.warnings == [] && file.cell.negative == file.cell.positive)
    #expect(file.cell.voltageWindow == -1...1 && file.cell.separator != nil)
    guard case .foil = file.cell.positive else {
      Issue.record("no foil")
      return
    }
  }

  @Test func singleParticle() throws {
    let reference = half.replacing(
      "\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}",
      with: "\"Reference\": {\"description\": \"ideal\"}"
    ).replacing("\"Separator\": {\"Thickness [m]\": 2e-5, \"Porosity\": 0.5, \"Transport efficiency\": 0.3},", with: "")
    let full = try read(reference).cell
    #expect(full.negative == .reference && full.separator == nil)
    // What BPX asks of the electrode of a single particle, which has no electrolyte either.
    let electrolyte = try #require(reference.range(of: "\"Electrolyte\""))
    let positive = try #require(reference.range(of: "\"Positive electrode\""))
    let bare = reference.replacingCharacters(in: electrolyte.lowerBound..<positive.lowerBound, with: "")
      .replacing("\"Porosity\": 0.3,", with: "").replacing("\"Transport efficiency\": 0.15,", with: "")
      .replacing("\"Conductivity [S.m-1]\": 100,", with: "")
    let file = try read(bare)
    #expect(file.warnings == [])
    #expect(file.cell.positive.materials == full.positive.materials)
    #expect(file.cell.electrolyte.initialConcentration == 1000)
  }

  @Test func blendOfThisRepository() throws {
    let file = try CellFile(
      path: CellFileTests.repository.appending(path: "Tests/VerificationTests/References/nmc111-blend.json").path)
    #expect(file.warnings == [])
    #expect(file.cell.positive.materials.map(\.name) == ["Large Particles", "Small Particles"])
  }

  // MARK: groups

  private static let shape = "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}"

  private func negative(_ groups: String) throws -> Electrode {
    try #require(try read(small.replacing(Self.shape, with: groups)).cell.negative.porous)
  }

  @Test func sizesShareTheVolume() throws {
    let sizes = try negative(
      "\"Size distribution\": {\"x\": [1e-6, 2e-6, 4e-6], \"y\": [1, 0, 3], \"description\": \"two\"}"
    ).materials
    #expect(sizes.map(\.radius) == [1e-6, 4e-6])
    #expect(sizes[0].volumeFraction.isAlmost(0.15) && sizes[1].volumeFraction.isAlmost(0.45))
    #expect(sizes[1].surfaceAreaPerVolume.isAlmost(3 * 0.45 / 4e-6))
    let text = small.replacing(Self.shape, with: "\"Size distribution\": {\"x\": [1e-6], \"y\": [1]}")
    let error = #expect(throws: DocumentError.self) {
      try read(text, overrides: [("Negative electrode/Particle radius [m]", "1e-6")])
    }
    #expect(error?.message == "has no effect: the radii stand in the group 'Size distribution'")
  }

  @Test func filmAndKinetics() throws {
    let material = try negative(
      "\"Film\": {\"Resistance [Ohm.m2]\": 0.01}, \"Kinetics\": {\"Reaction rate constant [mol.m-2.s-1]\": \"1e-6 * (1 + x)\"}"
    ).materials[0]
    #expect(material.filmResistance == 0.01)
    #expect(material.exchangeCurrent == .rateConstant(try MaterialFunction(expression: "1e-6 * (1 + x)")))
  }

  @Test func gradingHasTheMeanOfItsProfile() throws {
    let electrode = try negative(
      "\"Grading\": {\"Porosity\": \"0.2 + 0.15 * x ** 2\", \"Transport efficiency\": {\"x\": [0, 1], \"y\": [0.1, 0.2]}}"
    )
    #expect(electrode.porosity.isAlmost(0.25) && electrode.transportEfficiency.isAlmost(0.15))
    let porosity = try #require(electrode.porosityProfile)
    let efficiency = try #require(electrode.transportEfficiencyProfile)
    #expect(porosity(1.0).isAlmost(0.35) && efficiency(0.5).isAlmost(0.15))
  }

  @Test func contactResistanceAndElectrolyte() throws {
    let cell = try read(
      small.replacing(
        "\"User-defined\": {",
        with: """
          "User-defined": {"Cell": {"Contact resistance [Ohm]": 0.002}, "Electrolyte": {
            "Thermodynamic factor": "1 + x / 1000", "Thermodynamic factor temperature series": {"Order 1": 0.01},
            "Conductivity temperature series": {"Order 2": "1e-5 * x", "description": "only the square"}},
          """)
    ).cell
    #expect(cell.contactResistance == 0.002)
    #expect(cell.electrolyte.thermodynamicFactor.atReference(1000.0).isAlmost(2))
    #expect(cell.electrolyte.thermodynamicFactor.temperatureSeries == [MaterialFunction(0.01)])
    let series = cell.electrolyte.conductivity.temperatureSeries
    #expect(series.count == 2 && series[0] == MaterialFunction(0) && series[1](100.0).isAlmost(1e-3))
    #expect(cell.electrolyte.diffusivity.temperatureSeries.isEmpty)
  }

  @Test func hysteresis() throws {
    let branches = """
      "OCP (lithiation) [V]": "0.1 - 0.1 * x", "OCP (delithiation) [V]": "0.3 - 0.1 * x",
      "OCP hysteresis decay constant": 40, "OCP [V]": "0.2
      """
    let text = small.replacing("\"OCP [V]\": \"0.2", with: branches)
    let loop = try #require(try read(text).cell.negative.materials[0].hysteresis)
    #expect(loop.filling(0.5).isAlmost(0.05) && loop.emptying(0.5).isAlmost(0.25))
    #expect(loop.decayConstant == 40 && loop.initialState == 0)
    let started = text.replacing(
      "state-of-charge\": 0.75,", with: "state-of-charge\": 0.75, \"Initial hysteresis state: Negative electrode\": -1,"
    )
    #expect(try read(started).cell.negative.materials[0].hysteresis?.initialState == -1)
    // In a blend, of one material.
    let blend = small.replacing(
      "\"OCP [V]\": \"4 - x\"",
      with:
        "\"OCP [V]\": \"4 - x\", \"OCP (lithiation) [V]\": 3, \"OCP (delithiation) [V]\": 4, \"OCP hysteresis decay constant\": 1"
    ).replacing(
      "state-of-charge\": 0.75,",
      with: "state-of-charge\": 0.75, \"Initial hysteresis state: Positive electrode\": {\"Small\": 0.5},")
    let materials = try read(blend).cell.positive.materials
    #expect(materials.map { $0.hysteresis?.initialState } == [nil, 0.5])
  }

  @Test func heatBalance() throws {
    let text = small.replacing(
      "\"Density [kg.m-3]\": 2000",
      with:
        "\"Density [kg.m-3]\": 2000, \"Specific heat capacity [J.K-1.kg-1]\": 1000, \"External surface area [m2]\": 0.01"
    )
    #expect(try read(text).cell.thermal == nil)
    let cooled = text.replacing(
      "\"Ambient temperature [K]\": 301",
      with: "\"Ambient temperature [K]\": 301, \"Heat transfer coefficient [W.m-2.K-1]\": 20")
    let thermal = try #require(try read(cooled).cell.thermal)
    #expect(thermal.heatCapacity.isAlmost(40) && thermal.coolingPower.isAlmost(0.2))
    #expect(try read(cooled.replacing("[W.m-2.K-1]\": 20", with: "[W.m-2.K-1]\": 0")).cell.thermal?.coolingPower == 0)
  }

  // MARK: degradation

  private func aged(lli: Double, negative: Double, positive: Double) throws -> (new: Cell, aged: Cell) {
    let path = CellFileTests.repository.appending(path: "cells/nmc111-graphite-pouch.json").path
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let state = try #require(text.range(of: "\"State\": {"))
    let losses = "\"LLI\": \(lli), \"LAM: Negative electrode\": \(negative), \"LAM: Positive electrode\": \(positive)"
    return (
      try read(text).cell,
      try read(text.replacingCharacters(in: state, with: "\"State\": {\"Degradation\": {\(losses)},")).cell
    )
  }

  /// Ions in both electrodes in mol/m², and open-circuit voltage, at 100 % or 0 %.
  private func end(_ cell: Cell, charged: Bool) -> (ions: Double, voltage: Double) {
    let (negative, positive) = (cell.negative.porous!, cell.positive.porous!)
    let (graphite, oxide) = (negative.materials[0], positive.materials[0])
    let x = charged ? graphite.maximumStoichiometry : graphite.minimumStoichiometry
    let y = charged ? oxide.minimumStoichiometry : oxide.maximumStoichiometry
    let inNegative = x * negative.thickness * graphite.volumeFraction * graphite.maximumConcentration
    let inPositive = y * positive.thickness * oxide.volumeFraction * oxide.maximumConcentration
    return (inNegative + inPositive, oxide.openCircuitPotential(y) - graphite.openCircuitPotential(x))
  }

  @Test(arguments: [(0.08, 0.0, 0.0), (0.0, 0.1, 0.0), (0.0, 0.0, 0.02), (0.05, 0.03, 0.06)])
  func lossesKeepVoltagesAndCountIons(lli: Double, negative: Double, positive: Double) throws {
    let (new, aged) = try aged(lli: lli, negative: negative, positive: positive)
    for charged in [true, false] {
      let (before, after) = (end(new, charged: charged), end(aged, charged: charged))
      #expect(after.ions.isAlmost((1 - lli) * before.ions, within: 1e-12))
      #expect(abs(after.voltage - before.voltage) < 1e-9)
    }
    #expect(
      aged.negative.materials[0].volumeFraction.isAlmost((1 - negative) * new.negative.materials[0].volumeFraction))
    #expect(
      aged.positive.materials[0].volumeFraction.isAlmost((1 - positive) * new.positive.materials[0].volumeFraction))
    // With fewer ions less can be cycled, in whichever electrode it is counted.
    if lli == 0 { return }
    func window(_ side: Side) -> Double {
      let material = side.materials[0]
      return material.volumeFraction * (material.maximumStoichiometry - material.minimumStoichiometry)
    }
    #expect(window(aged.negative) < window(new.negative) && window(aged.positive) < window(new.positive))
  }

  @Test func noLossesChangeNothing() throws {
    let (new, aged) = try aged(lli: 0, negative: 0, positive: 0)
    #expect(new == aged)
  }

  @Test(arguments: [
    (0.9, 0.0, "too much is lost"), (0.0, 0.1, "lost material takes ions with it, which count in LLI"),
  ])
  func lossesThatLeaveNoWindow(lli: Double, positive: Double, advice: String) throws {
    let error = #expect(throws: DocumentError.self) { try aged(lli: lli, negative: 0, positive: positive) }
    #expect(error?.key == "State/Degradation" && error?.advice == advice)
    #expect(
      error?.message
        == "no stoichiometries between 0 and 1 give the aged cell the open-circuit voltage of the new one at 0 %")
  }

  @Test func lossInABlendKeepsTheLimits() throws {
    let new = try read(small).cell.positive.materials
    let aged = try read(small.replacing("\"Small\": 0}", with: "\"Small\": 0.2}")).cell.positive.materials
    #expect(aged[1].volumeFraction.isAlmost(0.8 * new[1].volumeFraction) && aged[0] == new[0])
    #expect(aged[1].minimumStoichiometry == new[1].minimumStoichiometry)
  }
}
