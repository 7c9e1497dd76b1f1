import CellInterface
import Testing

@testable import Electrochemistry

@Suite struct SavedCellTests {
  private static let mesh = Mesh(negative: 3, separator: 2, positive: 4, radial: 9)

  private func numbers(_ cell: SimulatedCell) -> [Double] {
    var numbers: [Double] = []
    cell.save(to: &numbers)
    return numbers
  }

  /// Every kind of cell, under every kind of control, where an internal step ended and where a limit was met: two cells of
  /// which one has the state of the other do the same, down to the counts of the integrator.
  @Test(arguments: CellModelTests.Kind.allCases)
  func goesOnToTheLastDigit(kind: CellModelTests.Kind) throws {
    let parameters = try CellModelTests.cell(kind)
    let first = try SimulatedCell(parameters, stateOfCharge: 0.5, mesh: Self.mesh)
    let current = 0.2 * first.nominalCapacity
    first.ambientTemperature += 3
    try first.impose(.current(-current), limits: [])
    for _ in 0..<25 { _ = try first.step(to: .infinity) }
    let voltage = first.reading.voltage
    let controls = [
      Control.current(-current), .voltage(voltage, rate: 1e-6), .power(0.01 * current), .resistance(50),
    ]
    for (index, control) in controls.enumerated() {
      let saved = numbers(first)
      let second = try SimulatedCell(parameters, stateOfCharge: 0.5, mesh: Self.mesh)
      #expect(second.restore(saved))
      #expect(numbers(second) == saved)
      #expect(second.reading == first.reading)
      let end = first.reading.time + 300
      for cell in [first, second] {
        // The first limit is met inside a step of the cell, and a test goes on from there.
        let met = cell.reading.charge - 20 * current
        try cell.impose(
          control, limits: [{ $0.charge - met }, { met + 40 * current - $0.charge }], isContinuation: index == 0)
        for _ in 0..<60 {
          guard case .advanced = try cell.step(to: end) else { break }
        }
      }
      #expect(numbers(second) == numbers(first), "\(control)")
    }
    #expect(first.reading.charge < 0)
  }

  @Test func numbersOfAnotherCellAreRefused() throws {
    let coarse = try SimulatedCell(try CellModelTests.cell(.full), mesh: Self.mesh)
    let fine = try SimulatedCell(try CellModelTests.cell(.full))
    #expect(!fine.restore(numbers(coarse)))
    #expect(!coarse.restore([]))
  }
}
