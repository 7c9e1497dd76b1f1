#if os(Linux)
  import AllocationCounter
  import CellInterface
  import Cycling
  import Electrochemistry
  import Testing

  /// Notes the internal steps in which memory was allocated.
  private final class AllocationProbe: RecordOutput {
    var stepCount = 0
    var allocatingStepCount = 0
    private var before: Int?

    // The record itself, and what comes at the end of a step of the protocol, may allocate.
    func write(_ record: Record) { before = nil }
    func stepEnded() { before = nil }

    func advanced() {
      let now = allocation_count()
      stepCount += 1
      if let before, now != before { allocatingStepCount += 1 }
      before = now
    }
  }

  @Suite struct AllocationTests {
    @Test func theCounterCounts() {
      let before = allocation_count()
      let pointer = UnsafeMutablePointer<Double>.allocate(capacity: 100)
      #expect(allocation_count() > before)
      pointer.deallocate()
    }

    /// Between two records nothing is allocated: neither in the integrator and the model nor in the cycler.
    @Test(arguments: ["lg-m50", "lg-m50-thermal"])
    func noneBetweenTwoRecords(name: String) throws {
      let text = """
        name: cycles
        start: {soc: 50 %}
        steps:
          - loop:
              repeat: 700
              steps:
                - {discharge: 1C, until: ["t >= 10 min", "V <= 2.6 V"], record: {dt: 1 h, dV: 1 V}}
                - {charge: 1C, until: ["t >= 10 min", "V >= 4.1 V"], record: {dt: 1 h, dV: 1 V}}
        """
      let cell = try SimulatedCell(
        ReferenceCurve.cell(name), stateOfCharge: 0.5, mesh: Mesh(negative: 3, separator: 2, positive: 3, radial: 4))
      let output = AllocationProbe()
      let cycler = try Cycler(cell: cell, test: try TestProtocol(text: text, file: "cycles.yaml"), output: output)
      #expect(try cycler.run().status == .completed)
      #expect(output.stepCount > 100_000)
      #expect(output.allocatingStepCount == 0)
    }
  }
#endif
