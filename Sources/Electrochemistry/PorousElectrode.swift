/// A porous electrode as the model sees it: its volumes and the particle classes in each of them.
struct PorousElectrode {
  let electrode: Electrode
  let firstVolume: Int
  let volumeCount: Int
  /// Width of a volume in m.
  let width: Double
  /// Effective electronic conductivity over the width in S/m²; infinite for a single particle.
  let conductance: Double
  /// First of its potentials in the state.
  let potential: Int
  /// First of its reaction energies in the state, if there are any.
  let reactionEnergy: Int?
  let particles: [FickianParticle]

  init(
    _ electrode: Electrode, firstVolume: Int, volumeCount: Int, potential: Int, reactionEnergy: Int?,
    classes: [StateLayout.Class], isSingleParticle: Bool, referenceTemperature: Double
  ) {
    self.electrode = electrode
    self.firstVolume = firstVolume
    self.volumeCount = volumeCount
    self.potential = potential
    self.reactionEnergy = reactionEnergy
    width = electrode.thickness / Double(volumeCount)
    conductance = isSingleParticle ? .infinity : electrode.conductivity / width
    particles = zip(electrode.materials, classes).map { material, layout in
      FickianParticle(material, layout: layout, referenceTemperature: referenceTemperature)
    }
  }

  /// Particle surface per electrode area.
  var surfaceAreaPerArea: Double {
    particles.reduce(0) { $0 + $1.surfaceAreaPerVolume } * width * Double(volumeCount)
  }
}
