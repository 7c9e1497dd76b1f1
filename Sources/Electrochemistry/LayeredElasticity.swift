import Integration

/// Elasticity that changes with the composition, or of a bent plate: a particle as layers around the nodes of its mesh, each
/// of them uniform, of which the displacement of every boundary is known exactly (Lamé). Its unknowns beside the
/// stoichiometries are these displacements u in spheres and cylinders, and the stretch s that all layers share: along a
/// cylinder's axis, in a plate's plane.
///
/// The stress is the one that makes the elastic energy Σ Vᵢ W(uᵢ, s, xᵢ) smallest, and −Ω σ_h + ½ ε:(∂C/∂c):ε its derivative
/// with respect to the composition: energy and potential belong to each other to the last digit. Plain memory.
struct LayeredElasticity {
  private let shape: ParticleShape
  /// E/E₀ and ε(x), the strain without stress, with their slopes.
  private let modulus, modulusSlope, strain, strainSlope: FunctionView
  private let hasConstantModulus: Bool
  /// E₀/(F c_max) in V and E₀ in Pa.
  private let potentialUnit: Double
  let modulusUnit: Double
  // Per Young's modulus: bulk modulus, shear modulus, Lamé's first parameter, 1/(1 − ν).
  private let bulk, shear, lame, biaxial: Double
  /// Relative radii between which each layer lies, one more than there are layers.
  let faces: UnsafeBufferPointer<Double>
  let volumes: UnsafeBufferPointer<Double>
  /// Relative radii at which the compositions are those of the layers.
  let nodes: UnsafeBufferPointer<Double>
  /// ε_m of a clamped film.
  private let clampedStrain: Double?
  /// Of a bent plate: strain of its outer face over that of the middle, and whether it keeps its width.
  private let bending: Double
  let isBent: Bool
  private let isWide: Bool
  let actsOnFlux: Bool
  let actsOnReaction: Bool
  /// ΔV in m³/mol.
  let reactionActivationVolume: Double

  /// What a layer does.
  struct Layer<S: Scalar> {
    /// What stress adds to the chemical potential over F, in V.
    let potential: S
    /// σ_h, and σ_r at its inner and outer face, over E₀.
    let hydrostatic, inner, outer: S
    /// The stress that pulls on the stretch, over E₀, and the displacement of its outer face over the radius.
    let pull, displacement: S
    /// Means over the layer.
    let stress: LayerStress<S>
  }

  /// Over E₀: radial and hoop stress where the layer's node stands, and along the axis.
  struct LayerStress<S: Scalar> {
    /// σ_r = uniform − varying/ρ^s, σ_θ = uniform + varying/((s − 1) ρ^s); of a plate σ_r = 0 and σ_θ = uniform, along a bend.
    let uniform, varying, axial: S
  }

  init(_ material: ActiveMaterial, _ mechanics: Mechanics, _ mesh: RadialMesh, in memory: PlainMemory) {
    shape = material.shape
    let one = MaterialFunction(1)
    let ratio = mechanics.modulusRatio ?? one
    modulus = memory.view(ratio)
    modulusSlope = memory.view(ratio.slope)
    hasConstantModulus = ratio.isConstant
    let expansion = mechanics.expansion(maximumConcentration: material.maximumConcentration)
    let molarVolume = mechanics.molarVolumeRatio ?? one
    strain = memory.view(molarVolume.integral(from: mechanics.referenceStoichiometry, times: expansion))
    strainSlope = memory.view(
      molarVolume.isConstant
        ? MaterialFunction(expansion) : MaterialFunction(tabulating: { expansion * molarVolume($0) }, over: 0...1))
    modulusUnit = mechanics.youngsModulus
    potentialUnit = mechanics.youngsModulus / (Constants.faraday * material.maximumConcentration)
    let nu = mechanics.poissonRatio
    bulk = 1 / (3 * (1 - 2 * nu))
    shear = 1 / (2 * (1 + nu))
    lame = bulk - 2 * shear / 3
    biaxial = 1 / (1 - nu)
    volumes = memory.copy(mesh.volumes)
    nodes = memory.copy(mesh.nodes)
    let s = material.shape.factor
    let hollow = Double.pow(material.hollowness, s)
    var filled = 0.0
    var faces = [material.hollowness]
    for volume in mesh.volumes {
      filled += volume
      faces.append(Double.pow(hollow + (1 - hollow) * min(filled, 1), 1 / s))
    }
    faces[faces.count - 1] = 1
    self.faces = memory.copy(faces)
    clampedStrain = mechanics.film?.misfitStrain
    bending = mechanics.bending.map { material.radius / $0.radius } ?? 0
    isBent = mechanics.bending != nil
    isWide = mechanics.bending?.isWide ?? true
    actsOnFlux = mechanics.flux != nil
    actsOnReaction = mechanics.actsOnReaction
    reactionActivationVolume = mechanics.reactionActivationVolume
  }

  /// ε of a composition without stress.
  func freeStrain(_ x: Double) -> Double { strain(x) }

  /// Strain of a layer of a bent plate over that of the middle plane.
  func bendingStrain(_ i: Int) -> Double { bending * nodes[i] }

  /// Stress over E along a plate that is bent by a strain and not swollen.
  func straightStress(_ strain: Double) -> Double { isWide ? (0.5 * biaxial + shear) * strain : strain }

  /// E/E₀.
  func relativeModulus(_ x: Double) -> Double { modulus(x) }

  /// - Parameters:
  ///   - x: stoichiometry of layer i.
  ///   - inside: relative displacement of the boundary to the layer further in; not read of the first one.
  ///   - outside: of that further out; not read of the last one, whose surface is free.
  ///   - stretch: s; not read of a sphere or a clamped film.
  @inline(__always)
  func layer<S: Scalar>(_ i: Int, _ x: S, inside: S, outside: S, stretch: S) -> Layer<S> {
    let modulus = modulus(x)
    let free = strain(x)
    let isFirst = i == 0
    let isLast = i == volumes.count - 1
    let (r1, r2) = (faces[i], faces[i + 1])
    let zero = S(0)
    // Displacement a ρ + b/ρ^(s−1); energy per modulus, its slope against the free strain.
    var (a, b) = (free, zero)
    let energy: S
    let trace: S
    let pull: S
    let stress: LayerStress<S>
    switch shape {
    case .plate:
      // Along the bend and across.
      let across = (clampedStrain.map { S($0) } ?? stretch) - free
      let along = across + bending * nodes[i]
      if isWide {
        let (sum, difference) = (along + across, along - across)
        trace = biaxial * sum
        energy = (0.25 * biaxial) * (sum * sum) + (0.5 * shear) * (difference * difference)
        stress = LayerStress(
          uniform: modulus * (0.5 * trace + shear * difference), varying: zero,
          axial: modulus * (0.5 * trace - shear * difference))
      } else {
        trace = along
        energy = 0.5 * (along * along)
        stress = LayerStress(uniform: modulus * along, varying: zero, axial: zero)
      }
      pull = trace
      a = zero
    case .sphere:
      if isFirst && isLast {
        a = free
      } else if isLast {
        // No force on the surface: 3 k (a − ε) = 4 g b.
        let c = r1 * r1
        a = (1 / (3 * bulk + 4 * shear * c * r1)) * ((3 * bulk) * free + (4 * shear * c) * inside)
        b = c * (inside - r1 * a)
      } else if isFirst {
        // None on a wall inside; no b at a centre.
        let c = 3 * bulk / (4 * shear) * r1 * r1 * r1
        a = (1 / (r2 + c / (r2 * r2))) * (outside + (c / (r2 * r2)) * free)
        b = c * (a - free)
      } else {
        let volume = r2 * r2 * r2 - r1 * r1 * r1
        a = (1 / volume) * ((r2 * r2) * outside - (r1 * r1) * inside)
        b = (r1 * r1 * r2 * r2 / volume) * (r2 * inside - r1 * outside)
      }
      let elastic = a - free
      let cubes = r1 * r1 * r1 * r2 * r2 * r2
      energy = (4.5 * bulk) * (elastic * elastic) + (cubes > 0 ? 6 * shear / cubes : 0) * (b * b)
      trace = (9 * bulk) * elastic
      pull = stretch
      stress = LayerStress(
        uniform: (3 * bulk) * (modulus * elastic), varying: (4 * shear) * (modulus * b),
        axial: zero)
    case .cylinder:
      let (sum, twice) = (2 * lame + 2 * shear, 2 * shear)
      let along = stretch - free
      if isFirst && isLast {
        a = free
      } else if isLast {
        a =
          (1 / (sum + twice * r1 * r1)) * (sum * free - lame * along + (twice * r1) * inside)
        b = r1 * (inside - r1 * a)
      } else if isFirst {
        let c = r1 * r1 / twice
        a = (1 / (r2 + c * sum / r2)) * (outside + (c / r2) * (sum * free - lame * along))
        b = c * (sum * (a - free) + lame * along)
      } else {
        let area = r2 * r2 - r1 * r1
        a = (1 / area) * (r2 * outside - r1 * inside)
        b = (r1 * r2 / area) * (r2 * inside - r1 * outside)
      }
      let elastic = a - free
      let volume = 2 * elastic + along
      let squares = r1 * r1 * r2 * r2
      energy =
        (0.5 * lame) * (volume * volume) + shear * (2 * (elastic * elastic) + along * along)
        + (squares > 0 ? twice / squares : 0) * (b * b)
      trace = (3 * bulk) * volume
      pull = lame * volume + twice * along
      stress = LayerStress(
        uniform: modulus * (lame * volume + twice * elastic), varying: twice * (modulus * b), axial: modulus * pull)
    }
    // −tr σ ε′ + E′ × energy.
    var potential = -(modulus * trace * strainSlope(x))
    if !hasConstantModulus { potential += modulusSlope(x) * energy }
    let s = shape.factor
    return Layer(
      potential: potentialUnit * potential, hydrostatic: (1 / 3.0) * (modulus * trace),
      inner: isFirst ? zero : stress.uniform - (1 / Double.pow(r1, s)) * stress.varying,
      outer: isLast ? zero : stress.uniform - (1 / Double.pow(r2, s)) * stress.varying,
      pull: shape == .sphere || clampedStrain != nil ? stretch : modulus * pull,
      displacement: r2 * a + (1 / Double.pow(r2, s - 1)) * b, stress: stress)
  }
}
