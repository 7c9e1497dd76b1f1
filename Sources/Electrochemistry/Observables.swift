/// What a model tells of the inside of a cell.
extension CellModel {
  /// An active material of an electrode with its particle classes: one, or one for each size.
  struct Material {
    let name: String
    let electrode: PorousElectrode
    let particles: UnsafeBufferPointer<Particle>
    /// Of each class; empty without mechanics.
    let stresses: [ParticleStress]

    /// Whether there is one surface in each volume to report.
    var hasSurfaces: Bool {
      guard particles.count == 1, particles[0].layout.nodeCount > 1 else { return false }
      return !particles[0].isFacet
    }

    /// A quantity at the collector or at the separator, from its values in the volumes. Those of a host that may split into
    /// phases jump from volume to volume: there it is the value in the last one.
    func value(atCollector isAtCollector: Bool, _ quantity: (_ volume: Int) -> Double) -> Double {
      let last = electrode.volumeCount - 1
      let (end, inward) = isAtCollector == electrode.isPositive ? (last, -1) : (0, 1)
      if last < 2 || particles[0].isLattice { return quantity(end) }
      // The parabola through the middles of three volumes, continued by half a volume.
      return (15 * quantity(end) - 10 * quantity(end + inward) + 3 * quantity(end + 2 * inward)) / 8
    }
  }

  /// The materials in the order of the cell file; the sizes of a material stand together.
  static func materials(
    of cell: Cell, _ electrodes: [PorousElectrode], order: Int
  ) -> [Material] {
    electrodes.flatMap { electrode in
      let classes = (electrode.isPositive ? cell.positive : cell.negative).porous!.materials
      var groups: [Material] = []
      var first = 0
      while first < classes.count {
        var end = first + 1
        while end < classes.count && classes[end].name == classes[first].name { end += 1 }
        groups.append(
          Material(
            name: classes[first].name, electrode: electrode,
            particles: UnsafeBufferPointer(rebasing: electrode.particles[first..<end]),
            stresses: (first..<end).compactMap {
              ParticleStress(classes[$0], electrode.particles[$0], order: order)
            }))
        first = end
      }
      return groups
    }
  }

  private func name(of electrode: PorousElectrode) -> String { electrode.isPositive ? "Positive" : "Negative" }

  /// What `observe` reports, with units, as column labels of a data file.
  public var observableLabels: [String] {
    var labels: [String] = []
    for material in materials {
      let prefix = "\(name(of: material.electrode)) " + (material.name.isEmpty ? "" : material.name + " ")
      labels.append(prefix + "Mean Stoichiometry / 1")
      if material.particles[0].layout.localState == .hysteresis { labels.append(prefix + "Hysteresis State / 1") }
      if material.particles[0].isLattice {
        labels.append(prefix + "Phase Fraction / 1")
        labels.append(prefix + "Lowest Stoichiometry / 1")
        labels.append(prefix + "Highest Stoichiometry / 1")
        if material.particles.count > 1 {
          for number in 1...material.particles.count {
            labels.append(prefix + "Class \(number) Mean Stoichiometry / 1")
          }
        }
      }
      for (index, stress) in material.stresses.enumerated() {
        let prefix = prefix + (material.stresses.count > 1 ? "Class \(index + 1) " : "")
        labels += stress.labels.map { prefix + $0 }
      }
      guard material.hasSurfaces else { continue }
      if !material.stresses.isEmpty {
        labels.append(prefix + "Surface Hoop Stress at Collector / Pa")
        labels.append(prefix + "Surface Hoop Stress at Separator / Pa")
      }
      labels.append(prefix + "Surface Stoichiometry at Collector / 1")
      labels.append(prefix + "Surface Stoichiometry at Separator / 1")
    }
    if materials.contains(where: { !$0.stresses.isEmpty }) {
      labels += equations.electrodes.map { "\(name(of: $0)) Electrode Thickness Change / m" }
      labels.append("Cell Thickness Change / m")
    }
    labels.append("Electrolyte Concentration at Negative End / mol m-3")
    labels.append("Electrolyte Concentration at Positive End / mol m-3")
    return labels
  }

  /// Replaces `values` by those of `observableLabels` in a state.
  public func observe(_ y: UnsafePointer<Double>, into values: inout [Double]) {
    values.removeAll(keepingCapacity: true)
    for material in materials {
      var (stoichiometry, hysteresis, weight) = (0.0, 0.0, 0.0)
      for particle in material.particles {
        stoichiometry += particle.totalStoichiometry(y)
        if particle.layout.localState == .hysteresis { hysteresis += particle.sum { y[particle.layout.local + $0] } }
        weight += particle.weight
      }
      values.append(stoichiometry / weight)
      if material.particles[0].layout.localState == .hysteresis { values.append(hysteresis / weight) }
      if material.particles[0].isLattice { observePhases(of: material, weight: weight, y, into: &values) }
      for (particle, stress) in zip(material.particles, material.stresses) {
        stress.observe(particle, y, into: &values)
      }
      guard material.hasSurfaces else { continue }
      if let stress = material.stresses.first {
        for isAtCollector in [true, false] {
          values.append(
            material.value(atCollector: isAtCollector) { stress.surface(y, volume: $0).hoop })
        }
      }
      let layout = material.particles[0].layout
      for isAtCollector in [true, false] {
        values.append(
          min(max(material.value(atCollector: isAtCollector) { y[layout.surface(volume: $0)] }, 0), 1))
      }
    }
    if materials.contains(where: { !$0.stresses.isEmpty }) {
      var cell = 0.0
      for (electrode, start) in zip(equations.electrodes, thicknessesAtStart) {
        let change = swelling(of: electrode, y) - start
        values.append(change)
        cell += change
      }
      values.append(Double(self.cell.electrodePairs) * cell)
    }
    values.append(y[layout.concentration])
    values.append(y[layout.concentration + equations.volumeCount - 1])
  }

  private func observePhases(
    of material: Material, weight: Double, _ y: UnsafePointer<Double>, into values: inout [Double]
  ) {
    var (share, lowest, highest) = (0.0, Double.infinity, -Double.infinity)
    for particle in material.particles {
      share += particle.sum { volume in
        let phases = particle.phases(y, volume: volume)
        lowest = min(lowest, phases.lowest)
        highest = max(highest, phases.highest)
        return phases.share
      }
    }
    values.append(share / weight)
    values.append(lowest)
    values.append(highest)
    if material.particles.count > 1 {
      for particle in material.particles { values.append(particle.totalStoichiometry(y) / particle.weight) }
    }
  }

  /// What the strain of its particles adds to the thickness of an electrode in m; pores and what is around it stay.
  func swelling(of electrode: PorousElectrode, _ y: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for material in materials where material.electrode.isPositive == electrode.isPositive {
      for (particle, stress) in zip(material.particles, material.stresses) {
        sum += particle.sum { stress.swelling(y, volume: $0) }
      }
    }
    return sum * electrode.width
  }
}

extension ParticleStress {
  fileprivate var labels: [String] {
    var labels = [
      "Surface Hoop Stress / Pa", "Centre Radial Stress / Pa", "Centre Hydrostatic Stress / Pa",
      "Largest Hydrostatic Stress / Pa", "Largest Von Mises Stress / Pa", "Strain Energy / J m-3", "Volume Strain / 1",
      "Radius Change / m",
    ]
    if substrate != nil { labels.append("Substrate Curvature / m-1") }
    if mechanics.bending != nil { labels.append("Bending Moment over Elastic / 1") }
    if fracture?.flawSize != nil {
      labels += [
        "Centre Flaw Stress Intensity / Pa m0.5", "Surface Flaw Stress Intensity / Pa m0.5",
        "Largest Energy Release Rate / J m-2",
      ]
    }
    if fracture != nil { labels.append("Crack-Free Radius / m") }
    return labels
  }

  /// Of the volume in which a value is largest in size; energy, strains and curvature are means over the electrode.
  fileprivate func observe(_ particle: Particle, _ y: UnsafePointer<Double>, into values: inout [Double]) {
    var (surface, centreRadial, centre, hydrostatic, vonMises) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var (energy, largestEnergy, volumeStrain, radiusChange, curvature) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var (centreIntensity, surfaceIntensity) = (0.0, 0.0)
    func larger(_ a: Double, _ b: Double) -> Double { abs(b) > abs(a) ? b : a }
    let weight = particle.weight
    for volume in 0..<particle.layout.volumeCount {
      let mean = mean(y, volume: volume)
      let summary = summary(y, mean: mean, volume: volume)
      surface = larger(surface, summary.surface.hoop)
      centreRadial = larger(centreRadial, summary.centre.radial)
      centre = larger(centre, summary.centre.hydrostatic)
      hydrostatic = larger(hydrostatic, summary.hydrostatic)
      vonMises = max(vonMises, summary.vonMises)
      centreIntensity = max(centreIntensity, summary.centreIntensity)
      surfaceIntensity = max(surfaceIntensity, summary.surfaceIntensity)
      largestEnergy = max(largestEnergy, summary.energy)
      let share = particle.volumeFraction[volume] / weight
      energy += share * summary.energy
      volumeStrain += share * self.volumeStrain(y, mean: mean, volume: volume)
      radiusChange += share * radialStrain(y, mean: mean, volume: volume) * particle.radii[volume]
      if let substrate {
        curvature +=
          share
          * substrate.curvature(
            stress: meanFilmStress(y, mean: mean, volume: volume), thickness: particle.radii[volume])
      }
    }
    values += [surface, centreRadial, centre, hydrostatic, vonMises, energy, volumeStrain, radiusChange]
    if substrate != nil { values.append(curvature) }
    if mechanics.bending != nil {
      values.append(particle.sum { relativeMoment(y, volume: $0) } / weight)
    }
    if fracture?.flawSize != nil {
      values += [
        centreIntensity, surfaceIntensity, mechanics.energyReleaseRate(max(centreIntensity, surfaceIntensity)),
      ]
    }
    if let fractureEnergy = mechanics.fractureEnergy {
      values.append(crackFreeRadius(fractureEnergy: fractureEnergy, energyDensity: largestEnergy))
    }
  }
}
