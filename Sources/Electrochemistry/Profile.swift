extension SimulatedCell {
  /// The columns of `writeProfiles`.
  public var profileHeader: String {
    "Test Time / s,Electrode,Material,Class,Volume,Radius / m,Position / m,Stoichiometry / 1"
      + (hasStresses ? ",Radial Stress / Pa,Hoop Stress / Pa,Axial Stress / Pa,Hydrostatic Stress / Pa" : "")
  }

  private var hasStresses: Bool { model.materials.contains { !$0.stresses.isEmpty } }

  /// The composition, and the stress where there is any, inside every particle at a time inside the last internal step, a line
  /// for each node: classes and volumes count from 1, volumes from the negative collector on; the position is that from the
  /// centre, or along a facet.
  public func writeProfiles(at time: Double, _ write: (String) -> Void) {
    let y = state(at: time)
    for material in model.materials {
      let electrode = material.electrode
      for (index, particle) in material.particles.enumerated() {
        for volume in 0..<electrode.volumeCount {
          let radius = particle.radii[volume]
          let start =
            "\(time),\(electrode.isPositive ? "Positive" : "Negative"),\(material.name),\(index + 1),\(volume + 1),\(radius),"
          func line(_ position: Double, _ values: String) { write("\(start)\(position),\(values)") }
          var values: [(node: Int, text: String)] = []
          func add(_ node: Int, _ stresses: String) {
            let x = y[particle.layout.stoichiometry(node: node, volume: volume)]
            values.append((node, "\(x)\(stresses)"))
          }
          if material.stresses.isEmpty {
            for node in 0..<particle.layout.nodeCount { add(node, hasStresses ? ",,,," : "") }
          } else {
            material.stresses[index].forEachNode(y, volume: volume) { node, stress in
              add(node, ",\(stress.radial),\(stress.hoop),\(stress.axial),\(stress.hydrostatic)")
            }
          }
          for (node, text) in values { line(particle.position(ofNode: node, volume: volume), text) }
          if let length = particle.mirroredLength {
            for (node, text) in values.reversed() {
              line(length - particle.position(ofNode: node, volume: volume), text)
            }
          }
        }
      }
    }
  }
}

extension Particle {
  /// Length of the facets in m where the nodes of one half stand for both.
  var mirroredLength: Double? {
    guard case .allenCahn(let facet) = transport, facet.pointee.isMirrored else { return nil }
    return facet.pointee.length
  }

  /// In m: the radius of a node, or its place along a facet.
  func position(ofNode node: Int, volume: Int) -> Double {
    switch transport {
    case .fickian(let transport): transport.pointee.radial.nodes[node] * radii[volume]
    case .cahnHilliard(let transport): transport.pointee.nodes[node] * radii[volume]
    case .allenCahn(let facet): facet.pointee.position(ofCell: node)
    case .layered(let transport): transport.pointee.elasticity.pointee.nodes[node] * radii[volume]
    }
  }
}
