import Integration

/// Elasticity that changes with the composition, or of a bent plate: a particle as layers around the nodes of its mesh, each
/// of them uniform, of which the displacement of every boundary is known exactly (Lamé). Its unknowns beside the
/// stoichiometries are these displacements u in spheres and cylinders, and the stretch s that all layers share: along a
/// cylinder's axis, in a plate's plane (of an Allen–Cahn platelet, whose layers are the cells along its facets: across these).
///
/// The stress is the one that makes the elastic energy Σ Vᵢ W(uᵢ, s, xᵢ) smallest, and −Ω σ_h + ½ ε:(∂C/∂c):ε its derivative
/// with respect to the composition: energy and potential belong to each other to the last digit. Surfaces with a stress of
/// their own count in the energy. Plain memory.
struct LayeredElasticity {
  fileprivate let shape: ParticleShape
  /// E/E₀ and ε(x), the strain without stress, with their slopes.
  fileprivate let modulus, modulusSlope, strain, strainSlope: FunctionView
  fileprivate let hasConstantModulus: Bool
  /// E₀/(F c_max) in V and E₀ in Pa.
  fileprivate let potentialUnit: Double
  let modulusUnit: Double
  // Per Young's modulus: bulk modulus, shear modulus, Lamé's first parameter, 1/(1 − ν).
  fileprivate let bulk, shear, lame, biaxial: Double
  /// Relative radii between which each layer lies, one more than there are layers.
  let faces: UnsafeBufferPointer<Double>
  let volumes: UnsafeBufferPointer<Double>
  /// Relative radii at which the compositions are those of the layers.
  let nodes: UnsafeBufferPointer<Double>
  /// ε_m of a clamped film.
  fileprivate let clampedStrain: Double?
  /// Of a bent plate: strain of its outer face over that of the middle, and whether it keeps its width.
  fileprivate let bending: Double
  let isBent: Bool
  fileprivate let isWide: Bool
  let actsOnFlux: Bool
  let actsOnReaction: Bool
  /// ΔV E₀/F in V: by which rates change with the hydrostatic stress over E₀.
  let reactionActivation, diffusionActivation: Double

  /// Of each layer with a neighbour on either side.
  fileprivate let geometry: UnsafeBufferPointer<Geometry>

  /// What follows from the faces of a layer. The displacement a ρ + b/ρ^(s−1) has a = fromOutside u₂ − fromInside u₁ and
  /// b = varying (ρ₂ u₁ − ρ₁ u₂).
  fileprivate struct Geometry {
    let fromOutside, fromInside, varying: Double
    /// The mean of 1/ρ^2s over the layer, 1/(ρ₁ ρ₂)^s, and 1/ρ^s at its faces; 0 for a centre.
    let meanSquare, atInner, atOuter: Double

    init(_ r1: Double, _ r2: Double, _ s: Double) {
      let volume = Double.pow(r2, s) - Double.pow(r1, s)
      fromOutside = Double.pow(r2, s - 1) / volume
      fromInside = Double.pow(r1, s - 1) / volume
      varying = Double.pow(r1 * r2, s - 1) / volume
      atInner = r1 > 0 ? 1 / Double.pow(r1, s) : 0
      atOuter = 1 / Double.pow(r2, s)
      meanSquare = atInner * atOuter
    }
  }

  /// Over E₀ R: surface stress and surface modulus of the particle in each volume; empty without.
  fileprivate let surface: UnsafeBufferPointer<Surface>

  fileprivate struct Surface {
    let stress, modulus: Double
  }

  /// What a layer does.
  struct Layer<S: Scalar> {
    /// What stress adds to the chemical potential over F, in V.
    let potential: S
    /// σ_h, and σ_r at its inner and outer face, over E₀; not that of a plate.
    let hydrostatic, inner, outer: S
    /// The stress that pulls on the stretch, over E₀, and the displacement of its outer face over the radius.
    let pull, displacement: S
    /// Means over the layer, of σ_r and σ_θ where the layer's node stands, over E₀.
    let stress: LameStress<S>
  }

  /// - Parameters:
  ///   - volumes: shares of the layers.
  ///   - nodes: relative radii at which the compositions are those of the layers.
  ///   - radii: in m, of the particle in each volume.
  init(
    _ material: ActiveMaterial, _ mechanics: Mechanics, volumes: [Double], nodes: [Double], radii: [Double],
    in memory: PlainMemory
  ) {
    shape = material.shape
    let one = MaterialFunction(1)
    let ratio = mechanics.modulusRatio ?? one
    modulus = memory.view(ratio)
    modulusSlope = memory.view(ratio.slope)
    hasConstantModulus = ratio.isConstant
    strain = memory.view(mechanics.freeStrain(maximumConcentration: material.maximumConcentration))
    strainSlope = memory.view(mechanics.freeStrainSlope(maximumConcentration: material.maximumConcentration))
    modulusUnit = mechanics.youngsModulus
    potentialUnit = mechanics.youngsModulus / (Constants.faraday * material.maximumConcentration)
    let nu = mechanics.poissonRatio
    bulk = 1 / (3 * (1 - 2 * nu))
    shear = 1 / (2 * (1 + nu))
    lame = bulk - 2 * shear / 3
    biaxial = 1 / (1 - nu)
    self.volumes = memory.copy(volumes)
    self.nodes = memory.copy(nodes)
    let s = material.shape.factor
    let hollow = Double.pow(material.hollowness, s)
    var filled = 0.0
    var faces = [material.hollowness]
    for volume in volumes {
      filled += volume
      faces.append(Double.pow(hollow + (1 - hollow) * min(filled, 1), 1 / s))
    }
    faces[faces.count - 1] = 1
    self.faces = memory.copy(faces)
    geometry = memory.copy(zip(faces, faces.dropFirst()).map { Geometry($0, $1, s) })
    clampedStrain = mechanics.film?.misfitStrain
    bending = mechanics.bending.map { material.radius / $0.radius } ?? 0
    isBent = mechanics.bending != nil
    isWide = mechanics.bending?.isWide ?? true
    actsOnFlux = mechanics.flux != nil
    actsOnReaction = mechanics.actsOnReaction
    reactionActivation = mechanics.reactionActivationVolume * mechanics.youngsModulus / Constants.faraday
    diffusionActivation = mechanics.diffusionActivationVolume * mechanics.youngsModulus / Constants.faraday
    let hasSurface = mechanics.surfaceStress != 0 || mechanics.surfaceModulus != 0
    surface = memory.copy(
      hasSurface
        ? radii.map {
          Surface(
            stress: mechanics.surfaceStress / (mechanics.youngsModulus * $0),
            modulus: mechanics.surfaceModulus / (mechanics.youngsModulus * $0))
        } : [])
  }

  /// ε of a composition without stress.
  func freeStrain(_ x: Double) -> Double { strain(x) }

  /// Strain of a layer of a bent plate over that of the middle plane.
  func bendingStrain(_ i: Int) -> Double { bending * nodes[i] }

  /// E/E₀.
  func relativeModulus(_ x: Double) -> Double { modulus(x) }

  /// exp(ΔV σ_h/RT).
  /// - Parameters:
  ///   - activation: ΔV E₀/F in V.
  ///   - hydrostatic: σ_h over E₀.
  @inline(__always)
  func factor<S: Scalar>(_ activation: Double, _ hydrostatic: S, thermalVoltage: S) -> S {
    S.exp(activation * (hydrostatic / thermalVoltage))
  }

  /// What the surfaces add to the pull on the stretch, over E₀: those of the faces of a plate in its plane, and of a cylinder
  /// along its axis.
  @inline(__always)
  func surfacePull<S: Scalar>(_ stretch: S, volume: Int) -> S {
    guard !surface.isEmpty, shape != .sphere, clampedStrain == nil else { return S(0) }
    let own = surface[volume]
    // Along a cylinder 2πR (1 + ρ₀) beside πR² (1 − ρ₀²); both directions of a plate that cannot give in across.
    let share = shape == .cylinder ? 2 / (1 - faces[0]) : isWide ? 2 : 1
    return share * (own.stress + own.modulus * stretch)
  }

  /// What bending makes of the moment of the surfaces, in the units of the moment of the layers.
  func surfaceMoment(volume: Int) -> Double {
    surface.isEmpty ? 0 : bending * bending * surface[volume].modulus
  }

  /// A linear equation a × a′ + b × b′ = right of the displacement a ρ + b/ρ^(s−1).
  private struct Condition<S> {
    let a, b, right: S
  }

  /// Free faces at a relative radius: no force on them but that of their surface stress.
  @inline(__always)
  private func freeFace<S: Scalar>(
    _ r: Double, isOutside: Bool, modulus: S, free: S, along: S, volume: Int
  ) -> Condition<S> {
    let force = shape == .sphere ? 3 * bulk : 2 * lame + 2 * shear
    let varying = shape == .sphere ? 4 * shear / (r * r * r) : 2 * shear / (r * r)
    let atRest = shape == .sphere ? force * free : force * free - lame * along
    guard !surface.isEmpty else { return Condition(a: S(force), b: S(-varying), right: atRest) }
    // It pulls a face inwards, and a wall towards the hollow.
    let own = surface[volume]
    let share = (isOutside ? 1 : -1) * (shape == .sphere ? 2 : 1) / r
    return Condition(
      a: force * modulus + share * own.modulus,
      b: -(varying * modulus) + share * own.modulus / Double.pow(r, shape.factor),
      right: modulus * atRest - share * own.stress)
  }

  /// The factors a and b of the first or the last layer.
  @inline(__always)
  private func solve<S: Scalar>(_ inner: Condition<S>, _ outer: Condition<S>) -> (a: S, b: S) {
    let determinant = inner.a * outer.b - inner.b * outer.a
    return (
      (inner.right * outer.b - inner.b * outer.right) / determinant,
      (inner.a * outer.right - inner.right * outer.a) / determinant
    )
  }

  /// The factors a and b of the displacement of the first or the last layer, from where its neighbour puts it and from its free
  /// face.
  @inline(__always)
  fileprivate func edge<S: Scalar>(
    _ i: Int, modulus: S, free: S, along: S, inside: S, outside: S, volume: Int
  ) -> (a: S, b: S) {
    let (r1, r2) = (faces[i], faces[i + 1])
    func moved(_ r: Double, to displacement: S) -> Condition<S> {
      Condition(a: S(r), b: S(1 / Double.pow(r, shape.factor - 1)), right: displacement)
    }
    let outer =
      i == volumes.count - 1
      ? freeFace(r2, isOutside: true, modulus: modulus, free: free, along: along, volume: volume)
      : moved(r2, to: outside)
    // At a centre there is no b.
    if r1 == 0 { return (outer.right / outer.a, S(0)) }
    let inner =
      i == 0
      ? freeFace(r1, isOutside: false, modulus: modulus, free: free, along: along, volume: volume)
      : moved(r1, to: inside)
    return solve(inner, outer)
  }

}

// By pointer: what is so large would be copied for each layer.
extension UnsafePointer<LayeredElasticity> {
  typealias Layer<S: Scalar> = LayeredElasticity.Layer<S>

  /// - Parameters:
  ///   - x: stoichiometry of layer i.
  ///   - inside: relative displacement of the boundary to the layer further in; not read of the first one.
  ///   - outside: of that further out; not read of the last one, whose surface is free.
  ///   - stretch: s; not read of a sphere or a clamped film.
  ///   - volume: in which the particle is.
  @inline(__always)
  func layer<S: Scalar>(_ i: Int, _ x: S, inside: S, outside: S, stretch: S, volume: Int) -> Layer<S> {
    let modulus = pointee.modulus(x)
    let free = pointee.strain(x)
    let isFirst = i == 0
    let isLast = i == pointee.volumes.count - 1
    let (r1, r2) = (pointee.faces[i], pointee.faces[i + 1])
    let layer = pointee.geometry[i]
    let (bulk, shear, lame, biaxial) = (pointee.bulk, pointee.shear, pointee.lame, pointee.biaxial)
    let zero = S(0)
    // Displacement a ρ + b/ρ^(s−1); energy per modulus, its slope against the free strain.
    var (a, b) = (free, zero)
    let energy: S
    let trace: S
    let pull: S
    let stress: LameStress<S>
    switch pointee.shape {
    case .plate:
      // Along the bend and across.
      let across = (pointee.clampedStrain.map { S($0) } ?? stretch) - free
      let along = across + pointee.bending * pointee.nodes[i]
      if pointee.isWide {
        let (sum, difference) = (along + across, along - across)
        trace = biaxial * sum
        energy = (0.25 * biaxial) * (sum * sum) + (0.5 * shear) * (difference * difference)
        stress = LameStress(
          uniform: modulus * (0.5 * trace + shear * difference), varying: zero,
          axial: modulus * (0.5 * trace - shear * difference))
      } else {
        trace = along
        energy = 0.5 * (along * along)
        stress = LameStress(uniform: modulus * along, varying: zero, axial: zero)
      }
      pull = trace
      a = zero
    case .sphere:
      if isFirst || isLast {
        (a, b) = pointee.edge(
          i, modulus: modulus, free: free, along: zero, inside: inside, outside: outside, volume: volume)
      } else {
        a = layer.fromOutside * outside - layer.fromInside * inside
        b = layer.varying * (r2 * inside - r1 * outside)
      }
      let elastic = a - free
      energy = (4.5 * bulk) * (elastic * elastic) + (6 * shear * layer.meanSquare) * (b * b)
      trace = (9 * bulk) * elastic
      pull = stretch
      stress = LameStress(
        uniform: (3 * bulk) * (modulus * elastic), varying: (4 * shear) * (modulus * b),
        axial: zero)
    case .cylinder:
      let twice = 2 * shear
      let along = stretch - free
      if isFirst || isLast {
        (a, b) = pointee.edge(
          i, modulus: modulus, free: free, along: along, inside: inside, outside: outside, volume: volume)
      } else {
        a = layer.fromOutside * outside - layer.fromInside * inside
        b = layer.varying * (r2 * inside - r1 * outside)
      }
      let elastic = a - free
      let dilation = 2 * elastic + along
      energy =
        (0.5 * lame) * (dilation * dilation) + shear * (2 * (elastic * elastic) + along * along)
        + (twice * layer.meanSquare) * (b * b)
      trace = (3 * bulk) * dilation
      pull = lame * dilation + twice * along
      stress = LameStress(
        uniform: modulus * (lame * dilation + twice * elastic), varying: twice * (modulus * b), axial: modulus * pull)
    }
    // −tr σ ε′ + E′ × energy.
    var potential = -(modulus * trace * pointee.strainSlope(x))
    if !pointee.hasConstantModulus { potential += pointee.modulusSlope(x) * energy }
    return Layer(
      potential: pointee.potentialUnit * potential, hydrostatic: (1 / 3.0) * (modulus * trace),
      inner: stress.uniform - layer.atInner * stress.varying, outer: stress.uniform - layer.atOuter * stress.varying,
      pull: pointee.shape == .sphere || pointee.clampedStrain != nil ? stretch : modulus * pull,
      displacement: r2 * (a + layer.atOuter * b), stress: stress)
  }
}
