import Documents
import Foundation
import Testing

@testable import Electrochemistry

/// Common tangents of free energies of any form, by what defines them.
@Suite struct PhaseDiagramTests {
  private static let temperature = 298.15
  private static let thermalEnergy = Constants.gas * temperature

  /// A lattice host with this excess of the chemical potential in RT.
  private func host(gradientEnergy: Double = 2e-14, _ excess: @escaping (Double) -> Double) throws -> ActiveMaterial {
    let text = SingleParticle().text
    var material = try #require(CellFile(DocumentNode(text: text, file: "cell.json")).cell.positive.porous).materials[0]
    material.latticePotential = 3.4
    material.openCircuitPotential = MaterialFunction(
      tabulating: { 3.4 - Self.thermalEnergy / Constants.faraday * excess($0) }, over: 0...1)
    material.transport = .cahnHilliard(CahnHilliard(gradientEnergy: gradientEnergy))
    return material
  }

  private func diagram(_ material: ActiveMaterial, stiffness: Double = 0) -> PhaseDiagram {
    PhaseDiagram(
      material, temperature: Self.temperature, referenceTemperature: Self.temperature, stiffness: stiffness)
  }

  /// Checks each gap against the free energy g in RT: the tangent touches it at both ends and lies below it elsewhere.
  private func check(_ gaps: [MiscibilityGap], _ g: (Double) -> Double, _ mu: (Double) -> Double) {
    for gap in gaps {
      let (low, high) = (gap.binodal.lowerBound, gap.binodal.upperBound)
      let plateau = (3.4 - gap.plateauPotential) * Constants.faraday / Self.thermalEnergy
      // The excess is tabulated to 1e-10 of the potential, 1e-8 RT.
      #expect(abs(mu(low) - plateau) < 1e-7)
      #expect(abs(mu(high) - plateau) < 1e-7)
      #expect(abs(g(high) - g(low) - plateau * (high - low)) < 1e-7)
      var largest = 0.0
      for i in 1..<2000 {
        let x = Double(i) / 2000
        let above = g(x) - g(low) - plateau * (x - low)
        #expect(above > -1e-7)
        if gap.binodal.contains(x) { largest = max(largest, above) }
      }
      // On a grid of 1/2000 a maximum is missed by less than its curvature, below 100, times the step squared.
      #expect(gap.relativeBarrier > largest - 1e-7 && gap.relativeBarrier < largest + 2.5e-5)
    }
  }

  /// A clamped film is under the stress of its own composition: U = U° − (RT/F)(ln(x/(1−x)) + χ(1 − 2x)) + Ω σ_h/F with
  /// σ_h = ⅔ Y (ε_m − ε₁ x), on its plateau at half filling and at its spinodals.
  @Test func clampedFilm() throws {
    let interaction = 3.6
    var material = try host { interaction * (1 - 2 * $0) }
    material.maximumConcentration = 20_000
    material.shape = .plate
    var mechanics = Mechanics(youngsModulus: 60e9, poissonRatio: 0.25, partialMolarVolume: 3e-6)
    mechanics.film = Mechanics.Film(misfitStrain: 0.012)
    material.mechanics = mechanics
    func potential(_ x: Double) -> Double {
      let stress = 2 / 3 * 60e9 / 0.75 * (0.012 - 3e-6 * 20_000 / 3 * x)
      return 3.4 - Self.thermalEnergy / Constants.faraday * (log(x / (1 - x)) + interaction * (1 - 2 * x))
        + 3e-6 * stress / Constants.faraday
    }
    let gap = diagram(material, stiffness: material.coherencyEnergy).gaps[0]
    #expect(abs(gap.plateauPotential - potential(0.5)) < 1e-8)
    #expect(abs(gap.spinodalPotentials.filling - potential(gap.spinodals[0].lowerBound)) < 1e-8)
    #expect(abs(gap.spinodalPotentials.emptying - potential(gap.spinodals[0].upperBound)) < 1e-8)
    let unstrained = diagram(material).gaps[0]
    #expect(abs(unstrained.plateauPotential - 3.4) < 1e-8)
  }

  /// ε from x = 0 to 1 is ∫ Ω c_max/3 dx, also where Ω at half filling says something else.
  @Test(arguments: [("x ** 2", 0.024), ("1 - 2 * x", 0)])
  func strainFromEmptyToFull(ratio: String, strain: Double) throws {
    var material = try host { 2 * $0 }
    material.maximumConcentration = 24_000
    var mechanics = Mechanics(youngsModulus: 60e9, poissonRatio: 0.25, partialMolarVolume: 2.25e-6)
    mechanics.molarVolumeUnit = 9e-6
    mechanics.molarVolumeRatio = try MaterialFunction(expression: ratio)
    material.mechanics = mechanics
    let effects = try #require(
      StrainEffects(material, temperature: Self.temperature, referenceTemperature: Self.temperature))
    #expect(abs(effects.strainFromEmptyToFull - strain) < 1e-9)
  }

  /// A stable phase at half filling between two gaps. The tilt changes nothing but the potential.
  @Test(arguments: [0.0, 3.0]) func twoPlateaus(tilt: Double) throws {
    func excess(_ x: Double) -> Double { 2.5 * (1 - 2 * x) + 2.5 * sin(4 * .pi * x) + 0.8 * x * x + tilt }
    func g(_ x: Double) -> Double {
      x * log(x) + (1 - x) * log(1 - x) + 2.5 * x * (1 - x)
        + 2.5 * (1 - cos(4 * .pi * x)) / (4 * .pi) + 0.8 / 3 * x * x * x + tilt * x
    }
    let found = diagram(try host(excess))
    #expect(found.gaps.count == 2)
    #expect(found.gaps.allSatisfy { $0.spinodals.count == 1 })
    check(found.gaps, g) { log($0 / (1 - $0)) + excess($0) }
    #expect(found.gaps[0].binodal.upperBound < found.gaps[1].binodal.lowerBound)
    #expect(found.gaps[0].plateauPotential > found.gaps[1].plateauPotential)
  }

  /// With a strong attraction over all of the range the phase in the middle is never stable: one gap with two unstable
  /// ranges in it.
  @Test func aPhaseThatIsNeverStable() throws {
    func excess(_ x: Double) -> Double { 4 * (1 - 2 * x) + 2.5 * sin(4 * .pi * x) + 0.8 * x * x }
    func g(_ x: Double) -> Double {
      x * log(x) + (1 - x) * log(1 - x) + 4 * x * (1 - x) + 2.5 * (1 - cos(4 * .pi * x)) / (4 * .pi)
        + 0.8 / 3 * x * x * x
    }
    let found = diagram(try host(excess))
    #expect(found.gaps.count == 1)
    #expect(found.gaps[0].spinodals.count == 2)
    check(found.gaps, g) { log($0 / (1 - $0)) + excess($0) }
  }

  /// exp(−χ): compositions near the ends have all their digits, down to where the model's logarithm ends.
  @Test(arguments: [12.0, 20.0, 25.0]) func nearlyPurePhases(chi: Double) throws {
    let gap = try #require(diagram(try host { chi * (1 - 2 * $0) }).gaps.first)
    // ln(x/(1−x)) = −χ (1 − 2x), by repetition.
    var x = 0.0
    for _ in 0..<50 { x = 1 / (1 + exp(chi * (1 - 2 * x))) }
    #expect(abs(gap.binodal.lowerBound / x - 1) < 1e-9)
    // 1 − x has an absolute error of 1e-16.
    #expect(abs((1 - gap.binodal.upperBound) - x) < 2e-16)
  }

  /// Coherency is a regular solution with χ less by B/(2 RT c_max), whatever the free energy.
  @Test func coherencyIsAnInteraction() throws {
    let strain = 0.5
    let material = try host { 4 * (1 - 2 * $0) + 0.5 * $0 * $0 }
    let coherent = diagram(
      material, stiffness: 2 * strain * Self.thermalEnergy * material.maximumConcentration)
    let weaker = diagram(try host { (4 - strain) * (1 - 2 * $0) + 0.5 * $0 * $0 })
    let (a, b) = (try #require(coherent.gaps.first), try #require(weaker.gaps.first))
    #expect(abs(a.binodal.lowerBound - b.binodal.lowerBound) < 1e-8)
    #expect(abs(a.binodal.upperBound - b.binodal.upperBound) < 1e-8)
    #expect(abs(a.voltageGap - b.voltageGap) < 1e-8)
    let (first, second) = (try #require(a.interface), try #require(b.interface))
    #expect(abs(first.width / second.width - 1) < 1e-6)
    #expect(abs(first.energy / second.energy - 1) < 1e-6)
    // The wetting up to which a full surface keeps a finite potential, from g at the ends.
    #expect(abs(first.wettingLimits.full / second.wettingLimits.full - 1) < 1e-6)
  }

  /// c_max √(2κ Δg(1)) with Δg = g(1) − g(x_b) of a regular solution, whose tangent is level.
  @Test func largestWetting() throws {
    let chi = 3.0
    let material = try host { chi * (1 - 2 * $0) }
    let gap = try #require(diagram(material).gaps.first)
    let x = gap.binodal.lowerBound
    let depth = -(x * log(x) + (1 - x) * log(1 - x) + chi * x * (1 - x))
    let expected = material.maximumConcentration * (2 * 2e-14 * Self.thermalEnergy * depth).squareRoot()
    let limits = try #require(gap.interface).wettingLimits
    #expect(abs(limits.full / expected - 1) < 1e-6)
    #expect(abs(limits.empty / expected - 1) < 1e-6)
  }

  /// ½ (Γ/c_max)²/κ = Δg at a wetted surface, for both signs of Γ; the sensitivity by differences.
  @Test(arguments: [1.0, -1]) func aWettedSurfaceAtRest(sign: Double) throws {
    let chi = 3.0
    let material = try host { chi * (1 - 2 * $0) }
    func g(_ x: Double) -> Double { x * log(x) + (1 - x) * log(1 - x) + chi * x * (1 - x) }
    let phase = try #require(diagram(material).gaps.first).binodal.lowerBound
    func wetting(depth: Double) -> Double {
      material.maximumConcentration * (2 * 2e-14 * Self.thermalEnergy * depth).squareRoot()
    }
    let limit = wetting(depth: -g(phase))
    func surface(_ wetting: Double) throws -> MiscibilityGap.WettedSurface? {
      var wetted = material
      var model = CahnHilliard(gradientEnergy: 2e-14)
      model.wetting = sign * wetting
      wetted.transport = .cahnHilliard(model)
      return try #require(diagram(wetted).gaps.first?.interface).wettedSurface
    }
    func logit(_ factor: Double) throws -> Double {
      let surface = try surface(factor * limit)
      let x = try #require(surface).stoichiometry
      return sign * log(x / (1 - x))
    }
    let surfaceAtRest = try surface(0.7 * limit)
    let found = try #require(surfaceAtRest)
    let room = sign > 0 ? 1 - found.stoichiometry : found.stoichiometry
    #expect(room < phase)
    #expect(abs(wetting(depth: g(room) - g(phase)) / (0.7 * limit) - 1) < 1e-6)
    let slope = try (logit(0.7007) - logit(0.6993)) / log(0.7007 / 0.6993)
    #expect(abs(found.sensitivity / slope - 1) < 1e-4)
    #expect(try surface(1.001 * limit) == nil)
  }

  /// A potential that is only known inside the limits of stoichiometry, with an entropic change: T_c where the slope of
  /// U₀ + T U₁ vanishes at the steepest point.
  @Test func aMeasuredPotentialWithEntropy() throws {
    let text = SingleParticle(openCircuitPotential: "\"3.4 - 0.2 * x + 0.1 * tanh(4 * (x - 0.5))\"").text
    var material = try #require(CellFile(DocumentNode(text: text, file: "cell.json")).cell.positive.porous).materials[0]
    material.entropicChange = MaterialFunction(tabulating: { -1e-3 * $0 }, over: 0...1)
    let found = diagram(material)
    // The slope at ½: −0.2 + 0.4 − 1e-3 (T − 298.15) = 0.
    #expect(abs(try #require(found.criticalTemperature) - 498.15) < 1e-6)
    let gap = try #require(found.gaps.first)
    #expect(abs(gap.binodal.lowerBound + gap.binodal.upperBound - 1) < 1e-7)
    #expect(abs(gap.plateauPotential - 3.3) < 1e-9)
    #expect(gap.interface == nil)
    let hot = PhaseDiagram(material, temperature: 500, referenceTemperature: Self.temperature)
    #expect(hot.gaps.isEmpty)
  }

  @Test func aSolidSolutionHasNothingToShow() throws {
    let found = diagram(try host { 1.9 * (1 - 2 * $0) })
    #expect(found.gaps.isEmpty)
    #expect(found.stabilityLength(gradientEnergy: 2e-14) == nil)
    #expect(abs(found.interactionParameter - 1.9) < 1e-9)
    #expect(
      PhaseDiagram.sharpestInterface(
        of: try host { 1.9 * (1 - 2 * $0) }, temperature: Self.temperature, referenceTemperature: Self.temperature)
        == nil)
  }
}

@Suite struct FacetStabilityTests {
  /// At rest a wave grows inside the spinodal that the gradient and the coherency leave, whatever the kinetics.
  @Test(arguments: [
    ExchangeCurrent.excludedSite(0.1), .symmetric(0.1), .rateConstant(MaterialFunction(1e-6)),
  ])
  func atRestTheSpinodalDecides(exchangeCurrent: ExchangeCurrent) throws {
    let text = SingleParticle().text
    var material = try #require(CellFile(DocumentNode(text: text, file: "cell.json")).cell.positive.porous).materials[0]
    material.setHost(FreeEnergy(standardPotential: 3.4, redlichKister: [10_000, 500]))
    var model = AllenCahn(gradientEnergy: 2e-14, length: 5e-8)
    model.coherencyEnergy = 5e7
    material.transport = .allenCahn(model)
    material.exchangeCurrent = exchangeCurrent
    let facet = try #require(
      FacetStability(
        material, temperature: 300, referenceTemperature: 298.15, initialConcentration: 1200))
    let wave = 2e-14 * (Double.pi / 5e-8) * (Double.pi / 5e-8) * material.maximumConcentration
    let spinodal = try #require(
      PhaseDiagram(
        material, temperature: 300, referenceTemperature: 298.15, stiffness: 5e7 + wave
      ).gaps.first?.spinodals.first)
    let unstable = try #require(facet.unstableRanges(rate: 0).first)
    #expect(abs(unstable.lowerBound - spinodal.lowerBound) < 1e-9)
    #expect(abs(unstable.upperBound - spinodal.upperBound) < 1e-9)
  }
}
