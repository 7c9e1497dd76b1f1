import Integration
import Testing

@testable import Electrochemistry

@Suite struct MaterialFunctionTests {
  /// Expressions, a point, and what Python makes of them.
  static let values: [(String, Double, Double)] = [
    ("1 + x", 0.3, 1.3),
    ("1.9793 * exp(-39.3631 * x)", 0.05, 0.27653669532974934),
    ("2 * x**2", 0.7, 0.9799999999999999),
    (
      "0.1297 * (x / 1000) ** 3 - 2.51 * (x / 1000) ** 1.5 + 3.329 * (x / 1000)",
      1234.5, 0.9108750127423724
    ),
    ("8.794e-11 * (x / 1000) ** 2 - 3.972e-10 * (x / 1000) + 4.862e-10", 800.0, 2.2472160000000007e-10),
    (
      "(-0.1112 * x + 0.02914 + 0.3561 * exp(-((x - 0.08309) ** 2) / 0.004616)) / 1000",
      0.12, 0.00028088762477448
    ),
    ("0.0911 + 0.0019101 * x - 1.052e-06 * x ** 2 + 1.554e-10 * x ** 3", 950.0, 1.0895010750000003),
    ("cosh(2 * x) ** -2.0", 0.4, 0.5590551677322438),
    ("x ** 10 - 3 * x ** 7", 0.8, -0.5217714176000001),
    ("x ** 16", 1.1, 4.594972986357222),
    ("x ** 17", 1.1, 5.054470284992945),
    ("x ** 2.5", 0.3, 0.049295030175464945),
    ("x ** -0.5", 0.3, 1.8257418583505538),
    ("x ** -1.5", 0.3, 6.0858061945018465),
    ("2 ** (1 - x)", 0.3, 1.624504792712471),
    ("x ** (1 + x)", 0.6, 0.4416131536906999),
    ("(1 + x) / (3 - x)", 0.25, 0.45454545454545453),
    ("5 / (3 - 2 * x)", 0.25, 2.0),
    ("1 / x", 7.0, 0.14285714285714285),
    ("-x ** 2", 1.5, -2.25),
    ("tanh(5 * x) - tanh(3 * (x - 0.2))", 0.4, 0.4269780130777815),
    ("exp(7.44 - 12.0 * x * (x - 0.62))", 0.33, 5369.01637320619),
    ("(1 - x) * (x - 0.25) * (2 * x + 1)", 0.7, 0.324),
    ("-(x - 1) ** 3", 0.2, 0.5120000000000001),
    ("3.5 / cosh(x) ** 2 + x / cosh(x)", 0.9, 2.332225941009494),
  ]

  @Test(arguments: values)
  func valuesAgreeWithPython(text: String, x: Double, expected: Double) throws {
    let value = try MaterialFunction(expression: text)(x)
    #expect(abs(value - expected) <= 1e-14 * abs(expected), "\(text) at \(x)")
  }

  /// Open-circuit potentials at 0.05, 0.15 … are small differences of large terms: these agree to 1e-10 V.
  static let potentials: [(String, [Double])] = [
    (
      "9.47057878e-01 * exp(-1.59418743e+02  * x) - 3.50928033e+04"
        + " + 1.64230269e-01 * tanh(-4.55509094e+01 * (x - 3.24116012e-02 ))"
        + " + 3.69968491e-02 * tanh(-1.96718868e+01 * (x - 1.68334476e-01))"
        + " + 1.91517003e+04 * tanh(3.19648312e+00 * (x - 1.85139824e+00))"
        + " + 5.42448511e+04 * tanh(-3.19009848e+00 * (x - 2.01660395e+00))",
      [
        0.271097329154145, 0.18966940011887345, 0.13875342450774042, 0.1299441026931163,
        0.12134910814347677, 0.11031234185793437, 0.0982851406588452, 0.08925605477998033,
        0.08723560440557776, 0.07276536849531112,
      ]
    ),
    (
      "-3.04420906 * x + 10.04892207 - 0.65637536 * tanh(-4.02134095 * (x - 0.80063948))"
        + " + 4.24678547 * tanh(12.17805062 * (x - 7.57659337))"
        + " - 0.3757068 * tanh(59.33067782 * (x - 0.99784492))",
      [
        5.372385418472574, 5.071807060936618, 4.775893493442795, 4.490091989526028,
        4.225414341504197, 4.001470273904817, 3.8439135570087495, 3.7628407094051526,
        3.718868638214037, 3.636081801325685,
      ]
    ),
    (
      "3.41285712e+00 - 1.49721852e-02 * x + 3.54866018e+14 * exp(-3.95729493e+02 * x)"
        + " - 1.45998465e+00 * exp(-1.10108622e+02 * (1 - x))",
      [
        905543.4485670556, 3.4106112922258967, 3.4091140737, 3.40761685518,
        3.40611963666, 3.4046224181399998, 3.40312519962, 3.4016279810983803,
        3.400130664537755, 3.3926992379818466,
      ]
    ),
  ]

  @Test(arguments: potentials)
  func potentialsAgreeWithPython(text: String, expected: [Double]) throws {
    let potential = try MaterialFunction(expression: text)
    for (i, expected) in expected.enumerated() {
      #expect(abs(potential(0.05 + 0.1 * Double(i)) - expected) < 1e-10)
    }
  }

  static let differentiable = [
    "3 * x - 2", "x ** 3", "x ** -2", "x ** 1.5", "x ** 0.5", "x ** 2.7", "2 ** x", "x ** x", "1 / (1 + x)",
    "x / (2 - x ** 2)", "exp(-3 * x)", "tanh(4 * (x - 0.3))", "cosh(x)", "sinh(2 * x)", "sqrt(1 + x)",
    "log(x / (1 - x))", "exp(-((x - 0.08) ** 2) / 0.05)", "(x - 0.5) * (x + 0.2)", "0.7 - x",
  ]

  @Test(arguments: differentiable)
  func slopesAgreeWithFiniteDifferences(text: String) throws {
    let function = try MaterialFunction(expression: text)
    for x in [0.2, 0.45, 0.7] {
      // Sixth-order central difference.
      let h = 2e-3
      let weights = [(1.0, 45.0 / 60), (2.0, -9.0 / 60), (3.0, 1.0 / 60)]
      let expected = weights.map { $1 * (function(x + $0 * h) - function(x - $0 * h)) / h }.reduce(0, +)
      var partials = SIMD8<Double>.zero
      partials[1] = 1
      partials[6] = -2
      let dual = function(Dual8(x, partials: partials))
      #expect(abs(dual.value - function(x)) <= 4e-16 * abs(dual.value), "\(text) at \(x)")
      #expect(abs(dual.partials[1] - expected) < 1e-9 * max(abs(expected), 1), "\(text) at \(x)")
      #expect(dual.partials[6] == -2 * dual.partials[1])
      #expect(dual.partials[0] == 0)
    }
  }

  @Test func slopeOfThreeHalvesPowerAtZeroIsZero() throws {
    let result = try MaterialFunction(expression: "x ** 1.5")(Dual8(0, partials: .init(repeating: 1)))
    #expect(result.value == 0 && result.partials == .zero)
  }

  /// Exact in binary, so that the precedence alone decides.
  static let precedence: [(String, Double)] = [
    ("-x ** 2", -9), ("(-x) ** 2", 9), ("2 ** -2 * x", 0.75), ("x ** 2 ** 2", 81), ("(x ** 2) ** 3", 729),
    ("1 - x - 1", -3), ("1 - (x - 1)", -1), ("12 / 4 / 2 + x", 4.5), ("12 / 4 * 2 + x", 9), ("1 + 2 * x", 7),
    ("2 * x ** 2", 18), ("--x", 3), ("-+-x", 3), ("2 * -x", -6), ("2 - -x", 5), ("x ** 2 * 2", 18),
    ("-x ** 2 * 2", -18), ("x ** -1 * 3", 1), ("x ** 0", 1), ("x ** 1", 3), ("0 * x + 5", 5), ("x", 3),
    ("x - x", 0), ("x * x - x ** 2", 0), ("(((x)))", 3), ("\t 1e0 +\n .5 + 5. + 2E+1 + x ", 29.5),
    ("x**2*x**3/x**5", 1),
  ]

  @Test(arguments: precedence)
  func precedenceIsPythons(text: String, expected: Double) throws {
    #expect(try MaterialFunction(expression: text)(3.0) == expected)
  }

  @Test func constantsAreFolded() throws {
    #expect(try MaterialFunction(expression: "2 * (3 + 4) ** 2 / tanh(1e3)").constantValue == 98)
    #expect(try MaterialFunction(expression: "1 + 0 * x").constantValue == 1)
    #expect(try MaterialFunction(expression: "x").constantValue == nil)
    #expect(try !MaterialFunction(expression: "x").isConstant)
    #expect(MaterialFunction(2.5).isConstant)
    #expect(MaterialFunction(2.5)(Dual8(1, partials: .init(repeating: 1))).partials == .zero)
  }

  @Test func equalExpressionsAreEqual() throws {
    #expect(try MaterialFunction(expression: "x*x") == MaterialFunction(expression: "x ** 2"))
    #expect(try MaterialFunction(expression: "x + 1") != MaterialFunction(expression: "x + 2"))
    #expect(MaterialFunction(x: [0, 1], y: [2, 3]) != MaterialFunction(x: [0, 1], y: [2, 4]))
  }

  @Test func dependenceIsKept() throws {
    let x = Dependence(0.5, unknowns: [7 as Int32])
    #expect(try MaterialFunction(expression: "exp(x)")(x).unknowns == [7])
    #expect(MaterialFunction(x: [0, 1], y: [0, 1])(x).unknowns == [7])
    #expect(MaterialFunction(3)(x).unknowns == [])
  }

  static let errors: [(String, Int, String, String?)] = [
    ("", 1, "the expression is empty", nil),
    ("  ", 3, "the expression is empty", nil),
    ("1 +", 4, "a number, x or '(' is missing at the end", nil),
    ("1 + * x", 5, "expected a number, x, a function or '('; found '*'", nil),
    ("(1 + x", 1, "'(' is never closed", nil),
    ("2 * (1 + (x)", 5, "'(' is never closed", nil),
    ("1 + x)", 6, "')' without '('", nil),
    ("2 x", 3, "expected an operator, found 'x'", "multiplication is written *"),
    ("2x", 2, "expected an operator, found 'x'", "multiplication is written *"),
    ("x(2)", 2, "x is not a function", "multiplication is written *"),
    ("x ^ 2", 3, "unexpected '^'", "a power is written **"),
    ("1 + tahn(x)", 5, "unknown function 'tahn'", "did you mean 'tanh'?"),
    ("ln(x)", 1, "unknown function 'ln'", "did you mean 'log'?"),
    ("arctan(x)", 1, "unknown function 'arctan'", "known: exp, tanh, cosh, sinh, sqrt, log"),
    ("2 * y", 5, "unknown name 'y'", "the only variable is x"),
    ("exp + x", 5, "exp needs an argument", "exp(x)"),
    ("exp(x, 2)", 6, "unexpected ','", "a function has one argument"),
    ("exp()", 5, "expected a number, x, a function or '('; found ')'", nil),
    ("1e + x", 1, "'1e' is not a finite number", nil),
    ("1e999", 1, "'1e999' is not a finite number", nil),
    ("x + 1.2.3", 8, "expected an operator, found '.'", "multiplication is written *"),
    ("x / (2 - 2)", 3, "division by zero", nil),
    ("x + exp(1e4)", 5, "the result is not a finite number", nil),
    ("x + log(-1)", 5, "the result is not a finite number", nil),
    ("3 · x", 3, "expected an operator, found a character outside ASCII", "multiplication is written *"),
    (String(repeating: "(", count: 500), 66, "nested too deeply", nil),
    (String(repeating: "x + ", count: 2500) + "x", 1, "is longer than 10000 characters", "give a table of x and y"),
  ]

  @Test(arguments: errors)
  func errorsNameTheColumn(text: String, column: Int, message: String, advice: String?) {
    let expected = ExpressionError(column: column, message: message, advice: advice)
    #expect(throws: expected) { try MaterialFunction(expression: text) }
  }

  @Test func tooManyIntermediateValuesIsAnError() {
    var text = "exp(x)"
    for n in 2...50 { text = "exp(\(n) * x) * (1 + \(text))" }
    #expect(throws: ExpressionError.self) { try MaterialFunction(expression: text) }
  }

  @Test func tablesAreStraightLines() {
    let table = MaterialFunction(x: [0, 1, 3], y: [1, 2, 0])
    let expected: [(Double, Double, Double)] = [
      (-1, 0, 1), (0, 1, 1), (0.5, 1.5, 1), (1, 2, -1), (2, 1, -1), (3, 0, -1), (5, -2, -1),
    ]
    for (x, value, slope) in expected {
      let result = table(Dual8(x, partials: .init(repeating: 1)))
      #expect(result.value == value && table(x) == value)
      #expect(result.partials[3] == slope)
    }
  }
}
