import Integration

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The shape of a particle, along the one coordinate of which everything in it varies: what it means for volumes and for
/// elastic stress. A new shape is a case here, with the number by which cell files name it.
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

  public var vonMises: Double { vonMisesSquare.squareRoot() }

  var vonMisesSquare: Double {
    let (a, b, c) = (radial - hoop, hoop - axial, axial - radial)
    return 0.5 * (a * a + b * b + c * c)
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
}

/// Lamé's field, that of a body which is strained from its surfaces alone: σ_r = uniform − varying/ρ^s, σ_θ = uniform +
/// varying/((s − 1) ρ^s) at the relative radius ρ, and the stress along an axis; in a plate σ_r = 0 and σ_θ = uniform. In Pa, or
/// over a modulus.
struct LameStress<S: Scalar> {
  let uniform, varying, axial: S
}

extension LameStress<Double> {
  func stress(_ shape: ParticleShape, radius: Double) -> Stress {
    switch shape {
    case .plate: return Stress(radial: 0, hoop: uniform, axial: axial)
    case .cylinder:
      let varying = self.varying == 0 ? 0 : self.varying / (radius * radius)
      return Stress(radial: uniform - varying, hoop: uniform + varying, axial: axial)
    case .sphere:
      let varying = self.varying == 0 ? 0 : self.varying / (radius * radius * radius)
      let hoop = uniform + 0.5 * varying
      return Stress(radial: uniform - varying, hoop: hoop, axial: hoop)
    }
  }

  static func * (factor: Double, a: LameStress) -> LameStress {
    LameStress(uniform: factor * a.uniform, varying: factor * a.varying, axial: factor * a.axial)
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

  /// Stress that a surface stress of 1 N/m, the same in all directions, makes in a body, a hollow one with it on both of its
  /// surfaces; elastic surfaces give in by as much as they are squeezed.
  /// - Parameters:
  ///   - hollowness: inner over outer radius.
  ///   - surfaceModulus: K_s in N/m, by which the surface stress rises per strain of the surface.
  ///   - modulus: E in Pa.
  /// - Returns: whether there is one: a surface whose modulus is far below 0 has no equilibrium with the body.
  func surfaceStress(
    radius: Double, hollowness: Double, surfaceModulus: Double, modulus: Double, poisson nu: Double
  ) -> (stress: LameStress<Double>, isStable: Bool) {
    // The forces f per length of a surface: around the outer one, along an axis, around the inner one.
    let count = (self == .cylinder ? 2 : 1) + (hollowness > 0 ? 1 : 0)
    func stress(_ f: [Double]) -> LameStress<Double> {
      let inside = hollowness > 0 ? f[count - 1] : 0
      switch self {
      case .plate: return LameStress(uniform: -f[0] / radius, varying: 0, axial: -f[0] / radius)
      case .cylinder:
        let uniform = -(f[0] + hollowness * inside) / (radius * (1 - hollowness * hollowness))
        return LameStress(
          uniform: uniform, varying: hollowness > 0 ? uniform + f[0] / radius : 0,
          axial: -2 * f[1] / (radius * (1 - hollowness)))
      case .sphere:
        let squares = hollowness * hollowness
        let uniform = -2 * (f[0] + squares * inside) / (radius * (1 - squares * hollowness))
        return LameStress(uniform: uniform, varying: hollowness > 0 ? uniform + 2 * f[0] / radius : 0, axial: 0)
      }
    }
    func strains(_ lame: LameStress<Double>) -> [Double] {
      func around(_ s: Stress) -> Double { (s.hoop - nu * (s.radial + s.axial)) / modulus }
      let outside = lame.stress(self, radius: 1)
      return [around(outside)]
        + (self == .cylinder ? [(outside.axial - nu * (outside.radial + outside.hoop)) / modulus] : [])
        + (hollowness > 0 ? [around(lame.stress(self, radius: hollowness))] : [])
    }
    // f = 1 + K_s ε of the surface, where ε follows from the stress. The matrix is similar to a symmetric one, which is
    // positive definite when all pivots are above 0.
    var matrix = (0..<count).map { row in (0..<count).map { $0 == row ? 1.0 : 0 } + [1] }
    for column in 0..<count {
      for (row, strain) in strains(stress((0..<count).map { $0 == column ? 1 : 0 })).enumerated() {
        matrix[row][column] -= surfaceModulus * strain
      }
    }
    var isStable = true
    for pivot in 0..<count {
      isStable = isStable && matrix[pivot][pivot] > 0
      for row in 0..<count where row != pivot {
        let factor = matrix[row][pivot] / matrix[pivot][pivot]
        for column in pivot...count { matrix[row][column] -= factor * matrix[pivot][column] }
      }
    }
    return (stress((0..<count).map { matrix[$0][count] / matrix[$0][$0] }), isStable)
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
