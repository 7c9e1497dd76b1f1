import Integration

/// Transport in a particle with `LayeredElasticity`: by Fick's law, or of a phase field.
struct LayeredTransport {
  let elasticity: LayeredElasticity
  /// nil for Fick's law, and in a particle without gradients.
  let field: CahnHilliardTransport?
  /// Relative radii.
  let nodes: UnsafeBufferPointer<Double>
  /// ∫ of the shape functions' slopes between the nodes i and i + 1.
  private let conductances: UnsafeBufferPointer<Double>
  private let inverseSquareRadius: UnsafeBufferPointer<Double>
  private let fickian: FickianTransport

  /// How many nodes away the equations of a node read.
  var reach: Int { field == nil ? 1 : CahnHilliardTransport.bandwidth }

  init(
    _ material: ActiveMaterial, _ mechanics: Mechanics, radii: [Double], intervals: Int, referenceTemperature: Double,
    in memory: PlainMemory
  ) {
    let mesh = material.layeredMesh(intervals: intervals)
    elasticity = LayeredElasticity(material, mechanics, volumes: mesh.volumes, in: memory)
    nodes = memory.copy(mesh.nodes)
    let last = mesh.nodes.count - 1
    conductances = memory.copy((0..<last).map { -mesh.stiffness[$0][1 + mesh.bandwidth] })
    inverseSquareRadius = memory.copy(radii.map { 1 / ($0 * $0) })
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
        drop += fickian.compositionPerPotential(middle, own) * (strain(i + 1) - strain(i))
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
    for i in 0...last {
      let own = layout.stoichiometry(node: i, volume: volume)
      let here = layer(i, a)
      a.add(elasticity.volumes[i] * a.rate(own, lane: i & 3), to: own)
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
        a.add(-flux, to: layout.stoichiometry(node: i, volume: volume))
        a.add(flux, to: layout.stoichiometry(node: i + 1, volume: volume))
      })
    a.add(stoichiometryPerCharge[volume] * j, to: layout.surface(volume: volume))

    let surface = a.differential(layout.surface(volume: volume), lane: 3)
    let outermost = elasticity.layer(
      last, surface,
      inside: moves && last > 0 ? a.algebraic(layout.displacement(node: last - 1, volume: volume), lane: 7) : S(0),
      outside: S(0), stretch: a.algebraic(layout.local + volume, lane: 5))
    var potential = reaction.potential(surface, hysteresisState: S(0), at).potential
    if elasticity.actsOnReaction { potential -= outermost.potential }
    if let field = transport.field {
      let inner = a.differential(layout.stoichiometry(node: last - 1, volume: volume), lane: 6)
      potential -= field.surfaceGradientPotential(surface, inner: inner, volume: volume)
    }
    var rate = at.rate
    if elasticity.reactionActivationVolume != 0 {
      rate =
        rate
        * S.exp(
          (elasticity.reactionActivationVolume * elasticity.modulusUnit / Constants.faraday)
            * (outermost.hydrostatic / at.thermalVoltage))
    }
    a.add(
      reaction.imbalance(
        currentDensity: j, potentialDifference: potentialDifference, potential: potential, stoichiometry: surface,
        concentrationRatio: concentrationRatio, rate: rate, at), to: layout.reaction + volume)
  }
}

extension ActiveMaterial {
  /// Linear elements, the control volumes of which are the layers.
  func layeredMesh(intervals: Int) -> RadialMesh {
    if case .cahnHilliard(let model) = transport { return model.mesh(self) }
    return RadialMesh(
      intervals: intervals, order: 1, shape: shape, hollowness: hollowness, map: RadialMesh.milder)
  }
}
