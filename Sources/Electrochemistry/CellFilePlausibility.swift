import Documents

// What no cell can be, to catch values in another unit than their key says: such a slip is by a factor of a thousand or
// more and ends in results that are wrong without looking so.
//
// Conductivities, diffusivities and rate constants have no such bounds: an enormous one is the way to switch a resistance
// off, and the small ones of published cells lie twelve orders of magnitude apart.

/// The values that a quantity can have, and the other units in which it is often stated.
struct PhysicalRange {
  /// The quantity with its unit, e.g. "a thickness in m".
  let meaning: String
  let allowed: ClosedRange<Double>
  /// Where the value is sought that was meant.
  let usual: ClosedRange<Double>
  /// Other units, as powers of ten of the unit of the key.
  let otherUnits: [(name: String, exponent: Int)]

  static let thickness = PhysicalRange(
    meaning: "a thickness in m", allowed: 1e-9...1e-2, usual: 1e-6...2e-3,
    otherUnits: [("um", -6), ("mm", -3), ("nm", -9)])
  static let radius = PhysicalRange(
    meaning: "a particle radius in m", allowed: 1e-10...1e-3, usual: 1e-9...1e-4,
    otherUnits: [("um", -6), ("nm", -9), ("mm", -3)])
  /// Per volume of the electrode.
  static let surfaceArea = PhysicalRange(
    meaning: "a surface area per volume in 1/m", allowed: 1...1e11, usual: 1e4...1e9,
    otherUnits: [("um-1", 6), ("mm-1", 3)])
  static let area = PhysicalRange(
    meaning: "an area in m2", allowed: 1e-14...100, usual: 1e-5...10, otherUnits: [("cm2", -4), ("mm2", -6)])
  static let volume = PhysicalRange(
    meaning: "a cell's volume in m3", allowed: 1e-18...1, usual: 1e-8...5e-3,
    otherUnits: [("cm3", -6), ("L", -3), ("mm3", -9)])
  /// The largest cells on the market have 1300 A·h.
  static let capacity = PhysicalRange(
    meaning: "a cell's capacity in A.h", allowed: 1e-15...2000, usual: 1e-4...500, otherUnits: [("mA.h", -3)])
  static let voltage = PhysicalRange(
    meaning: "a cell's voltage in V", allowed: -20...20, usual: 0.1...6, otherUnits: [("mV", -3)])
  /// From 0.02 mol/L; 1 is a frequent value in mol/L.
  static let saltConcentration = PhysicalRange(
    meaning: "an electrolyte concentration in mol/m3", allowed: 20...25_000, usual: 100...10_000,
    otherUnits: [("mol/L", 3)])
  /// Silicon takes up 311 000.
  static let ionConcentration = PhysicalRange(
    meaning: "a concentration in a solid in mol/m3", allowed: 500...400_000, usual: 3_000...350_000,
    otherUnits: [("mol/L", 3), ("mol/cm3", 6)])
  static let density = PhysicalRange(
    meaning: "a cell's density in kg/m3", allowed: 100...25_000, usual: 500...12_000, otherUnits: [("g/cm3", 3)])
  static let heatCapacity = PhysicalRange(
    meaning: "a specific heat capacity in J/(K kg)", allowed: 50...10_000, usual: 200...5_000,
    otherUnits: [("J/(K g)", 3)])
  static let entropicChange = PhysicalRange(
    meaning: "a change of potential with temperature in V/K", allowed: -0.05...0.05, usual: 1e-6...5e-3,
    otherUnits: [("mV/K", -3)])
}

extension DocumentNode {
  /// A number that the quantity can have, above zero unless the range has negative numbers.
  func number(_ range: PhysicalRange) throws(DocumentError) -> Double {
    let value = range.allowed.lowerBound > 0 ? try positiveNumber() : try number()
    guard range.allowed.contains(value) else {
      throw error("\(scalar ?? "") is not \(range.meaning)", advice: range.advice(on: value, written: scalar ?? ""))
    }
    return value
  }

  /// A function whose values inside a range are such as the quantity can have.
  func function(_ values: PhysicalRange, over range: ClosedRange<Double>) throws(DocumentError) -> MaterialFunction {
    let function = try function(over: range)
    for x in range.samples where !values.allowed.contains(function(x)) {
      let y = function(x).shown
      throw error("\(y) at x = \(x.shown) is not \(values.meaning)", advice: values.advice(on: y, written: "\(y)"))
    }
    return function
  }
}

extension PhysicalRange {
  /// What may have been meant by a value that is not allowed.
  fileprivate func advice(on value: Double, written text: String) -> String {
    let meant = otherUnits.compactMap { unit -> String? in
      // The decimal point moves without a rounding error.
      guard let value = Double("\(text)e\(unit.exponent)") ?? Double("\(value)e\(unit.exponent)"),
        usual.contains(abs(value))
      else { return nil }
      return "\(text) \(unit.name) is \(value)"
    }
    let bounds = "allowed: \(allowed.lowerBound.asWritten) to \(allowed.upperBound.asWritten)"
    return (meant + [bounds]).joined(separator: "; ")
  }
}

extension Double {
  /// 150, not 150.0.
  fileprivate var asWritten: String { description.replacing(/\.0$/, with: "") }
}

// MARK: the cell as a whole

extension CellFileReader {
  /// Compares what the cell's section says with what its electrodes hold: refuses a cell that is never inside its own
  /// cut-offs, and warns of a nominal capacity or an open-circuit voltage that cannot be what was meant.
  mutating func checkPlausibility(of cell: Cell, _ section: DocumentNode) throws(DocumentError) {
    guard let capacity = cell.capacity else { return }
    let nominal = try section.required("Nominal cell capacity [A.h]")
    let ratio = cell.nominalCapacity / capacity
    if !(0.5...2).contains(ratio) {
      warnings.append(
        nominal.error(
          "between 0 and 100 % state of charge the electrodes hold \(capacity.shown) A.h, "
            + "\((1 / ratio).shown) times the nominal capacity",
          advice: "1C is the nominal capacity; check it and the areas, thicknesses and concentrations"))
    }

    let window = cell.voltageWindow
    let voltages = (0...20).map { cell.openCircuitVoltage(atStateOfCharge: Double($0) / 20) }
    let (empty, full) = (voltages[0], voltages[20])
    let upper = try section.required("Upper voltage cut-off [V]")
    guard voltages.max()! >= window.lowerBound, voltages.min()! <= window.upperBound else {
      throw upper.error(
        "at no state of charge is the open-circuit voltage between the cut-offs: it goes from \(empty.shown) V at 0 % "
          + "to \(full.shown) V at 100 %",
        advice: full < 0 && window.lowerBound > 0
          ? "are the potentials of the two electrodes interchanged?" : "check the potentials and the cut-offs")
    }
    for (percent, voltage, margin) in [(0, empty, 2.0), (100, full, 0.5)] {
      // Limits are rounded, or a source gives them for slightly other cut-offs: at 0 %, where potentials are steep, those
      // of published cells lie up to 1.9 V outside.
      guard voltage < window.lowerBound - margin || voltage > window.upperBound + margin else { continue }
      warnings.append(
        try section.required("\(voltage < window.lowerBound ? "Lower" : "Upper") voltage cut-off [V]").error(
          "at \(percent) % state of charge the open-circuit voltage is \(voltage.shown) V",
          advice: "check the stoichiometry limits and the potentials"))
    }
  }
}
