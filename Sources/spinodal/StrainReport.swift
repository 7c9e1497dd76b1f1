import Cycling
import Electrochemistry

/// What `spinodal info` says of the strain in a material, for programs and for people.
extension StrainEffects {
  var json: JSONValue {
    var group: [String: JSONValue] = [
      "linear_strain": .number(strainFromEmptyToFull), "volume_strain": .number(3 * strainFromEmptyToFull),
      "biaxial_modulus_Pa": .number(mechanics.biaxialModulus), "coherency_strain_energy_J_m3": .number(stiffness),
      "largest_elastic_energy_J_m3": .number(largestEnergy), "layer_stress_Pa": .number(layerStress),
      "critical_linear_strain": JSONValue(criticalStrain?.linear),
      "critical_volume_strain": JSONValue(criticalStrain.map { 3 * $0.linear }),
      "critical_coherency_strain_energy_J_m3": JSONValue(criticalStrain?.stiffness),
      "potential_per_misfit_strain_V": .number(potentialPerMisfit),
      "uniform": .list(
        (0...20).map { step in
          let state = uniform(Double(step) / 20)
          var values: [String: JSONValue] = [
            "stoichiometry": .number(state.stoichiometry), "stress": json(state.stress),
            "potential_shift_V": .number(state.potentialShift),
          ]
          if let curvature = state.curvature { values["substrate_curvature_1_m"] = .number(curvature) }
          return .group(values)
        }),
    ]
    if let faceStrain {
      group["bent"] = bent(faceStrain)
    } else if mechanics.film == nil {
      group["core_and_shell"] = .list(
        (0...10).map { step in
          let share = Double(step) / 10
          let state = coreAndShell(share: share)
          return [
            "shell_volume_fraction": .number(share), "core": json(state.core), "boundary": json(state.boundary),
            "surface": json(state.surface), "elastic_energy_J_m3": .number(state.energy),
          ]
        })
    } else {
      group["clamped"] = .list(
        clampedPhases.map {
          [
            "plateau_potential_V": .number($0.plateauPotential), "plateau_shift_V": .number($0.plateauShift),
            "barrier_filling_J_m3": .number($0.barriers.filling),
            "barrier_emptying_J_m3": .number($0.barriers.emptying),
          ]
        })
    }
    group["crack_free_radius_m"] = JSONValue(crackFreeRadius)
    if let shock {
      group["electrochemical_shock"] = [
        "centre_stress_at_1C": json(shock.centre), "worst_flaw_over_radius": .number(shock.worstFlaw),
        "stress_intensity_at_1C_Pa_m0.5": .number(shock.intensity),
        "critical_C_rate": JSONValue(shock.criticalRate), "contrast_at_critical_rate": JSONValue(shock.contrast),
      ]
    }
    return .group(group)
  }

  private func bent(_ faceStrain: Double) -> JSONValue {
    [
      "face_strain": .number(faceStrain), "potential_per_bending_strain_V": .number(potentialPerBending),
      "uniform": .list((0...20).compactMap { bentUniform(Double($0) / 20) }),
      "at_rest": .list((1...19).compactMap { bentAtRestJSON(Double($0) / 20) }),
    ]
  }

  private func bentUniform(_ x: Double) -> JSONValue? {
    guard let (pressed, stretched) = uniformFaces(x) else { return nil }
    return [
      "stoichiometry": .number(x), "pressed_stress": json(pressed.stress),
      "stretched_stress": json(stretched.stress), "pressed_potential_shift_V": .number(pressed.potentialShift),
      "stretched_potential_shift_V": .number(stretched.potentialShift),
      "potential_difference_V": .number(stretched.potentialShift - pressed.potentialShift),
    ]
  }

  private func bentAtRestJSON(_ mean: Double) -> JSONValue? {
    guard let rest = bentAtRest(mean: mean) else { return nil }
    return [
      "mean_stoichiometry": .number(mean), "pressed_stoichiometry": .number(rest.pressed),
      "middle_stoichiometry": .number(rest.middle), "stretched_stoichiometry": .number(rest.stretched),
      "pressed_stress": json(rest.pressedStress), "stretched_stress": json(rest.stretchedStress),
      "potential_shift_V": .number(rest.potentialShift), "moment_over_elastic": .number(rest.relativeMoment),
    ]
  }

  private func json(_ stress: Stress) -> JSONValue {
    [
      "radial_Pa": .number(stress.radial), "hoop_Pa": .number(stress.hoop), "axial_Pa": .number(stress.axial),
      "hydrostatic_Pa": .number(stress.hydrostatic), "von_mises_Pa": .number(stress.vonMises),
    ]
  }

  var rows: [[String]] {
    var rows = [
      [
        "strain from empty to full",
        "\(percent(strainFromEmptyToFull)) in length, \(percent(3 * strainFromEmptyToFull)) in volume",
      ],
      ["coherency strain energy B", "\(significant(stiffness / 1e6, 4)) MJ/m³"],
      [
        "full layers beside empty ones", "up to \(significant(largestEnergy / 1e6, 4)) MJ/m³, \(pressure(layerStress))",
      ],
      [
        "strain beyond which it stays uniform",
        criticalStrain.map { "\(percent($0.linear)) in length, \(percent(3 * $0.linear)) in volume" }
          ?? "none: a solid solution",
      ],
    ]
    rows +=
      faceStrain.map(bentRows)
      ?? [["potential per 1 % of misfit, if clamped", "\(significant(potentialPerMisfit * 10, 4)) mV"]]
    for (i, phases) in clampedPhases.enumerated() {
      let name = clampedPhases.count > 1 ? "gap \(i + 1), clamped" : "clamped"
      rows.append([
        "\(name): plateau",
        "\(fixed(phases.plateauPotential, 4)) V, \(significant(phases.plateauShift * 1e3, 4)) mV above that without strain",
      ])
      rows.append([
        "\(name): barriers at the plateau without strain",
        "filling \(significant(phases.barriers.filling / 1e6, 4)), emptying \(significant(phases.barriers.emptying / 1e6, 4)) MJ/m³",
      ])
    }
    for x in [0, 0.5, 1.0] {
      let state = uniform(x)
      guard state.potentialShift != 0 else { continue }
      rows.append([
        "at rest at x = \(significant(x, 2))",
        "σ_h = \(pressure(state.stress.hydrostatic)), \(significant(state.potentialShift * 1e3, 4)) mV"
          + (state.curvature.map { ", substrate bent by \(significant($0, 4)) 1/m" } ?? ""),
      ])
    }
    if let crackFreeRadius {
      rows.append(["too small to crack by two phases", "below \(nanometres(crackFreeRadius))"])
    }
    if let shock {
      rows.append(["stress in the middle on filling at 1 C", pressure(shock.centre.hydrostatic)])
      if let rate = shock.criticalRate, let contrast = shock.contrast {
        rows.append([
          "rate of \(expansion < 0 ? "emptying" : "filling") that opens the worst flaw",
          contrast < 1
            ? "\(significant(rate, 4)) C, a flaw of \(significant(shock.worstFlaw, 3)) R"
            : "none before the surface is full (by stress alone \(significant(rate, 4)) C)",
        ])
      }
    }
    return rows
  }

  private func bentRows(_ faceStrain: Double) -> [[String]] {
    var rows = [
      ["bent: strain of the faces", "±\(percent(faceStrain))"],
      ["bent: potential per 1 % of strain along it", "\(significant(potentialPerBending * 10, 4)) mV"],
    ]
    let mean = 0.5
    if let (pressed, stretched) = uniformFaces(mean) {
      let difference = stretched.potentialShift - pressed.potentialShift
      rows.append([
        "bent, uniform at x = \(significant(mean, 2)): stretched over pressed face",
        "\(significant(difference * 1e3, 4)) mV, \(pressure(stretched.stress.hoop)) and \(pressure(pressed.stress.hoop))",
      ])
    }
    if let rest = bentAtRest(mean: mean) {
      rows.append([
        "bent, at rest: stretched and pressed face",
        "x = \(significant(rest.stretched, 4)) and \(significant(rest.pressed, 4)), "
          + "\(pressure(rest.stretchedStress.hoop)) and \(pressure(rest.pressedStress.hoop))",
      ])
      rows.append(["bent, at rest: moment over that without swelling", significant(rest.relativeMoment, 4)])
    }
    return rows
  }

  private func percent(_ value: Double) -> String { "\(significant(100 * value, 4)) %" }
  private func pressure(_ value: Double) -> String { "\(significant(value / 1e6, 4)) MPa" }
  private func nanometres(_ length: Double) -> String { "\(significant(length * 1e9, 4)) nm" }
}
