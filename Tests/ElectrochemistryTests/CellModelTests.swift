import CellInterface
import Integration
import Testing

@testable import Electrochemistry

@Suite struct CellModelTests {
  enum Kind: String, CaseIterable, Sendable {
    case full, thermal, hysteresis, halfCell, symmetric, singleParticle
    case cahnHilliard, thermalCahnHilliard, allenCahn, homogeneous
    case strained, thermalStrained, strainedCahnHilliard, thermalStrainedCahnHilliard, strainedAllenCahn, film
    case layered, layeredCahnHilliard, layeredAllenCahn, bent, bentCahnHilliard, allenCahnFilm
    /// Constant diffusivities, which stress makes larger.
    case quadratic, thermalQuadratic
  }

  /// A cell in which every property is a function, so that every derivative is there.
  static func cell(_ kind: Kind) throws -> Cell {
    var material = ActiveMaterial(
      name: "", shape: .cylinder, radius: 2e-6, volumeFraction: 0.6, maximumConcentration: 30_000,
      minimumStoichiometry: 0.2, maximumStoichiometry: 0.8,
      diffusivity: try MaterialFunction(expression: "1e-14 * (1 + x ** 2)"), diffusivityActivationEnergy: 3e4,
      openCircuitPotential: try MaterialFunction(expression: "3.6 - x + 0.1 * tanh(8 * (x - 0.4))"),
      entropicChange: try MaterialFunction(expression: "1e-4 * x"),
      exchangeCurrent: .rateConstant(try MaterialFunction(expression: "2e-5 * (1 + x)")),
      reactionRateActivationEnergy: 5e4, filmResistance: 1e-3)
    if kind == .hysteresis {
      material.hysteresis = Hysteresis(
        filling: try MaterialFunction(expression: "3.5 - x"),
        emptying: try MaterialFunction(expression: "3.7 - x ** 2"),
        decayConstant: 12, initialState: 0.3)
    }
    // Large enough for every derivative to be felt.
    var mechanics = Mechanics(youngsModulus: 5e10, poissonRatio: 0.25, partialMolarVolume: 3e-6)
    mechanics.referenceStoichiometry = 0.3
    (mechanics.surfaceStress, mechanics.surfaceModulus) = (100, 300)
    (mechanics.diffusionActivationVolume, mechanics.reactionActivationVolume) = (2e-6, -1e-6)
    if [.layered, .layeredCahnHilliard, .layeredAllenCahn, .bent, .bentCahnHilliard].contains(kind) {
      // In random states an elasticity any stiffer would be near to making the matrix singular.
      mechanics.youngsModulus = 1e10
      mechanics.modulusRatio = try MaterialFunction(expression: "1.5 - x")
      mechanics.molarVolumeRatio = try MaterialFunction(expression: "0.8 + 0.4 * x")
      mechanics.flux = kind == .bent ? .consistent : .dilute
      if kind == .bent || kind == .bentCahnHilliard {
        // Enough to be felt by every derivative, and not by the condition of the matrix.
        (mechanics.surfaceStress, mechanics.surfaceModulus, mechanics.diffusionActivationVolume) = (10, 30, 1e-7)
        material.shape = .plate
        mechanics.bending = Mechanics.Bending(radius: 4e-5, isWide: kind == .bent)
      } else if kind != .layeredAllenCahn {
        material.innerRadius = 0.5e-6
      }
      material.mechanics = mechanics
    }
    switch kind {
    case .layeredCahnHilliard, .bentCahnHilliard:
      var model = CahnHilliard(gradientEnergy: 1e-10)
      model.intervals = 8
      if kind == .layeredCahnHilliard { model.wetting = 0.1 }
      material.transport = .cahnHilliard(model)
      material.setHost(FreeEnergy(standardPotential: 3.4, redlichKister: [4_000, 500, 200]))
      material.exchangeCurrent = .excludedSite(0.16)
    case .quadratic, .thermalQuadratic:
      mechanics.diffusionActivationVolume = 0
      material.mechanics = mechanics
      material.diffusivity = MaterialFunction(1e-14)
    case .strained, .thermalStrained:
      material.mechanics = mechanics
      material.mechanics?.flux = kind == .strained ? .dilute : .consistent
    case .film:
      material.shape = .plate
      mechanics.film = Mechanics.Film(misfitStrain: 0.01)
      mechanics.flux = .consistent
      material.mechanics = mechanics
    case .cahnHilliard, .thermalCahnHilliard, .strainedCahnHilliard, .thermalStrainedCahnHilliard:
      var model = CahnHilliard(gradientEnergy: 1e-10)
      (model.wetting, model.coherencyEnergy, model.intervals) = (0.1, 1e8, 8)
      material.transport = .cahnHilliard(model)
      material.setHost(FreeEnergy(standardPotential: 3.4, redlichKister: [4_000, 500, 200]))
      material.exchangeCurrent = .excludedSite(0.16)
      material.rateLaw = .transferCoefficients(anodic: 0.4, cathodic: 0.6)
      // Without gradients a class shares one matrix; here every volume has its own.
      material.radiusProfile = try MaterialFunction(expression: "2e-6 + 1e-6 * x")
      material.volumeFractionProfile = try MaterialFunction(expression: "0.6 - 0.1 * x")
      if kind == .strainedCahnHilliard || kind == .thermalStrainedCahnHilliard {
        model.coherencyEnergy = 0
        material.transport = .cahnHilliard(model)
        material.mechanics = mechanics
      }
    case .allenCahn, .strainedAllenCahn, .layeredAllenCahn, .allenCahnFilm:
      var model = AllenCahn(gradientEnergy: 1e-10, length: 2e-6)
      (model.rateHeterogeneity, model.coherencyEnergy, model.cells) = (0.1, 1e8, 6)
      material.transport = .allenCahn(model)
      material.shape = .plate
      material.setHost(
        FreeEnergy(standardPotential: 3.4, interactionEnergy: try MaterialFunction(expression: "6000 + 1000 * x")))
      material.exchangeCurrent = .symmetric(0.16)
      material.rateLaw = .electronTransfer(ElectronTransfer(.marcusHushChidsey, reorganisationEnergy: 8.3))
      if kind != .allenCahn {
        model.coherencyEnergy = 0
        material.transport = .allenCahn(model)
        // B as above: where the coherency nearly makes up for g″, elimination point by point loses digits.
        mechanics.youngsModulus = kind == .layeredAllenCahn ? 1e9 : 1e8 * 0.75 / (2 * 0.03 * 0.03)
        (mechanics.surfaceModulus, mechanics.reactionActivationVolume) = (0, 0)
        if kind == .allenCahnFilm { mechanics.film = Mechanics.Film(misfitStrain: 0.01) }
        material.mechanics = mechanics
      }
    case .homogeneous:
      material.transport = .homogeneous
      material.setHost(FreeEnergy(standardPotential: 3.4, redlichKister: [9_000]))
      material.exchangeCurrent = .stated(try MaterialFunction(expression: "0.1 + x"))
      material.rateLaw = .formalElectronTransfer(ElectronTransfer(.zeng2014, reorganisationEnergy: 15))
    default: break
    }
    var other = material
    other.name = "other"
    other.shape = .plate
    other.radius = 1e-6
    other.volumeFraction = 0.1
    if kind == .layered || kind == .layeredCahnHilliard {
      other.shape = .sphere
      other.innerRadius = 0
    }
    if kind == .strained {
      other.shape = .sphere
      other.innerRadius = 0.4e-6
      other.mechanics = mechanics
    }
    let electrode = Electrode(
      thickness: 6e-5, porosity: 0.3, transportEfficiency: 0.2,
      porosityProfile: try MaterialFunction(expression: "0.2 + 0.2 * x"), conductivity: 0.5,
      materials: [material, other])
    var counter = electrode
    counter.materials = [material]
    let foil = Side.foil(
      Foil(exchangeCurrentDensity: 10, concentrationExponent: 0.3, activationEnergy: 3e4, resistance: 1e-4))
    let property = ElectrolyteProperty(
      atReference: try MaterialFunction(expression: "1e-3 * x * (1 - x / 4000)"),
      temperatureSeries: [try MaterialFunction(expression: "1e-6 * x"), MaterialFunction(1e-5)], activationEnergy: 1e4)
    return Cell(
      title: "", electrodeArea: 0.1, nominalCapacity: 2, voltageWindow: -1...5, referenceTemperature: 298.15,
      ambientTemperature: 310, initialTemperature: 310, initialStateOfCharge: 0.5, contactResistance: 0.01,
      thermal: [
        .thermal, .thermalCahnHilliard, .thermalStrained, .thermalStrainedCahnHilliard, .thermalQuadratic,
      ].contains(kind)
        ? ThermalProperties(heatCapacity: 50, coolingPower: 0.1) : nil,
      negative: kind == .singleParticle
        ? .reference : [.halfCell, .symmetric].contains(kind) ? foil : .porous(counter),
      separator: kind == .singleParticle
        ? nil : Separator(thickness: 2e-5, porosity: 0.5, transportEfficiency: 0.4),
      positive: kind == .symmetric ? foil : .porous(electrode),
      electrolyte: Electrolyte(
        initialConcentration: 1000, transferenceNumber: 0.3, conductivity: property,
        diffusivity: ElectrolyteProperty(
          atReference: try MaterialFunction(expression: "3e-10 * (1 - x / 5000)"), activationEnergy: 1e4),
        thermodynamicFactor: ElectrolyteProperty(atReference: try MaterialFunction(expression: "0.5 + x / 1000"))))
  }

  static let controls = [Control.current(-1.5), .voltage(0.1), .power(-0.3), .resistance(0.2)]

  @Test(arguments: Kind.allCases, controls)
  func jacobianIsExact(kind: Kind, control: Control) throws {
    let model = CellModel(
      try Self.cell(kind), mesh: Mesh(negative: 2, separator: 2, positive: 3, radial: 3), relativeTolerance: 1e-6)
    // As the simulation makes it: one pattern for every control.
    model.control = .power(0)
    let solver = SparseSolver(model)
    model.control = control

    let n = model.unknownCount
    var state = [Double](repeating: 0, count: n)
    state.withUnsafeMutableBufferPointer { model.writeRest(stateOfCharge: 0.5, to: $0) }
    let layout = model.layout
    var generator = SystemRandomNumberGenerator()
    // Away from 0, where the rate of a reacting facet bends on a small scale.
    let rate = (0..<n).map { unknown in
      model.isDifferential(unknown)
        ? Double.random(in: 0.5...1, using: &generator) * (Bool.random(using: &generator) ? 1 : -1) : 0
    }
    for i in 0..<n { state[i] = state[i] * Double.random(in: 0.95...1.05, using: &generator) + 0.01 }
    state[layout.current] = -1.3

    var exact = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for entry in solver.entries(.step(c: 0.7), at: 0, state, rate) { exact[entry.row][entry.column] = entry.value }

    func residual(_ y: [Double], _ yDot: [Double]) -> [Double] {
      var r = [Double](repeating: 0, count: n)
      model.residual(at: 0, y, yDot, &r)
      return r
    }
    let size = residual(state, rate).map { abs($0) }
    for column in 0..<n {
      // Central difference of eighth order along (unknown, rate) = (1, 0.7); the step is small beside the scale on
      // which the equations bend and large beside round-off. The kink of |j| lies outside it.
      let h = 1e-3 * (abs(state[column]) + 0.01)
      var derivative = [Double](repeating: 0, count: n)
      for (k, weight) in [4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280].enumerated() {
        for sign in [1.0, -1.0] {
          var y = state
          var yDot = rate
          y[column] += sign * Double(k + 1) * h
          if model.isDifferential(column) { yDot[column] += sign * Double(k + 1) * h * 0.7 }
          for (row, value) in residual(y, yDot).enumerated() { derivative[row] += sign * weight * value / h }
        }
      }
      for row in 0..<n {
        // Round-off of the residual over the step, and what the difference formula leaves.
        let bound = 1e-14 * (size[row] + 1) / h + 1e-7 * abs(exact[row][column])
        #expect(abs(derivative[row] - exact[row][column]) < bound, "\(kind) row \(row), column \(column)")
      }
    }
  }

  @Test func layoutHasEachUnknownOnce() throws {
    let model = CellModel(
      try Self.cell(.full), mesh: Mesh(negative: 2, separator: 2, positive: 3, radial: 3), relativeTolerance: 1e-6)
    // 7 volumes × (cₑ, φₑ), 5 × φₛ, (2 + 2·3) × (j and 4 nodes), I, Q, W.
    #expect(model.unknownCount == 14 + 5 + 8 * 5 + 3)
    #expect(model.layout.terminals == model.layout.energy - 3..<model.layout.energy + 1)
  }
}

@Suite struct ReactionKineticsTests {
  /// j/j₀ of the Butler–Volmer equation with α = ½ at 298.15 K.
  @Test(arguments: [
    (-0.3, -343.179345387), (-0.1, -6.85840779101), (-0.01, -0.391678877873), (0.05, 2.26805456022),
    (0.2, 48.9969555538), (0.5, 16821.8870855),
  ])
  func butlerVolmer(overpotential: Double, ratio: Double) {
    let eta = Electrochemistry.overpotential(
      currentDensity: ratio * 0.16, exchangeCurrentDensity: 0.16,
      thermalVoltage: Constants.gas * 298.15 / Constants.faraday)
    #expect(abs(eta / overpotential - 1) < 1e-6)
  }

  /// At a tenth of the sites, in an electrolyte of 0.64 of the initial 1500 mol/m³, 50 mV below the standard potential.
  static let exchangeCurrents: [(ExchangeCurrent, Double)] = [
    (.rateConstant(MaterialFunction(2e-5)), 0.46312959419188804),
    (.stated(MaterialFunction(0.2)), 0.19595917942265426),
    (.symmetric(0.2), 0.05878775382679628),
    (.excludedSite(0.2), 0.466613330285366),
  ]

  @Test(arguments: exchangeCurrents)
  func exchangeCurrentDensity(form: ExchangeCurrent, expected: Double) throws {
    var material = try CellModelTests.cell(.full).positive.porous!.materials[0]
    material.exchangeCurrent = form
    material.latticePotential = 3.4
    let memory = PlainMemory()
    // An activity of 7.
    let thermalVoltage = 0.05 / 1.9459101490553132
    let j0 = ExchangeCurrentView(material, initialConcentration: 1500, in: memory)(
      stoichiometry: 0.1, concentrationRatio: 0.64, potential: 3.35, thermalVoltage: thermalVoltage)
    #expect(abs(j0 / expected - 1) < 1e-13)
  }

  @Test(arguments: [
    (13_000.0, 258.15, 0.4437150606), (13_000, 333.15, 1.734879247), (30_000, 273.15, 0.3303440174),
    (30_000, 298.15, 1), (50_000, 258.15, 0.04392465361), (50_000, 318.15, 3.553528604),
  ])
  func arrheniusFactor(activationEnergy: Double, temperature: Double, factor: Double) {
    let found = arrhenius(activationEnergy: activationEnergy, temperature: temperature, reference: 298.15)
    #expect(abs(found / factor - 1) < 1e-9)
  }
}
