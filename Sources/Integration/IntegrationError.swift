/// Why the solution of a DAE could not be continued.
public struct IntegrationError: Error, Equatable, CustomStringConvertible {
  public var flag: Flag
  /// Time of the last good state, in the unit of the system's time.
  public var time: Double

  public init(_ flag: Flag, time: Double) {
    self.flag = flag
    self.time = time
  }

  public var description: String {
    // Tenths of the unit are enough to find the place; the name is for those who report a defect.
    let tenths = (10 * time).rounded() / 10
    return "\(flag.meaning) at t = \(tenths)\(flag.isDefect ? " (\(flag.name))" : ""); \(flag.advice)"
  }

  /// What went wrong: a return flag of SUNDIALS IDA, or one of our own below −999. Raw values are IDA's.
  public enum Flag: Int32, Sendable, CaseIterable {
    case tooMuchWork = -1
    case tooMuchAccuracy = -2
    case errorTestFailure = -3
    case convergenceFailure = -4
    case linearSolverInitialisation = -5
    case linearSolverSetup = -6
    case linearSolverSolve = -7
    case residualFailure = -8
    case repeatedResidualFailure = -9
    case rootFunctionFailure = -10
    case constraintFailure = -11
    case firstResidualFailure = -12
    case lineSearchFailure = -13
    case noRecovery = -14
    case nonlinearSolverInitialisation = -15
    case nonlinearSolverSetup = -16
    case nonlinearSolverFailure = -17
    case memoryMissing = -20
    case memoryFailure = -21
    case illegalInput = -22
    case notInitialised = -23
    case badErrorWeight = -24
    case badDerivativeOrder = -25
    case badTime = -26
    case badInterpolant = -27
    case vectorFailure = -28
    case unrecognised = -99
    case inconsistentStart = -1000
    case standstill = -1001

    /// The name under which SUNDIALS' manual explains it.
    public var name: String {
      switch self {
      case .tooMuchWork: "IDA_TOO_MUCH_WORK"
      case .tooMuchAccuracy: "IDA_TOO_MUCH_ACC"
      case .errorTestFailure: "IDA_ERR_FAIL"
      case .convergenceFailure: "IDA_CONV_FAIL"
      case .linearSolverInitialisation: "IDA_LINIT_FAIL"
      case .linearSolverSetup: "IDA_LSETUP_FAIL"
      case .linearSolverSolve: "IDA_LSOLVE_FAIL"
      case .residualFailure: "IDA_RES_FAIL"
      case .repeatedResidualFailure: "IDA_REP_RES_ERR"
      case .rootFunctionFailure: "IDA_RTFUNC_FAIL"
      case .constraintFailure: "IDA_CONSTR_FAIL"
      case .firstResidualFailure: "IDA_FIRST_RES_FAIL"
      case .lineSearchFailure: "IDA_LINESEARCH_FAIL"
      case .noRecovery: "IDA_NO_RECOVERY"
      case .nonlinearSolverInitialisation: "IDA_NLS_INIT_FAIL"
      case .nonlinearSolverSetup: "IDA_NLS_SETUP_FAIL"
      case .nonlinearSolverFailure: "IDA_NLS_FAIL"
      case .memoryMissing: "IDA_MEM_NULL"
      case .memoryFailure: "IDA_MEM_FAIL"
      case .illegalInput: "IDA_ILL_INPUT"
      case .notInitialised: "IDA_NO_MALLOC"
      case .badErrorWeight: "IDA_BAD_EWT"
      case .badDerivativeOrder: "IDA_BAD_K"
      case .badTime: "IDA_BAD_T"
      case .badInterpolant: "IDA_BAD_DKY"
      case .vectorFailure: "IDA_VECTOROP_ERR"
      case .unrecognised: "IDA_UNRECOGNIZED_ERROR"
      case .inconsistentStart: "inconsistent start"
      case .standstill: "standstill"
      }
    }

    /// What it says about the problem, in a few words.
    public var meaning: String {
      switch self {
      case .tooMuchWork: "the step budget was used up"
      case .tooMuchAccuracy: "the tolerances ask for more than double precision can give"
      case .errorTestFailure: "no step is small enough for the error tolerance"
      case .convergenceFailure: "the equations have no solution that the solver can find beyond this state"
      case .linearSolverInitialisation, .linearSolverSetup, .linearSolverSolve, .nonlinearSolverSetup:
        "the linear system is singular"
      case .residualFailure, .firstResidualFailure: "the equations cannot be evaluated in this state"
      case .repeatedResidualFailure, .noRecovery: "every further step leaves the range of the equations"
      case .rootFunctionFailure: "a limit cannot be evaluated"
      case .constraintFailure: "a sign constraint cannot be kept"
      case .lineSearchFailure, .inconsistentStart: "no state is consistent with what is imposed"
      case .nonlinearSolverInitialisation, .nonlinearSolverFailure: "the Newton iteration failed"
      case .memoryMissing, .memoryFailure, .notInitialised, .vectorFailure: "the solver ran out of memory"
      case .illegalInput: "the solver was given something it cannot use"
      case .standstill: "the steps have become so small that time stands still"
      case .badErrorWeight: "an error weight became zero"
      case .badDerivativeOrder, .badTime, .badInterpolant: "the time lies outside the last step"
      case .unrecognised: "the solver reported an unknown failure"
      }
    }

    /// Whether it can only come from a mistake in the program.
    var isDefect: Bool { advice.hasPrefix("this is a defect") }

    /// What a user can do.
    public var advice: String {
      switch self {
      case .tooMuchWork: "loosen the tolerance or shorten the step of the protocol"
      case .tooMuchAccuracy: "use a relative tolerance of 1e-9 or more"
      case .errorTestFailure, .convergenceFailure, .repeatedResidualFailure, .noRecovery, .residualFailure,
        .constraintFailure, .nonlinearSolverFailure, .nonlinearSolverInitialisation, .standstill:
        "the cell is at the end of what it can deliver: end the step earlier by a voltage limit, or lower the rate"
      case .linearSolverInitialisation, .linearSolverSetup, .linearSolverSolve, .nonlinearSolverSetup:
        "look for a zero or enormous value among the parameters of the cell"
      case .firstResidualFailure, .lineSearchFailure, .inconsistentStart:
        "the cell cannot carry this: lower the current or power, or choose a voltage nearer to the present one"
      case .rootFunctionFailure, .memoryMissing, .memoryFailure, .illegalInput, .notInitialised,
        .badErrorWeight, .badDerivativeOrder, .badTime, .badInterpolant, .vectorFailure, .unrecognised:
        "this is a defect: please report it with the cell and protocol files"
      }
    }
  }
}
