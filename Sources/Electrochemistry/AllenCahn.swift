import Integration

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Phase field of thin platelets: every point along the facets takes up ions by its own chemical potential, there is no
/// transport inside (Singh, Ceder & Bazant, Electrochim. Acta 53, 7599, 2008; Bai, Cogswell & Bazant, Nano Lett. 11,
/// 4890, 2011): ∂x/∂t = −(1/(F c_max h)) j(μ) with the half-thickness h and μ = μ_h(x) − κ ∂²x/∂z² + (B/c_max)(x − x̄); with `Mechanics`, the last
/// term is −Ω σ_h of layers across z that nothing holds.
public struct AllenCahn: Sendable, Equatable {
  /// κ in J·m²/mol.
  public var gradientEnergy: Double
  /// Length L of the facets in m.
  public var length: Double
  /// B in J/m³.
  public var coherencyEnergy = 0.0
  /// Γ_w in J/m² at the end z = 0: c_max κ ∂x/∂z = −Γ_w.
  public var wetting = 0.0
  /// Composition at both ends, where they are wetted; nil for the condition above.
  public var wettedComposition: Double?
  /// h: the exchange current density is 1 + h cos(πz/L) times that of the material.
  public var rateHeterogeneity = 0.0
  /// Equal cells along the facets.
  public var cells = 100

  /// Whether both ends are alike, so that the middle of the facets is a mirror and half of the cells are enough.
  var isMirrored: Bool { wettedComposition != nil && rateHeterogeneity == 0 && cells % 2 == 0 }
  var computedCells: Int { isMirrored ? cells / 2 : cells }

  public init(gradientEnergy: Double, length: Double) {
    self.gradientEnergy = gradientEnergy
    self.length = length
  }
}

/// `AllenCahn` on equal cells along a facet.
struct AllenCahnFacet {
  /// Those that are computed.
  let cells: Int
  /// Of all cells, in m.
  let length: Double
  let isMirrored: Bool
  private let width: Double
  /// κ/(F Δz²) in V.
  private let gradientEnergy: Double
  /// Γ_w/(F c_max Δz) in V at z = 0.
  private let wetting: Double
  private let wettedComposition: Double?
  /// Of each cell, relative to the material.
  private let rateFactors: UnsafeBufferPointer<Double>
  /// Of a material whose elasticity changes with its composition: each cell is a layer.
  let elasticity: UnsafePointer<LayeredElasticity>?

  init(_ material: ActiveMaterial, _ model: AllenCahn, radii: [Double], in memory: PlainMemory) {
    cells = model.computedCells
    length = model.length
    isMirrored = model.isMirrored
    let maximumConcentration = material.maximumConcentration
    let cells = cells
    width = model.length / Double(model.cells)
    gradientEnergy = model.gradientEnergy / (Constants.faraday * width * width)
    wetting = model.wetting / (Constants.faraday * maximumConcentration * width)
    wettedComposition = model.wettedComposition
    rateFactors = memory.copy(
      (0..<cells).map { cell -> Double in
        let position = (Double(cell) + 0.5) / Double(model.cells)
        return 1 + model.rateHeterogeneity * cos(Double.pi * position)
      })
    elasticity = material.mechanics.flatMap { mechanics in
      guard mechanics.isLayered else { return nil }
      return memory.place(
        LayeredElasticity(
          material, mechanics, volumes: [Double](repeating: 1 / Double(cells), count: cells),
          nodes: (0..<cells).map { (Double($0) + 0.5) / Double(model.cells) }, radii: radii, in: memory))
    }
  }

  /// The middle of a cell in m.
  func position(ofCell cell: Int) -> Double { (Double(cell) + 0.5) * width }

  func rateFactor(_ cell: Int) -> Double { rateFactors[cell] }

  /// The part of the chemical potential, over F, that comes from gradients, in V.
  @inline(__always)
  func gradientPotential<S: Scalar>(_ cell: Int, _ x: S, before: S, after: S) -> S {
    var sum = S(0)
    if cell > 0 {
      sum += x - before
    } else if let wettedComposition {
      sum += 2 * (x - wettedComposition)
    }
    if cell + 1 < cells {
      sum += x - after
    } else if let wettedComposition, !isMirrored {
      sum += 2 * (x - wettedComposition)
    }
    let potential = gradientEnergy * sum
    return cell == 0 && wettedComposition == nil ? potential - wetting : potential
  }
}

extension Particle {
  /// Rate in 1/s at which a cell of a facet reacts by itself at a potential difference, without stress. On a fine mesh the first
  /// cell beside a wetted end is so far from equilibrium, by volts, that in the units of a small exchange current density the
  /// Newton iteration for all unknowns would not come near its current.
  func reactionRate(
    ofCell i: Int, _ facet: UnsafePointer<AllenCahnFacet>, volume: Int, potentialDifference: Double,
    temperature: Double, _ y: UnsafePointer<Double>
  ) -> Double {
    typealias Number = Dual<SIMD2<Double>>
    func x(_ cell: Int) -> Double { y[layout.stoichiometry(node: cell, volume: volume)] }
    let at = reaction.at(temperature, isConstant: true)
    let potential =
      reaction.potential(x(i), hysteresisState: 0, at).potential
      - facet.pointee.gradientPotential(
        i, x(i), before: i > 0 ? x(i - 1) : 0, after: i + 1 < facet.pointee.cells ? x(i + 1) : 0)
    // asinh is concave: from 0 the iteration comes nearer from one side, by a factor of the overpotential each time.
    var j = 0.0
    for _ in 0..<1000 {
      let imbalance = reaction.imbalance(
        currentDensity: Number(j, partials: [1, 0]), potentialDifference: Number(potentialDifference),
        potential: Number(potential), stoichiometry: Number(x(i)), concentrationRatio: Number(1),
        rate: Number(facet.pointee.rateFactor(i) * at.rate), at.map { Number($0) })
      let change = imbalance.value / imbalance.partials[0]
      guard change.isFinite else { return 0 }
      j -= change
      if abs(change) <= 1e-9 * abs(j) { break }
    }
    return -stoichiometryPerCharge[volume] * j
  }

  /// Adds the equations of the compositions along a facet, of their mean or of the stretch, and of the mean current density j, in volume
  /// `volume`: everywhere the potential difference is the potential there plus the overpotential of the current density
  /// −∂x/∂t F c_max h.
  @inline(__always)
  func addFacetReaction<A: Assembly>(
    _ facet: UnsafePointer<AllenCahnFacet>, volume: Int, currentDensity j: A.Number, potentialDifference: A.Number,
    concentrationRatio: A.Number, _ at: InsertionReaction.AtTemperature<A.Number>, to a: inout A
  ) -> A.Number {
    typealias S = A.Number
    let perCharge = S(stoichiometryPerCharge, at: volume)
    let mean = facet.pointee.elasticity == nil ? a.differential(layout.local + volume, lane: 5) : S(0)
    let stretch = facet.pointee.elasticity == nil ? S(0) : a.algebraic(layout.local + volume, lane: 5)
    for i in 0..<facet.pointee.cells {
      let unknown = layout.stoichiometry(node: i, volume: volume)
      let x = a.differential(unknown, lane: 3)
      let before = i > 0 ? a.differential(unknown - layout.volumeCount, lane: 4) : S(0)
      let after = i + 1 < facet.pointee.cells ? a.differential(unknown + layout.volumeCount, lane: 6) : S(0)
      var potential =
        reaction.potential(x, hysteresisState: S(0), at).potential
        - facet.pointee.gradientPotential(i, x, before: before, after: after)
      var reactionRate: S
      if let elasticity = facet.pointee.elasticity {
        let layer = elasticity.layer(i, x, inside: S(0), outside: S(0), stretch: stretch, volume: volume)
        let (shift, rate) = elasticity.pointee.effect(layer, at)
        potential -= shift
        reactionRate = rate
        a.add(nodeVolumes[i] * layer.pull, to: layout.local + volume)
      } else {
        if let strain, strain.actsOnReaction { potential -= strain(x, mean: mean, volume: volume) }
        reactionRate = self.rate(x, mean: mean, volume: volume, at)
      }
      reactionRate = facet.pointee.rateFactor(i) * reactionRate
      let rate = a.rate(unknown, lane: 3)
      a.add(
        reaction.imbalance(
          currentDensity: -rate / perCharge, potentialDifference: potentialDifference, potential: potential,
          stoichiometry: x, concentrationRatio: concentrationRatio,
          rate: reactionRate, at),
        to: unknown)
      a.add(nodeVolumes[i] * rate, to: layout.reaction + volume)
    }
    a.add(perCharge * j, to: layout.reaction + volume)
    if let elasticity = facet.pointee.elasticity {
      a.add(elasticity.pointee.surfacePull(stretch, volume: volume), to: layout.local + volume)
    } else {
      a.add(a.rate(layout.local + volume, lane: 5) + perCharge * j, to: layout.local + volume)
    }
    return S(0)
  }
}
