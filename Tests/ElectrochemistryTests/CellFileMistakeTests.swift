import Documents
import Foundation
import Testing

@testable import Electrochemistry

/// A small half cell, whose lines the tests change.
let half = """
  {
    "Header": {"BPX": "1.1.1", "Title": "Half", "Model": "Partial"},
    "Parameterisation": {
      "Cell": {
        "Electrode area [m2]": 1e-4,
        "Number of electrode pairs connected in parallel to make a cell": 1,
        "Nominal cell capacity [A.h]": 4e-3,
        "Lower voltage cut-off [V]": 2.5,
        "Upper voltage cut-off [V]": 4.3
      },
      "Electrolyte": {
        "Cation transference number": 0.26,
        "Conductivity [S.m-1]": 1,
        "Diffusivity [m2.s-1]": 3e-10
      },
      "Positive electrode": {
        "Thickness [m]": 8e-5,
        "Porosity": 0.3,
        "Transport efficiency": 0.15,
        "Conductivity [S.m-1]": 100,
        "Minimum stoichiometry": 0.3,
        "Maximum stoichiometry": 0.95,
        "Maximum concentration [mol.m-3]": 50000,
        "Particle radius [m]": 5e-6,
        "Surface area per unit volume [m-1]": 360000,
        "Diffusivity [m2.s-1]": 1e-14,
        "OCP [V]": "4.4 - x",
        "Reaction rate constant [mol.m-2.s-1]": 5e-6
      },
      "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.3},
      "User-defined": {
        "Negative electrode": {"Foil": {"Exchange current density [A.m-2]": 10, "description": "lithium"}}
      }
    },
    "State": {
      "Initial conditions": {"Initial electrolyte concentration [mol.m-3]": 1000},
      "Degradation": {"LLI": 0, "LAM: Negative electrode": 0, "LAM: Positive electrode": 0}
    }
  }
  """

extension CellFileTests.Malformed {
  /// Values and keys of BPX's own sections.
  static let values: [Self] = [
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": null", 21, 19,
      "Parameterisation/Negative electrode/Porosity",
      "is null, where a value is needed"),
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": true", 21, 19,
      "Parameterisation/Negative electrode/Porosity",
      "expected a number, found 'true'"),
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": [0.3]", 21, 19,
      "Parameterisation/Negative electrode/Porosity",
      "expected a number, found a list"),
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": {\"x\": 0.3}", 21, 19,
      "Parameterisation/Negative electrode/Porosity",
      "expected a number, found a group of keys"),
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": NaN", 21, 19,
      "Parameterisation/Negative electrode/Porosity",
      "NaN is not a finite number"),
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": -Infinity", 21, 19,
      "Parameterisation/Negative electrode/Porosity",
      "-Infinity is not a finite number"),
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": 0,3", 21, 21,
      "Parameterisation/Negative electrode/3",
      "unknown key",
      "a decimal number is written with a point, not a comma"),
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": 0.3, \"Porosity\": 0.4", 21, 7,
      "",
      "a key is given twice: Porosity"),
    Self(
      "\"Porosity\": 0.3",
      "\"Porosity\": \"30 %\"", 21, 19,
      "Parameterisation/Negative electrode/Porosity",
      "expected a number, found '30 %'"),
    Self(
      "\"Thickness [m]\": 8e-5",
      "\"Thickness [um]\": 80", 20, 7,
      "Parameterisation/Negative electrode/Thickness [um]",
      "unknown key",
      "did you mean 'Thickness [m]'?"),
    Self(
      "\"Thickness [m]\": 8e-5",
      "\"Thickness [m]\": -8e-5", 20, 24,
      "Parameterisation/Negative electrode/Thickness [m]",
      "must be greater than zero, found -8e-5"),
    Self(
      "\"Thickness [m]\": 8e-5",
      "\"Thickness [m]\": 1e400", 20, 24,
      "Parameterisation/Negative electrode/Thickness [m]",
      "1e400 is not a finite number"),
    Self(
      "\"Particle radius [m]\": 5e-6",
      "\"Particle radius [m]\": 0", 27, 30,
      "Parameterisation/Negative electrode/Particle radius [m]",
      "must be greater than zero, found 0"),
    Self(
      "\"Header\": {\"BPX\": \"1.1.1\", \"Title\": \"Small\", \"Model\": \"DFN\"}",
      "\"Header\": \"DFN\"", 2, 13,
      "Header",
      "expected a group of keys, found 'DFN'"),
    Self(
      "\"BPX\": \"1.1.1\", ",
      "", 2, 13,
      "Header",
      "the key 'BPX' is missing"),
    Self(
      "\"Model\": \"DFN\"",
      "\"Model\": null", 2, 57,
      "Header/Model",
      "is null, where a value is needed"),
    Self(
      "\"Nominal cell capacity [A.h]\": 30,",
      "\"Nominal cell capacity [mA.h]\": 4000,", 7, 7,
      "Parameterisation/Cell/Nominal cell capacity [mA.h]",
      "unknown key",
      "did you mean 'Nominal cell capacity [A.h]'?"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": \"\"", 30, 19,
      "Parameterisation/Negative electrode/OCP [V]",
      "the expression is empty"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": \"0.2 - 0.1 x\"", 30, 29,
      "Parameterisation/Negative electrode/OCP [V]",
      "expected an operator, found 'x'",
      "multiplication is written *"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": \"0.2 - 0.1 * sto\"", 30, 31,
      "Parameterisation/Negative electrode/OCP [V]",
      "unknown name 'sto'",
      "the only variable is x"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": {\"x\": [0.5], \"y\": [0.1]}", 30, 24,
      "Parameterisation/Negative electrode/OCP [V]/x",
      "a table has two points or more"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": {\"x\": [0, 1]}", 30, 18,
      "Parameterisation/Negative electrode/OCP [V]",
      "the key 'y' is missing"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": {\"x\": [0, 1], \"y\": [0.2, \"low\"]}", 30, 43,
      "Parameterisation/Negative electrode/OCP [V]/y/2",
      "expected a number, found 'low'"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": {\"x\": [1, 0], \"y\": [0.1, 0.2]}", 30, 28,
      "Parameterisation/Negative electrode/OCP [V]/x/2",
      "x must increase, found 0 after 1.0"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": {\"stoichiometry\": [0, 1], \"y\": [0.2, 0.1]}", 30, 19,
      "Parameterisation/Negative electrode/OCP [V]/stoichiometry",
      "unknown key",
      "a table has two lists, 'x' and 'y'"),
    Self(
      "\"Diffusivity [m2.s-1]\": 3e-14",
      "\"Diffusivity [m2.s-1]\": \"1e-14 * (x - 0.5)\"", 29, 31,
      "Parameterisation/Negative electrode/Diffusivity [m2.s-1]",
      "must be greater than zero, is -4.6775e-15 at x = 0.03225"),
    Self(
      "\"Separator\": {\"Thickness [m]\": 2e-5, \"Porosity\": 0.5, \"Transport efficiency\": 0.3},",
      "", 3, 23,
      "Parameterisation",
      "the key 'Separator' is missing"),
    Self(
      "\"Initial temperature [K]\": 300",
      "\"Initial temperature [K]\": 27", 70, 34,
      "State/Initial conditions/Initial temperature [K]",
      "27 is not a temperature in K",
      "allowed: 150 to 500"),
    Self(
      "\"Initial state-of-charge\": 0.75",
      "\"Initial state-of-charge\": -0.1", 69, 34,
      "State/Initial conditions/Initial state-of-charge",
      "-0.1 is not a state of charge",
      "allowed: 0 to 1"),
    Self(
      "concentration [mol.m-3]\": 1100",
      "concentration [mol.m-3]\": 0", 71, 54,
      "State/Initial conditions/Initial electrolyte concentration [mol.m-3]",
      "must be greater than zero, found 0"),
    Self(
      "\"Thickness [m]\": 8e-5",
      "\"Thickness [m]\": 85.2", 20, 24,
      "Parameterisation/Negative electrode/Thickness [m]",
      "85.2 is not a thickness in m",
      "85.2 um is 8.52e-05; allowed: 1e-09 to 0.01"),
    Self(
      "\"Thickness [m]\": 8e-5",
      "\"Thickness [m]\": 1e300", 20, 24,
      "Parameterisation/Negative electrode/Thickness [m]",
      "1e300 is not a thickness in m",
      "allowed: 1e-09 to 0.01"),
    Self(
      "\"Thickness [m]\": 8e-5",
      "\"Thickness [m]\": 8e1", 20, 24,
      "Parameterisation/Negative electrode/Thickness [m]",
      "8e1 is not a thickness in m",
      "8e1 um is 8e-05; allowed: 1e-09 to 0.01"),
    Self(
      "\"Particle radius [m]\": 5e-6",
      "\"Particle radius [m]\": 5", 27, 30,
      "Parameterisation/Negative electrode/Particle radius [m]",
      "5 is not a particle radius in m",
      "5 um is 5e-06; 5 nm is 5e-09; allowed: 1e-10 to 0.001"),
    Self(
      "\"Maximum concentration [mol.m-3]\": 30000",
      "\"Maximum concentration [mol.m-3]\": 30", 26, 42,
      "Parameterisation/Negative electrode/Maximum concentration [mol.m-3]",
      "30 is not a concentration in a solid in mol/m3",
      "30 mol/L is 30000.0; allowed: 500 to 400000"),
    Self(
      "\"Electrode area [m2]\": 0.5",
      "\"Electrode area [m2]\": 1027", 5, 30,
      "Parameterisation/Cell/Electrode area [m2]",
      "1027 is not an area in m2",
      "1027 cm2 is 0.1027; 1027 mm2 is 0.001027; allowed: 1e-14 to 100"),
    Self(
      "\"Nominal cell capacity [A.h]\": 30,",
      "\"Nominal cell capacity [A.h]\": 5000,", 7, 38,
      "Parameterisation/Cell/Nominal cell capacity [A.h]",
      "5000 is not a cell's capacity in A.h",
      "5000 mA.h is 5.0; allowed: 1e-15 to 2000"),
    Self(
      "cut-off [V]\": 4.2",
      "cut-off [V]\": 4200", 9, 36,
      "Parameterisation/Cell/Upper voltage cut-off [V]",
      "4200 is not a cell's voltage in V",
      "4200 mV is 4.2; allowed: -20 to 20"),
    Self(
      "concentration [mol.m-3]\": 1100",
      "concentration [mol.m-3]\": 1.0", 71, 54,
      "State/Initial conditions/Initial electrolyte concentration [mol.m-3]",
      "1.0 is not an electrolyte concentration in mol/m3",
      "1.0 mol/L is 1000.0; allowed: 20 to 25000"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": \"200 - 100 * x\"", 30, 18,
      "Parameterisation/Negative electrode/OCP [V]",
      "196.78 at x = 0.03225 is not a cell's voltage in V",
      "196.78 mV is 0.19678; allowed: -20 to 20"),
    Self(
      "\"OCP [V]\": \"0.2 - 0.1 * x\"",
      "\"OCP [V]\": \"5 - 0.1 * x\"", 9, 36,
      "Parameterisation/Cell/Upper voltage cut-off [V]",
      "at no state of charge is the open-circuit voltage between the cut-offs: it goes from -1.9204 V at 0 % to -0.84 V at 100 %",
      "are the potentials of the two electrodes interchanged?"),
    Self(
      "\"Porosity\": 0.3,",
      "\"Porosity\": 0.3, // of the electrode", 21, 24,
      "",
      "not well-formed YAML or JSON: found a comment",
      "JSON has no comments: take it out"),
    Self(
      "\"Header\": {\"BPX\"",
      "/* a cell */ \"Header\": {\"BPX\"", 2, 3,
      "/* a cell */ \"Header\"",
      "unknown key",
      "JSON has no comments: take it out"),
    Self(
      "\"Header\": {\"BPX\"",
      "\"//\": \"a cell\", \"Header\": {\"BPX\"", 2, 3,
      "//",
      "unknown key",
      "JSON has no comments: take it out"),
    Self(
      "\"Particle\": {\n",
      "\"OCP [V]\": 4, \"Particle\": {\n", 38, 7,
      "Parameterisation/Positive electrode/OCP [V]",
      "belongs to one material of the blend",
      "move it under 'Particle/Large' or 'Particle/Small'"),
  ]

  /// Our groups, and what BPX 1.1 says of a used cell.
  static let groups: [Self] = [
    Self(
      "\"User-defined\": {",
      "\"User-defined\": {\"Cell\": {\"Contact resistance [Ohm]\": -1e-3},", 62, 59,
      "Parameterisation/User-defined/Cell/Contact resistance [Ohm]",
      "must not be negative, found -1e-3"),
    Self(
      "\"User-defined\": {",
      "\"User-defined\": {\"Electrolyte\": {\"Thermodynamic factor\": \"1 - x / 1000\"},", 62, 62,
      "Parameterisation/User-defined/Electrolyte/Thermodynamic factor",
      "must be greater than zero, is -0.0175 at x = 1017.5"),
    Self(
      "\"User-defined\": {",
      "\"User-defined\": {\"Electrolyte\": {\"Conductivity temperature series\": {\"Order 5\": 1e-3}},", 62, 74,
      "Parameterisation/User-defined/Electrolyte/Conductivity temperature series/Order 5",
      "unknown key",
      "did you mean 'Order 1'?"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Film\": {\"Resistance [Ohm.m2]\": -0.01}", 63, 62,
      "Parameterisation/User-defined/Negative electrode/Film/Resistance [Ohm.m2]",
      "must not be negative, found -0.01"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Film\": {\"Resistance [Ohm]\": 0.01}", 63, 39,
      "Parameterisation/User-defined/Negative electrode/Film/Resistance [Ohm]",
      "unknown key",
      "did you mean 'Resistance [Ohm.m2]'?"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Kinetics\": {\"Reaction rate constant [mol.m-2.s-1]\": \"x - 0.5\"}", 63, 83,
      "Parameterisation/User-defined/Negative electrode/Kinetics/Reaction rate constant [mol.m-2.s-1]",
      "must be greater than zero, is -0.46775 at x = 0.03225"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Size distribution\": {\"x\": [1e-6, 2e-6], \"y\": [0.5, -0.5]}", 63, 82,
      "Parameterisation/User-defined/Negative electrode/Size distribution/y/2",
      "must not be negative, found -0.5"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Size distribution\": {\"x\": [1e-6, 2e-6], \"y\": [0, 0]}", 63, 76,
      "Parameterisation/User-defined/Negative electrode/Size distribution/y",
      "the volume fractions are all 0"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Size distribution\": {\"x\": [2e-6, 1e-6], \"y\": [0.5, 0.5]}", 63, 64,
      "Parameterisation/User-defined/Negative electrode/Size distribution/x/2",
      "x must increase, found 1e-6 after 2e-06"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Size distribution\": {\"x\": [0, 1e-6], \"y\": [0.5, 0.5]}", 63, 58,
      "Parameterisation/User-defined/Negative electrode/Size distribution/x/1",
      "must be greater than zero, found 0"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Size distribution\": {\"x\": [], \"y\": []}", 63, 57,
      "Parameterisation/User-defined/Negative electrode/Size distribution/x",
      "is empty",
      "one radius or more"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Grading\": {\"Porosity\": \"0.3 + 0.8 * x\"}", 63, 54,
      "Parameterisation/User-defined/Negative electrode/Grading/Porosity",
      "1.0 at x = 0.875 is not a porosity",
      "greater than 0, less than 1"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Grading\": {\"Porosity\": \"0.2 + 0.3 * x\"}", 63, 54,
      "Parameterisation/User-defined/Negative electrode/Grading/Porosity",
      "porosity and active material fill 1.1 of the electrode",
      "the active fraction is surface area × radius / shape factor, here 0.6"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Grading\": {\"Transport efficiency\": {\"x\": [0, 1], \"y\": [0.2, 0]}}", 63, 66,
      "Parameterisation/User-defined/Negative electrode/Grading/Transport efficiency",
      "0.0 at x = 1.0 is not a transport efficiency",
      "greater than 0, at most 1"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Foil\": {\"Exchange current density [A.m-2]\": 10}", 63, 38,
      "Parameterisation/User-defined/Negative electrode/Foil",
      "this side is also described as a porous electrode",
      "leave out this group or the section 'Negative electrode'"),
    Self(
      "\"OCP [V]\": \"0.2",
      "\"OCP (lithiation) [V]\": 0.1, \"OCP [V]\": \"0.2", 30, 31,
      "Parameterisation/Negative electrode/OCP (lithiation) [V]",
      "hysteresis needs both branches and the decay constant, but 'OCP (delithiation) [V]' is missing",
      "without hysteresis, leave all three out"),
    Self(
      "\"OCP [V]\": \"0.2",
      "\"OCP (lithiation) [V]\": 0.1, \"OCP (delithiation) [V]\": 0.2, \"OCP hysteresis decay constant\": -5, \"OCP [V]\": \"0.2",
      30, 100,
      "Parameterisation/Negative electrode/OCP hysteresis decay constant",
      "must not be negative, found -5"),
    Self(
      "state-of-charge\": 0.75,",
      "state-of-charge\": 0.75, \"Initial hysteresis state: Positive electrode\": {\"Big\": 1},", 69, 89,
      "State/Initial conditions/Initial hysteresis state: Positive electrode/Big",
      "is not a material of this electrode",
      "allowed: Large, Small"),
    Self(
      "\"Ambient temperature [K]\": 301",
      "\"Ambient temperature [K]\": 301, \"Heat transfer coefficient [W.m-2.K-1]\": 10", 4, 13,
      "Parameterisation/Cell",
      "the key 'Specific heat capacity [J.K-1.kg-1]' is missing",
      "with a heat transfer coefficient, the heat balance needs it"),
    Self(
      "\"LAM: Negative electrode\": 0",
      "\"LAM: Negative electrode\": 1", 74, 58,
      "State/Degradation/LAM: Negative electrode",
      "1 is not a lost fraction",
      "from 0 to less than 1; 5 % is 0.05"),
    Self(
      "\"LAM: Negative electrode\": 0",
      "\"LAM: Negative electrode\": {\"Graphite\": 0.1}", 74, 58,
      "State/Degradation/LAM: Negative electrode",
      "expected a number, found a group of keys"),
    Self(
      "{\"Large\": 0, \"Small\": 0}",
      "{\"Large\": 0, \"Smal\": 0}", 74, 101,
      "State/Degradation/LAM: Positive electrode/Smal",
      "is not a material of this electrode",
      "did you mean 'Small'?"),
  ]

  /// Strain.
  static let mechanics: [Self] = [
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [GPa]\": 10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6}",
      63, 44,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Young's modulus [GPa]",
      "unknown key",
      "did you mean 'Young's modulus [Pa]'?"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 1}, \"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Substrate\": {\"Misfit strain\": 1.0}}",
      63, 209,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Substrate/Misfit strain",
      "1.0 is not a strain",
      "1.0 % is 0.01; allowed: -0.2 to 0.2"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Surface stress [N.m-1]\": 1000}",
      63, 165,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Surface stress [N.m-1]",
      "1000 is not a surface stress in N/m",
      "1000 mN/m is 1.0; allowed: -100 to 100"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Volume change\": \"10 * x\"}",
      63, 156,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Volume change",
      "5.2175 at x = 0.52175 is not a relative change of volume",
      "5.2175 % is 0.052175; allowed: -0.9 to 5"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Fracture\": {\"Toughness [Pa.m0.5]\": 1e6, \"Flaw size [m]\": 20}}",
      63, 197,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Fracture/Flaw size [m]",
      "20 is not the size of a flaw in m",
      "20 um is 2e-05; 20 nm is 2e-08; allowed: 1e-10 to 0.001"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 1}, \"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Stress in flux\": 0, \"Bending\": {\"Radius of curvature [m]\": 2e3}}",
      63, 238,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Bending/Radius of curvature [m]",
      "2e3 is not a radius of curvature in m",
      "2e3 um is 0.002; 2e3 nm is 2e-06; allowed: 1e-09 to 1000"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3}", 63, 43,
      "Parameterisation/User-defined/Negative electrode/Mechanics",
      "the key 'Partial molar volume [m3.mol-1]' is missing"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 125, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6}",
      63, 68,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Young's modulus [Pa]",
      "125 is not an elastic modulus in Pa",
      "125 GPa is 125000000000.0; 125 MPa is 125000000.0; allowed: 1000000 to 2000000000000"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.5, \"Partial molar volume [m3.mol-1]\": 3e-6}",
      63, 93,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Poisson's ratio",
      "0.5 is not a Poisson's ratio",
      "allowed: 0 to 0.49"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 0}",
      63, 133,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Partial molar volume [m3.mol-1]",
      "must not be 0",
      "without strain, leave 'Mechanics' out"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Stress in reactions\": 1}",
      63, 139,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Stress in reactions",
      "unknown key",
      "did you mean 'Stress in reaction'?"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Stress in flux\": 2}",
      63, 157,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Stress in flux",
      "2 is not a switch",
      "1 on, 0 off"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Stress in flux\": 0, \"Consistent flux\": 1}",
      63, 179,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Consistent flux",
      "has no effect beside \"Stress in flux\": 0"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Substrate\": {\"Misfit strain\": 0.01}}",
      63, 152,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Substrate",
      "a film is a plate, with the particle radius as its thickness",
      "add \"Particle shape\": {\"Shape factor\": 1}"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 1}, \"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Substrate\": {\"Misfit strain\": 0.01, \"Thickness [m]\": 1e-4}}",
      63, 191,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Substrate",
      "the key 'Young's modulus [Pa]' is missing"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Normal partial molar volume [m3.mol-1]\": 1e-6}",
      63, 181,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Normal partial molar volume [m3.mol-1]",
      "belongs to a film",
      "add the group 'Substrate'"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 1}, \"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Surface stress [N.m-1]\": 1, \"Substrate\": {\"Misfit strain\": 0.01}}",
      63, 204,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Surface stress [N.m-1]",
      "has no effect on a film that cannot move sideways",
      "leave it or 'Substrate' out"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Fracture\": {\"Flaw size [m]\": 1e-7}}",
      63, 151,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Fracture",
      "the key 'Toughness [Pa.m0.5]' or 'Fracture energy [J.m-2]' is missing"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Fracture\": {\"Toughness [Pa.m0.5]\": 1e6, \"Flaw size [m]\": 1e-3}}",
      63, 197,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Fracture/Flaw size [m]",
      "a flaw of 1e-3 m has no room in a particle radius of 5e-06 m"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 1}, \"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Bending\": {\"Radius of curvature [m]\": 1e-4}}",
      63, 189,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Bending",
      "needs a flux that ends where the chemical potential is the same on both faces, which the dilute form does not",
      "add \"Consistent flux\": 1, or \"Stress in flux\": 0"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Stress in flux\": 0, \"Bending\": {\"Radius of curvature [m]\": 1e-4}}",
      63, 171,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Bending",
      "a bent beam or film is a plate, with the particle radius as half its thickness",
      "add \"Particle shape\": {\"Shape factor\": 1}"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": \"0 * x\"}",
      63, 133,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Partial molar volume [m3.mol-1]",
      "must not be 0",
      "without strain, leave 'Mechanics' out"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 3, \"Inner radius [m]\": 4e-6}, \"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Fracture\": {\"Toughness [Pa.m0.5]\": 1e6, \"Flaw size [m]\": 2e-6}}",
      63, 262,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Fracture/Flaw size [m]",
      "a flaw of 2e-6 m has no room in a wall of 1e-06 m"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 1}, \"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Stress in flux\": 0, \"Bending\": {\"Radius of curvature [m]\": 1e-5}}",
      63, 238,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Bending/Radius of curvature [m]",
      "bends a plate of the half-thickness 5e-06 m by more than 20 %",
      "at least 2.5e-05 m, and far more for linear elasticity to hold"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Fracture\": {\"Toughness [Pa.m0.5]\": 1.2}}",
      63, 175,
      "Parameterisation/User-defined/Negative electrode/Mechanics/Fracture/Toughness [Pa.m0.5]",
      "1.2 is not a fracture toughness in Pa.m0.5",
      "1.2 MPa.m0.5 is 1200000.0; allowed: 1000 to 1000000000"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 1}, \"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6, \"Bending\": {\"Radius of curvature [m]\": 1e-3}}, \"Regular solution\": {\"Standard potential [V]\": 0.1, \"Interaction energy [J.mol-1]\": 9e3}, \"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2e-12, \"Wetting [J.m-2]\": 0.1}",
      63, 82,
      "Parameterisation/User-defined/Negative electrode/Mechanics",
      "wetting cannot be combined with bending",
      "leave one of the two out"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Mechanics\": {\"Young's modulus [Pa]\": 1e10, \"Poisson's ratio\": 0.3, \"Partial molar volume [m3.mol-1]\": 3e-6}, \"Regular solution\": {\"Standard potential [V]\": 0.1, \"Interaction energy [J.mol-1]\": 9e3}, \"Cahn-Hilliard\": {\"Gradient energy [J.m2.mol-1]\": 2e-12, \"Coherency strain energy [J.m-3]\": 1e8}",
      63, 322,
      "Parameterisation/User-defined/Negative electrode/Cahn-Hilliard/Coherency strain energy [J.m-3]",
      "is given beside 'Mechanics', from which it follows",
      "leave one of the two out"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 1, \"Inner radius [m]\": 1e-6}", 63, 88,
      "Parameterisation/User-defined/Negative electrode/Particle shape/Inner radius [m]",
      "belongs to a hollow sphere or cylinder",
      "a plate has no inside to be empty"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 3, \"Inner radius [m]\": 1e-3}", 63, 88,
      "Parameterisation/User-defined/Negative electrode/Particle shape/Inner radius [m]",
      "must be below the radius of 5e-06 m, found 1e-3"),
    Self(
      "\"Particle shape\": {\"Shape factor\": 3, \"description\": \"sphere\"}",
      "\"Particle shape\": {\"Shape factor\": 3, \"Inner radius [m]\": 1e-6, \"Wall thickness [m]\": 1e-6}", 63, 116,
      "Parameterisation/User-defined/Negative electrode/Particle shape/Wall thickness [m]",
      "is given beside 'Inner radius [m]'",
      "one of the two"),
  ]

  /// Half cells, symmetric cells and single particles.
  static let sides: [Self] = [
    Self(
      in: half, "\"Model\": \"Partial\"",
      "\"Model\": \"DFN\"", 2, 56,
      "Header/Model",
      "the negative electrode is a foil or a reference electrode, not a porous one",
      "such a cell says \"Partial\""),
    Self(
      in: half, "\"Exchange current density [A.m-2]\": 10",
      "\"Exchange current density [A.m-2]\": 0", 32, 75,
      "Parameterisation/User-defined/Negative electrode/Foil/Exchange current density [A.m-2]",
      "must be greater than zero, found 0"),
    Self(
      in: half, "\"Exchange current density [A.m-2]\": 10",
      "\"Exchange current density [mA.cm-2]\": 1", 32, 39,
      "Parameterisation/User-defined/Negative electrode/Foil/Exchange current density [mA.cm-2]",
      "unknown key",
      "did you mean 'Exchange current density [A.m-2]'?"),
    Self(
      in: half, "\"Exchange current density [A.m-2]\": 10",
      "\"Exchange current density [A.m-2]\": 10, \"Concentration exponent\": 2", 32, 105,
      "Parameterisation/User-defined/Negative electrode/Foil/Concentration exponent",
      "2 is not an exponent",
      "allowed: 0 to 1"),
    Self(
      in: half, "\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}",
      "\"Foli\": {}", 32, 30,
      "Parameterisation/User-defined/Negative electrode/Foli",
      "unknown key",
      "did you mean 'Foil'?"),
    Self(
      in: half, "\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}",
      "\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}, \"Reference\": {\"description\": \"ideal\"}",
      32, 119,
      "Parameterisation/User-defined/Negative electrode/Reference",
      "is given beside 'Foil'",
      "one of the two"),
    Self(
      in: half, "\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}",
      "\"Reference\": {\"description\": \"ideal\"}", 30, 18,
      "Parameterisation/Separator",
      "a cell with an ideal reference electrode has no separator",
      "leave the section out"),
    Self(
      in: half, "\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}",
      "\"Grading\": {\"Porosity\": 0.3}", 32, 30,
      "Parameterisation/User-defined/Negative electrode/Grading",
      "belongs to a porous electrode, but the file has no section for it"),
    Self(
      in: half,
      "\"Negative electrode\": {\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}}",
      "\"Negative electrode\": {\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}}, \"Positive electrode\": {\"Foil\": {\"Exchange current density [A.m-2]\": 10}}",
      32, 138,
      "Parameterisation/User-defined/Positive electrode/Foil",
      "this side is also described as a porous electrode",
      "leave out this group or the section 'Positive electrode'"),
    Self(
      in: half,
      "\"Negative electrode\": {\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}}",
      "\"Negative electrode\": {\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}}, \"Positive electrode\": {\"Reference\": {\"description\": \"ideal\"}}",
      32, 143,
      "Parameterisation/User-defined/Positive electrode/Reference",
      "the reference electrode is the negative side",
      "the single particle is the positive one"),
    Self(
      in: half,
      ",\n    \"User-defined\": {\n      \"Negative electrode\": {\"Foil\": {\"Exchange current density [A.m-2]\": 10, \"description\": \"lithium\"}}\n    }",
      "", 3, 23,
      "Parameterisation",
      "the key 'Negative electrode' is missing",
      "in a partial file a group 'Foil' or 'Reference' under 'User-defined' may stand in for it"),
    Self(
      in: half, "\"LLI\": 0",
      "\"LLI\": 0.05", 37, 28,
      "State/Degradation/LLI",
      "lost lithium can only be shared out between two porous electrodes of one material each",
      "0 here, and the state of charge and the stoichiometry limits of the aged cell"),
    Self(
      in: half, "\"LAM: Negative electrode\": 0",
      "\"LAM: Negative electrode\": 0.1", 37, 58,
      "State/Degradation/LAM: Negative electrode",
      "this side is no porous electrode: it has no active material to lose"),
  ]
}

/// Files that are no cell files at all.
@Suite struct NoCellFileTests {
  static let bodies: [(name: String, bytes: [UInt8], place: String, message: String)] = [
    ("empty", [], "", "the file is empty"),
    ("blank", Array("  \n\n".utf8), "", "the file is empty"),
    ("binary", [0x7F, 0x45, 0x4C, 0x46, 0xFF, 0xFE, 0x00], "", "is not text (UTF-8)"),
    (
      "zeros", [UInt8](repeating: 0, count: 64), ":1:1",
      "not well-formed YAML or JSON: control characters are not allowed"
    ),
    ("text", Array("a cell".utf8), ":1:1", "expected a group of keys, found 'a cell'"),
    ("list", Array("[1, 2]".utf8), ":1:1", "expected a group of keys, found a list"),
    ("braces", Array("{}".utf8), ":1:1", "the key 'Header' is missing"),
    ("cut", Array(small.utf8.prefix(600)), ":19:10", "found unexpected end of stream"),
    (
      "comma", Array(small.replacing("\"Porosity\": 0.3,", with: "\"Porosity\": 0.3").utf8),
      ":22:29", "did not find expected ',' or '}'"
    ),
    (
      "deep", [UInt8](repeating: UInt8(ascii: "["), count: 100_000),
      ":1:", "values are nested too deeply, more than 1000 levels"
    ),
  ]

  @Test(arguments: bodies)
  func areRefused(name: String, bytes: [UInt8], place: String, message: String) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "spinodal-\(UUID()).json")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    let error = try #require(throws: DocumentError.self) { try CellFile(path: url.path) }
    let text = error.description.replacing(url.path, with: "")
    #expect(text.hasPrefix(place) && text.hasSuffix(message), "\(text)")
  }

  /// JSON as Python writes it: a battery beyond the basic plane of Unicode in two escapes.
  @Test func surrogatePairsOfJSONAreText() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "spinodal-\(UUID()).json")
    try Data(#"{"Title": "cell \ud83d\udd0b", "x": 1}"#.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    #expect(try DocumentNode(path: url.path).required("Title").string() == "cell \u{1F50B}")
  }

  @Test func aFolderIsRefused() throws {
    let error = try #require(throws: DocumentError.self) {
      try CellFile(path: CellFileTests.repository.appending(path: "cells").path)
    }
    #expect(error.description.hasSuffix("cells: is a folder: name a file in it"))
  }

  /// The superuser may read everything.
  @Test(.enabled(if: geteuid() != 0)) func anUnreadableFileIsRefused() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "spinodal-\(UUID()).json")
    try Data(small.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: url.path)
    let error = try #require(throws: DocumentError.self) { try CellFile(path: url.path) }
    #expect(error.description.hasSuffix(": cannot be opened: Permission denied"))
  }
}
