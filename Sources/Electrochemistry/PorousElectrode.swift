/// A porous electrode as the equations see it: its volumes and the particle classes in each of them. Plain memory.
struct PorousElectrode {
  let isPositive: Bool
  let firstVolume: Int
  let volumeCount: Int
  /// Width of a volume in m.
  let width: Double
  /// Effective electronic conductivity over the width in S/m²; infinite for a single particle.
  let conductance: Double
  /// First of its potentials in the state.
  let potential: Int
  let particles: UnsafeBufferPointer<Particle>
  let necks: UnsafeBufferPointer<NeckContact>

  init(
    _ electrode: Electrode, isPositive: Bool, firstVolume: Int, volumeCount: Int, potential: Int,
    particles: UnsafeBufferPointer<Particle>, necks: UnsafeBufferPointer<NeckContact>, isSingleParticle: Bool
  ) {
    self.isPositive = isPositive
    self.firstVolume = firstVolume
    self.volumeCount = volumeCount
    self.potential = potential
    width = electrode.thickness / Double(volumeCount)
    conductance = isSingleParticle ? .infinity : electrode.conductivity / width
    self.particles = particles
    self.necks = necks
  }

  /// Particle surface per electrode area.
  var surfaceAreaPerArea: Double {
    particles.reduce(0) { $0 + $1.surfaceAreaPerVolume.reduce(0, +) } * width
  }
}
