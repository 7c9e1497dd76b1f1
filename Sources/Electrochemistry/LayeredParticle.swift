import Integration

/// Transport in a particle with `LayeredElasticity`: by Fick's law, or of a phase field.
struct LayeredTransport {
  let elasticity: LayeredElasticity
  /// nil for Fick's law, and in a particle without gradients.
  let field: CahnHilliardTransport?
  /// ∫ of the shape functions' slopes between the nodes i and i + 1.
  private let conductances: UnsafeBufferPointer<Double>
  private let fickian: FickianTransport

  /// How many nodes away the equations of a node read.
  var reach: Int { field == nil ? 1 : CahnHilliardTransport.bandwidth }

  init(
    _ material: ActiveMaterial, _ mechanics: Mechanics, radii: [Double], intervals: Int, referenceTemperature: Double,
    in memory: PlainMemory
  ) {
    let mesh = material.layeredMesh(intervals: intervals)
    elasticity = LayeredElasticity(material, mechanics, mesh, in: memory)
    let last = mesh.nodes.count - 1
    conductances = memory.copy((0..<last).map { -mesh.stiffness[$0][1 + mesh.bandwidth] })
    fickian = FickianTransport(
      material, nil, radii: radii, intervals: 0, order: 1, referenceTemperature: referenceTemperature, in: memory)
    if case .cahnHilliard(let model) = material.transport {
      field = CahnHilliardTransport(
        material, model, nil, radii: radii, referenceTemperature: referenceTemperature, in: memory)
    } else {
      field = nil
    }
  }

  /// Calls `body` with the flux between the nodes i and i + 1 as `CahnHilliardTransport.forEachFlux` does.
  /// - Parameter strain: what stress adds to the potential of a node, in V.
  @inline(__always)
  func forEachFlux<S: Scalar>(
    volume: Int, _ temperature: S, _ reaction: InsertionReaction, _ at: InsertionReaction.AtTemperature<S>,
    stoichiometry x: (Int) -> S, strain: (Int) -> S, body: (Int, S) -> Void
  ) {
    if let field {
      let acts = elasticity.actsOnFlux
      return field.forEachFlux(
        volume: volume, temperature, reaction, at, meanStoichiometry: S(0), stoichiometry: x,
        strain: { node, _ in acts ? strain(node) : S(0) }, body: body)
    }
    let own = fickian.at(temperature)
    for i in conductances.indices {
      let (inner, outer) = (x(i), x(i + 1))
      let middle = 0.5 * (inner + outer)
      var drop = outer - inner
      if elasticity.actsOnFlux {
        let strainDrop = strain(i + 1) - strain(i)
        let perPotential = fickian.compositionPerPotential(middle, own)
        if fickian.runsDownPotential {
          // By the potentials themselves: where they are equal there is no flux, to the last digit.
          let potentialDrop =
            reaction.potential(inner, hysteresisState: S(0), at).potential
            - reaction.potential(outer, hysteresisState: S(0), at).potential
          drop = perPotential * (potentialDrop + strainDrop)
        } else {
          drop += perPotential * strainDrop
        }
      }
      body(i, fickian.inwardFlux(middle, gradient: conductances[i] * drop, mean: S(0), own, volume: volume))
    }
  }
}

extension Particle {
  /// Adds the equations of compositions, displacements, stretch and current density of the particle in volume `volume`.
  @inline(__always)
  func addLayeredReaction<A: Assembly>(
    _ transport: LayeredTransport, volume: Int, currentDensity j: A.Number, potentialDifference: A.Number,
    concentrationRatio: A.Number, temperature: A.Number, _ at: InsertionReaction.AtTemperature<A.Number>, to a: inout A
  ) {
    typealias S = A.Number
    let elasticity = transport.elasticity
    let last = layout.nodeCount - 1
    let moves = layout.stride > 1
    // Neighbours have lanes of their own by turns.
    func x(_ i: Int, _ a: A) -> S { a.differential(layout.stoichiometry(node: i, volume: volume), lane: i & 3) }
    func u(_ i: Int, _ a: A) -> S {
      moves && i >= 0 ? a.algebraic(layout.displacement(node: i, volume: volume), lane: 4 + i % 3) : S(0)
    }
    func layer(_ i: Int, _ a: A) -> LayeredElasticity.Layer<S> {
      elasticity.layer(
        i, x(i, a), inside: u(i - 1, a), outside: u(i, a), stretch: a.algebraic(layout.local + volume, lane: 7))
    }
    let reactsOnBothSides = elasticity.isBent
    for i in 0...last {
      let own = layout.stoichiometry(node: i, volume: volume)
      let here = layer(i, a)
      let change = elasticity.volumes[i] * a.rate(own, lane: i & 3)
      if reactsOnBothSides { a.add(change, to: layout.reaction + volume) }
      if !reactsOnBothSides || (i > 0 && i < last) { a.add(change, to: own) }
      a.add(elasticity.volumes[i] * here.pull, to: layout.local + volume)
      guard moves else { continue }
      let boundary = layout.displacement(node: i, volume: volume)
      if i < last {
        a.add(here.outer - layer(i + 1, a).inner, to: boundary)
      } else {
        a.add(u(i, a) - here.displacement, to: boundary)
      }
    }
    // The terms first: what they are added to reads as they are made.
    let values = a
    transport.forEachFlux(
      volume: volume, temperature, reaction, at, stoichiometry: { x($0, values) },
      strain: { layer($0, values).potential },
      body: { i, flux in
        if !reactsOnBothSides || i > 0 { a.add(-flux, to: layout.stoichiometry(node: i, volume: volume)) }
        if !reactsOnBothSides || i + 1 < last { a.add(flux, to: layout.stoichiometry(node: i + 1, volume: volume)) }
      })
    if reactsOnBothSides {
      a.add(stoichiometryPerCharge[volume] * j, to: layout.reaction + volume)
      for face in [0, last] {
        addFace(
          face, transport, volume: volume, potentialDifference: potentialDifference,
          concentrationRatio: concentrationRatio, temperature: temperature, at, to: &a)
      }
      return
    }
    a.add(stoichiometryPerCharge[volume] * j, to: layout.surface(volume: volume))

    let surface = a.differential(layout.surface(volume: volume), lane: 3)
    let outermost = elasticity.layer(
      last, surface,
      inside: moves && last > 0 ? a.algebraic(layout.displacement(node: last - 1, volume: volume), lane: 7) : S(0),
      outside: S(0), stretch: a.algebraic(layout.local + volume, lane: 5))
    let inner =
      transport.field == nil ? nil : a.differential(layout.stoichiometry(node: last - 1, volume: volume), lane: 6)
    a.add(
      imbalance(
        transport, volume: volume, currentDensity: j, surface, inner: inner, outermost,
        potentialDifference: potentialDifference, concentrationRatio: concentrationRatio, at),
      to: layout.reaction + volume)
  }

  /// Adds the equation of the reaction on one of the two faces of a bent plate. Half of the particle's surface, it carries
  /// what its node gains beyond what diffuses there.
  @inline(__always)
  private func addFace<A: Assembly>(
    _ face: Int, _ transport: LayeredTransport, volume: Int, potentialDifference: A.Number,
    concentrationRatio: A.Number,
    temperature: A.Number, _ at: InsertionReaction.AtTemperature<A.Number>, to a: inout A
  ) {
    typealias S = A.Number
    let elasticity = transport.elasticity
    let inward = face == 0 ? 1 : -1
    let lanes = [3, 4, 6]
    let stretch = a.algebraic(layout.local + volume, lane: 5)
    var inflow = S(0)
    let values = a
    // The face and the nodes next to it; those beyond do not matter to its flux.
    func x(_ i: Int) -> S {
      let distance = (i - face) * inward
      return distance < 3
        ? values.differential(layout.stoichiometry(node: i, volume: volume), lane: lanes[distance]) : S(0.5)
    }
    func layer(_ i: Int) -> LayeredElasticity.Layer<S> {
      elasticity.layer(i, x(i), inside: S(0), outside: S(0), stretch: stretch)
    }
    transport.forEachFlux(
      volume: volume, temperature, reaction, at, stoichiometry: x, strain: { layer($0).potential },
      body: { i, flux in if i == min(face, face + inward) { inflow = face == 0 ? flux : -flux } })
    let own = layout.stoichiometry(node: face, volume: volume)
    let gain = elasticity.volumes[face] * a.rate(own, lane: lanes[0]) - inflow
    a.add(
      imbalance(
        transport, volume: volume, currentDensity: (-2 / stoichiometryPerCharge[volume]) * gain, x(face),
        inner: transport.field == nil ? nil : x(face + inward), layer(face), potentialDifference: potentialDifference,
        concentrationRatio: concentrationRatio, at),
      to: own)
  }

  /// The equation of a current density through the surface of a layer, in V.
  @inline(__always)
  private func imbalance<S: Scalar>(
    _ transport: LayeredTransport, volume: Int, currentDensity: S, _ x: S, inner: S?,
    _ layer: LayeredElasticity.Layer<S>, potentialDifference: S, concentrationRatio: S,
    _ at: InsertionReaction.AtTemperature<S>
  ) -> S {
    let elasticity = transport.elasticity
    var potential = reaction.potential(x, hysteresisState: S(0), at).potential
    if elasticity.actsOnReaction { potential -= layer.potential }
    if let field = transport.field, let inner {
      potential -= field.surfaceGradientPotential(x, inner: inner, volume: volume)
    }
    var rate = at.rate
    if elasticity.reactionActivationVolume != 0 {
      rate =
        rate
        * S.exp(
          (elasticity.reactionActivationVolume * elasticity.modulusUnit / Constants.faraday)
            * (layer.hydrostatic / at.thermalVoltage))
    }
    return reaction.imbalance(
      currentDensity: currentDensity, potentialDifference: potentialDifference, potential: potential, stoichiometry: x,
      concentrationRatio: concentrationRatio, rate: rate, at)
  }
}

extension ActiveMaterial {
  /// Linear elements, the control volumes of which are the layers.
  func layeredMesh(intervals: Int) -> RadialMesh {
    if case .cahnHilliard(let model) = transport { return model.mesh(self) }
    return RadialMesh(
      intervals: intervals, order: 1, shape: shape, hollowness: hollowness,
      map: mechanics?.bending == nil ? RadialMesh.milder : { $0 })
  }
}
