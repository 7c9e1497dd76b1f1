import Integration

/// Transport in a particle with `LayeredElasticity`: by Fick's law, or of a phase field.
struct LayeredTransport {
  let elasticity: UnsafePointer<LayeredElasticity>
  /// nil for Fick's law, and in a particle without gradients.
  let field: UnsafePointer<CahnHilliardTransport>?
  /// ∫ of the shape functions' slopes between the nodes i and i + 1.
  fileprivate let conductances: UnsafeBufferPointer<Double>
  fileprivate let fickian: FickianTransport

  /// How many nodes away the equations of a node read.
  var reach: Int { field == nil ? 1 : CahnHilliardTransport.bandwidth }

  init(
    _ material: ActiveMaterial, _ mechanics: Mechanics, radii: [Double], intervals: Int, referenceTemperature: Double,
    in memory: PlainMemory
  ) {
    let mesh = material.layeredMesh(intervals: intervals)
    elasticity = memory.place(
      LayeredElasticity(material, mechanics, volumes: mesh.volumes, nodes: mesh.nodes, radii: radii, in: memory))
    let last = mesh.nodes.count - 1
    conductances = memory.copy((0..<last).map { -mesh.stiffness[$0][1 + mesh.bandwidth] })
    fickian = FickianTransport(
      material, nil, radii: radii, intervals: 0, order: 1, referenceTemperature: referenceTemperature,
      temperature: nil, in: memory)
    if case .cahnHilliard(let model) = material.transport {
      field = memory.place(
        CahnHilliardTransport(
          material, model, nil, radii: radii, referenceTemperature: referenceTemperature, in: memory))
    } else {
      field = nil
    }
  }

  /// What depends on the temperature only.
  struct AtTemperature<S: Scalar> {
    /// RT/F in V.
    fileprivate let thermalVoltage: S
    fileprivate let fickian: FickianTransport.AtTemperature<S>
    fileprivate let mobility: S
  }
}

// By pointer: what is so large would be copied for each node.
extension UnsafePointer<LayeredTransport> {
  @inline(__always)
  func at<S: Scalar>(
    _ temperature: S, _ host: InsertionReaction.AtTemperature<S>, volume: Int
  ) -> LayeredTransport.AtTemperature<S> {
    LayeredTransport.AtTemperature(
      thermalVoltage: host.thermalVoltage, fickian: pointee.fickian.at(temperature),
      mobility: pointee.field?.pointee.mobility(temperature, thermalVoltage: host.thermalVoltage, volume: volume)
        ?? S(0))
  }

  /// Whether the potential of the host drives the flux, and not only what stress adds to it.
  var readsHost: Bool { pointee.field != nil || pointee.fickian.runsDownPotential }

  /// What drives the flux from a node, or adds to what drives it, in V.
  /// - Parameters:
  ///   - before, after: stoichiometries beside it; read by phase fields, not beyond the ends.
  ///   - host: −U; read where `readsHost`.
  @inline(__always)
  func potential<S: Scalar>(
    _ i: Int, before: S, _ x: S, after: S, host: S, _ layer: LayeredElasticity.Layer<S>, volume: Int
  ) -> S {
    let strain = pointee.elasticity.pointee.actsOnFlux ? layer.potential : S(0)
    if let field = pointee.field {
      return field.pointee.potential(i, before: before, x, after: after, host: host + strain, volume: volume)
    }
    return pointee.fickian.runsDownPotential ? host + strain : strain
  }

  /// The flux between the nodes i and i + 1 as `CahnHilliardTransport.flux` has it.
  /// - Parameters:
  ///   - x: stoichiometry of either.
  ///   - drop: by which the potential is higher at i + 1.
  ///   - hydrostatic: σ_h over E₀, the sum of both.
  @inline(__always)
  func flux<S: Scalar>(
    _ i: Int, _ x: (inner: S, outer: S), drop potentialDrop: S, hydrostatic: S, volume: Int,
    _ at: LayeredTransport.AtTemperature<S>
  ) -> S {
    let middle = 0.5 * (x.inner + x.outer)
    var flux: S
    if let field = pointee.field {
      flux = field.pointee.flux(i, middle, drop: potentialDrop, mobility: at.mobility)
    } else {
      // By the potentials themselves, where they drive it: where they are equal there is no flux, to the last digit.
      var drop = pointee.fickian.runsDownPotential ? S(0) : x.outer - x.inner
      if pointee.elasticity.pointee.actsOnFlux {
        drop += pointee.fickian.compositionPerPotential(middle, at.fickian) * potentialDrop
      }
      flux = pointee.fickian.inwardFlux(
        middle, gradient: pointee.conductances[i] * drop, mean: S(0), at.fickian, volume: volume)
    }
    let activation = pointee.elasticity.pointee.diffusionActivation
    if activation != 0 {
      flux = flux * pointee.elasticity.pointee.factor(activation, 0.5 * hydrostatic, thermalVoltage: at.thermalVoltage)
    }
    return flux
  }
}

extension UnsafePointer<Particle> {
  /// Adds the equations of compositions, displacements, stretch and current density of the particle in volume `volume`. By address:
  /// what is called with a particle copies it, wherever it might be called.
  @inline(never)
  func addLayeredReaction<A: Assembly>(
    _ transport: UnsafePointer<LayeredTransport>, volume: Int, currentDensity j: A.Number,
    potentialDifference: A.Number, concentrationRatio: A.Number, temperature: A.Number,
    _ at: InsertionReaction.AtTemperature<A.Number>, to a: inout A
  ) {
    pointee.addLayeredReaction(
      transport, volume: volume, currentDensity: j, potentialDifference: potentialDifference,
      concentrationRatio: concentrationRatio, temperature: temperature, at, to: &a)
  }
}

extension Particle {
  @inline(__always)
  fileprivate func addLayeredReaction<A: Assembly>(
    _ transport: UnsafePointer<LayeredTransport>, volume: Int, currentDensity j: A.Number,
    potentialDifference: A.Number, concentrationRatio: A.Number, temperature: A.Number,
    _ at: InsertionReaction.AtTemperature<A.Number>, to a: inout A
  ) {
    typealias S = A.Number
    let elasticity = transport.pointee.elasticity
    let last = layout.nodeCount - 1
    let moves = layout.stride > 1
    let readsHost = transport.readsHost
    let atTransport = transport.at(temperature, at, volume: volume)
    let stretch = a.algebraic(layout.local + volume, lane: 7)
    let reactsOnBothFaces = layout.reactsOnBothFaces
    a.add(elasticity.pointee.surfacePull(stretch, volume: volume), to: layout.local + volume)
    // Neighbours have lanes of their own by turns: stoichiometries four, displacements three.
    var (before, here, after) = (S(0), S(0), a.differential(layout.stoichiometry(node: 0, volume: volume), lane: 0))
    var (inside, outside) = (S(0), S(0))
    var (potential, hydrostatic, outer) = (S(0), S(0), S(0))
    for i in 0...last {
      let own = layout.stoichiometry(node: i, volume: volume)
      (before, here) = (here, after)
      if i < last { after = a.differential(layout.stoichiometry(node: i + 1, volume: volume), lane: (i + 1) & 3) }
      inside = outside
      if moves { outside = a.algebraic(layout.displacement(node: i, volume: volume), lane: 4 + i % 3) }
      let layer = elasticity.layer(
        i, here, inside: inside, outside: outside, stretch: stretch, volume: volume)
      let host = readsHost ? -reaction.potential(here, hysteresisState: S(0), at).potential : S(0)
      let potentialBefore = potential
      potential = transport.potential(
        i, before: before, here, after: after, host: host, layer, volume: volume)
      if i > 0 {
        if moves { a.add(outer - layer.inner, to: layout.displacement(node: i - 1, volume: volume)) }
        let flux = transport.flux(
          i - 1, (before, here), drop: potential - potentialBefore, hydrostatic: hydrostatic + layer.hydrostatic,
          volume: volume, atTransport)
        a.add(-flux, to: layout.stoichiometry(node: i - 1, volume: volume))
        a.add(flux, to: own)
      }
      let share = elasticity.pointee.volumes[i]
      let change = share * a.rate(own, lane: i & 3)
      if reactsOnBothFaces { a.add(change, to: layout.reaction + volume) }
      a.add(change, to: own)
      a.add(share * layer.pull, to: layout.local + volume)
      if moves && i == last { a.add(outside - layer.displacement, to: layout.displacement(node: i, volume: volume)) }
      (hydrostatic, outer) = (layer.hydrostatic, layer.outer)
    }
    if reactsOnBothFaces {
      a.add(stoichiometryPerCharge[volume] * j, to: layout.reaction + volume)
      for face in [0, last] {
        addFace(
          face, transport, volume: volume, potentialDifference: potentialDifference,
          concentrationRatio: concentrationRatio, at, to: &a)
      }
      return
    }
    a.add(stoichiometryPerCharge[volume] * j, to: layout.surface(volume: volume))

    let surface = a.differential(layout.surface(volume: volume), lane: 3)
    let outermost = elasticity.layer(
      last, surface,
      inside: moves && last > 0 ? a.algebraic(layout.displacement(node: last - 1, volume: volume), lane: 7) : S(0),
      outside: S(0), stretch: a.algebraic(layout.local + volume, lane: 5), volume: volume)
    let inner =
      transport.pointee.field == nil
      ? nil : a.differential(layout.stoichiometry(node: last - 1, volume: volume), lane: 6)
    a.add(
      imbalance(
        transport, volume: volume, currentDensity: j, surface, inner: inner, outermost,
        potentialDifference: potentialDifference, concentrationRatio: concentrationRatio, at),
      to: layout.reaction + volume)
  }

  /// Adds the reaction on one of the two faces of a bent plate, each half of the particle's surface. Its current density is an
  /// unknown: as what the node there gains beyond what diffuses to it, the small difference of two large numbers, a slow
  /// reaction would feel every error in them.
  @inline(__always)
  private func addFace<A: Assembly>(
    _ face: Int, _ transport: UnsafePointer<LayeredTransport>, volume: Int, potentialDifference: A.Number,
    concentrationRatio: A.Number, _ at: InsertionReaction.AtTemperature<A.Number>, to a: inout A
  ) {
    typealias S = A.Number
    let equation = layout.faceReaction(node: face, volume: volume)
    let j = a.algebraic(equation, lane: 4)
    a.add(0.5 * stoichiometryPerCharge[volume] * j, to: layout.stoichiometry(node: face, volume: volume))
    let x = a.differential(layout.stoichiometry(node: face, volume: volume), lane: 3)
    let layer = transport.pointee.elasticity.layer(
      face, x, inside: S(0), outside: S(0), stretch: a.algebraic(layout.local + volume, lane: 5), volume: volume)
    let inner =
      transport.pointee.field == nil
      ? nil : a.differential(layout.stoichiometry(node: face == 0 ? 1 : face - 1, volume: volume), lane: 6)
    a.add(
      imbalance(
        transport, volume: volume, currentDensity: j, x, inner: inner, layer,
        potentialDifference: potentialDifference, concentrationRatio: concentrationRatio, at),
      to: equation)
  }

  /// The equation of a current density through the surface of a layer, in V.
  @inline(__always)
  private func imbalance<S: Scalar>(
    _ transport: UnsafePointer<LayeredTransport>, volume: Int, currentDensity: S, _ x: S, inner: S?,
    _ layer: LayeredElasticity.Layer<S>, potentialDifference: S, concentrationRatio: S,
    _ at: InsertionReaction.AtTemperature<S>
  ) -> S {
    var potential = reaction.potential(x, hysteresisState: S(0), at).potential
    if let field = transport.pointee.field, let inner {
      potential -= field.pointee.surfaceGradientPotential(x, inner: inner, volume: volume)
    }
    let (shift, rate) = transport.pointee.elasticity.pointee.effect(layer, at)
    return reaction.imbalance(
      currentDensity: currentDensity, potentialDifference: potentialDifference, potential: potential - shift,
      stoichiometry: x, concentrationRatio: concentrationRatio, rate: rate, at)
  }
}

extension LayeredElasticity {
  /// What the stress of a layer does to a reaction at its surface: by how many volts it lowers the potential, and by which
  /// factor, that of the temperature included, the exchange current density is larger.
  @inline(__always)
  func effect<S: Scalar>(
    _ layer: Layer<S>, _ at: InsertionReaction.AtTemperature<S>
  ) -> (shift: S, rate: S) {
    (
      actsOnReaction ? layer.potential : S(0),
      reactionActivation == 0
        ? at.rate : at.rate * factor(reactionActivation, layer.hydrostatic, thermalVoltage: at.thermalVoltage)
    )
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
