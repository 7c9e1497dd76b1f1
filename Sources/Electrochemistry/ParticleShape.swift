#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The shape of a particle, along the one coordinate of which everything in it varies: what it means for volumes and for
/// elastic stress. A new shape is a case here.
public enum ParticleShape: Int, Sendable, CaseIterable, BitwiseCopyable {
  case plate = 1
  case cylinder = 2
  case sphere = 3

  /// Surface × radius / volume: 1, 2 or 3. A shell of the relative radius ρ holds s ρ^(s−1) dρ of the volume.
  public var factor: Double { Double(rawValue) }
}

/// Stresses in Pa along the radius (the normal of a plate), around it and along the axis; tension is positive. Around a
/// sphere and in a plate the last two are alike.
public struct Stress: Sendable, Equatable, BitwiseCopyable {
  public var radial: Double
  public var hoop: Double
  public var axial: Double

  /// σ_h, a third of the trace.
  public var hydrostatic: Double { (radial + hoop + axial) / 3 }

  public var vonMises: Double {
    let (a, b, c) = (radial - hoop, hoop - axial, axial - radial)
    return (0.5 * (a * a + b * b + c * c)).squareRoot()
  }

  /// ½ σ:ε_el in J/m³ for Young's modulus in Pa and Poisson's ratio.
  func energy(_ modulus: Double, _ poisson: Double) -> Double {
    let trace = radial + hoop + axial
    let squares = radial * radial + hoop * hoop + axial * axial
    return 0.5 * ((1 + poisson) * squares - poisson * trace * trace) / modulus
  }

  static func + (a: Stress, b: Stress) -> Stress {
    Stress(radial: a.radial + b.radial, hoop: a.hoop + b.hoop, axial: a.axial + b.axial)
  }

  static func * (factor: Double, a: Stress) -> Stress {
    Stress(radial: factor * a.radial, hoop: factor * a.hoop, axial: factor * a.axial)
  }
}

extension ParticleShape {
  /// By how much in Pa the hydrostatic stress of a body that nothing holds falls per strain by which a point of it exceeds
  /// the mean: ⅔ E/(1 − ν) for each of these three.
  func hydrostaticStiffness(modulus: Double, poisson: Double) -> Double {
    switch self {
    case .plate, .cylinder, .sphere: 2 * modulus / (3 * (1 - poisson))
    }
  }

  /// Stress in a body that nothing holds, whose stress-free linear strain ε(ρ) is the same in all directions (Timoshenko &
  /// Goodier, Theory of Elasticity, ch. 13: thermal stresses).
  /// - Parameters:
  ///   - modulus: E in Pa.
  ///   - strain: ε.
  ///   - mean: ε̄, its mean over the particle.
  ///   - partial: v ε̄ − ∫ ε dv, over the share v of the volume that lies further inside, divided by that share of a solid
  ///     body, ρ^s/(1 − ρ₀^s); at a centre its limit ε̄ − ε.
  func freeStress(modulus: Double, poisson: Double, strain: Double, mean: Double, partial: Double) -> Stress {
    let hydrostatic = hydrostaticStiffness(modulus: modulus, poisson: poisson) * (mean - strain)
    let biaxialModulus = modulus / (1 - poisson)
    switch self {
    case .plate: return Stress(radial: 0, hoop: 1.5 * hydrostatic, axial: 1.5 * hydrostatic)
    case .cylinder:
      let radial = 0.5 * biaxialModulus * partial
      return Stress(radial: radial, hoop: 1.5 * hydrostatic - radial, axial: 1.5 * hydrostatic)
    case .sphere:
      let radial = 2 * biaxialModulus / 3 * partial
      let hoop = 0.5 * (3 * hydrostatic - radial)
      return Stress(radial: radial, hoop: hoop, axial: hoop)
    }
  }

  /// Stress that a surface stress of 1 N/m, the same in all directions, makes in a solid body; an elastic surface gives in by
  /// as much as the body is squeezed.
  /// - Parameters:
  ///   - surfaceModulus: K_s in N/m, by which the surface stress rises per strain of the surface.
  ///   - modulus: E in Pa.
  func surfaceStress(radius: Double, surfaceModulus: Double, modulus: Double, poisson nu: Double) -> Stress {
    // f = 1 + K_s ε of the surface, where ε follows from the stress.
    let q = surfaceModulus / (modulus * radius)
    switch self {
    case .plate:
      let stress = -1 / (radius * (1 + q * (1 - nu)))
      return Stress(radial: 0, hoop: stress, axial: stress)
    case .cylinder:
      // Around, f (1 + q (1−ν)) − 2qν f_z = 1; along the axis, f_z (1 + 2q) − 2qν f = 1.
      let (a, b, c) = (1 + q * (1 - nu), 2 * q * nu, 1 + 2 * q)
      let determinant = a * c - b * b
      let around = (c + b) / determinant
      let along = (a + b) / determinant
      return Stress(radial: -around / radius, hoop: -around / radius, axial: -2 * along / radius)
    case .sphere:
      let stress = -2 / (radius * (1 + 2 * q * (1 - 2 * nu)))
      return Stress(radial: stress, hoop: stress, axial: stress)
    }
  }

  /// The radius (half-thickness) in m below which a particle holds too little elastic energy to crack in two, by Griffith's
  /// balance: energy density × volume = fracture energy × the largest cross-section.
  func crackFreeRadius(fractureEnergy: Double, energyDensity: Double) -> Double {
    switch self {
    case .plate: 0.5 * fractureEnergy / energyDensity
    case .cylinder: 2 / Double.pi * fractureEnergy / energyDensity
    case .sphere: 0.75 * fractureEnergy / energyDensity
    }
  }

  /// The stress that opens a flaw in the middle: a disc around the centre of a sphere or the axis of a cylinder, a slit along
  /// the middle plane of a plate.
  func opening(_ stress: Stress) -> Double { self == .plate ? stress.hoop : stress.axial }

  /// Stress intensity factor of a flaw from −a to a in the middle, as the integral of weight × opening stress over sin φ = r/a
  /// from 0 to π/2 (Tada, Paris & Irwin, The Stress Analysis of Cracks Handbook): penny crack K = (2/√(πa)) ∫ σ r dr/√(a² − r²),
  /// slit K = 2 √(a/π) ∫ σ dr/√(a² − r²).
  func flawWeight(size a: Double, sine: Double) -> Double {
    let root = 2 * (a / Double.pi).squareRoot()
    return self == .plate ? root : root * sine
  }
}
