#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How the radii of particles are distributed.
enum SizeDistribution {
  /// In m.
  case logNormal(mean: Double, deviation: Double)
  /// Mean radius in m; the larger the modulus, the narrower.
  case weibull(mean: Double, modulus: Double)

  /// Classes of equal shares of what the distribution counts, each at the radius in the middle of its share.
  /// - Parameter shape: nil where the distribution is one of volume over the radius; else it counts particles, and a share of
  ///   the volume is that of a number × the volume of such a particle. Nanowires are all equally long and platelets equally
  ///   wide.
  func classes(_ count: Int, numberWeightedIn shape: ParticleShape?) -> [(radius: Double, share: Double)] {
    let radii = (0..<count).map { radius(atShare: (Double($0) + 0.5) / Double(count)) }
    guard let shape else { return radii.map { ($0, 1 / Double(count)) } }
    let volumes = radii.map { pow($0, shape.factor) }
    let sum = volumes.reduce(0, +)
    return zip(radii, volumes).map { ($0, $1 / sum) }
  }

  /// The radius that a share of the particles is below.
  private func radius(atShare p: Double) -> Double {
    switch self {
    case .logNormal(let mean, let deviation):
      let variance = log(1 + deviation * deviation / (mean * mean))
      return mean * exp(-0.5 * variance + variance.squareRoot() * Self.normalQuantile(p))
    case .weibull(let mean, let modulus):
      return mean / tgamma(1 + 1 / modulus) * pow(-log(1 - p), 1 / modulus)
    }
  }

  /// The value below which a share p of a standard normal distribution lies, by Newton's method.
  private static func normalQuantile(_ p: Double) -> Double {
    var z = 0.0
    for _ in 0..<100 {
      let step = (0.5 * erfc(-z / 2.0.squareRoot()) - p) * (2 * Double.pi).squareRoot() * exp(0.5 * z * z)
      z -= min(max(step, -1), 1)
      if abs(step) < 1e-14 { break }
    }
    return z
  }
}
