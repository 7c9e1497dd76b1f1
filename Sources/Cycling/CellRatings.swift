import CellInterface
import Documents

/// What a protocol needs to know of a cell to resolve C-rates, percentages, `mA/cm2` and `Vmin`/`Vmax`.
struct CellRatings {
  /// In A·h.
  var nominalCapacity: Double
  /// In V.
  var voltageWindow: ClosedRange<Double>
  /// In m².
  var area: Double?
  /// In kg.
  var activeMass: Double?
  var stateOfChargeScale: StateOfChargeScale?

  /// - Parameter sample: what the protocol says comes first.
  init(_ cell: some CellUnderTest, _ sample: Sample) {
    nominalCapacity = sample.capacity.map { $0.value / 3600 } ?? cell.nominalCapacity
    voltageWindow = cell.voltageWindow
    area = sample.area ?? cell.electrodeArea
    activeMass = sample.activeMass
    stateOfChargeScale = cell.stateOfChargeScale
  }

  /// In s, V, A, W, ohm, K, C, J, 1 or these per s. What the value is based on is known.
  func value(_ quantity: Quantity) -> Double {
    switch quantity.basis {
    case .nothing: quantity.value
    case .nominalCapacity: quantity.value * nominalCapacity
    case .area: quantity.value * known(area)
    case .mass: quantity.value * known(activeMass)
    }
  }

  private func known(_ size: Double?) -> Double {
    guard let size else { preconditionFailure("`check` comes before") }
    return size
  }

  /// Complains about the first step that needs what is not known of the cell.
  func check(_ program: Program) throws(DocumentError) {
    for (need, place) in program.needs {
      switch need {
      case .area(let text) where area == nil:
        throw place.error(
          "'\(text)' needs the electrode area, which the cell does not state",
          advice: "add for example 'cell: {area: 10 cm2}' at the top")
      case .mass(let text) where activeMass == nil:
        throw place.error(
          "'\(text)' needs the mass of active material, which the cell does not state",
          advice: "add for example 'cell: {active_mass: 60 g}' at the top")
      case .stateOfCharge where stateOfChargeScale == nil:
        throw place.error("the cell does not know its state of charge", advice: "use 'Q', the charge that has passed")
      case .impedance: throw place.error(impedanceComplaint, advice: "take the step out")
      default: continue
      }
    }
  }
}

private let impedanceComplaint = "'eis' is understood, but impedance spectra cannot be simulated yet"

extension TestProtocol {
  /// Complains about the first step that asks for what is not known of the cell. To be called before the protocol is run.
  public func check(on cell: some CellUnderTest) throws(DocumentError) {
    try CellRatings(cell, sample).check(Program(self))
  }

  /// Complains about a step that no cell can be put through yet.
  public func checkCanRun() throws(DocumentError) {
    for (need, place) in try Program(self).needs where need == .impedance { throw place.error(impedanceComplaint) }
  }
}
