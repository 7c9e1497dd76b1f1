import Documents
import Foundation
import Testing

@testable import Studies

private func study(_ text: String) throws -> Study {
  try Study(DocumentNode(text: "name: n\ncell: c.json\nprotocol: p.yaml\n" + text, file: "a/study.yaml"))
}

@Suite struct StudyTests {
  @Test func axesMakeAProductInTheOrderOfTheFile() throws {
    let study = try study(
      """
      set: {Separator/Porosity: 0.5}
      variants:
        thin: {Positive electrode/Thickness: 1e-5}
        thick: {Positive electrode/Thickness: 1e-4, Separator/Porosity: 0.6, cell: /other.json}
      vary:
        rate: {vars/rate: [C/5, 1C]}
        radius:
          "Positive electrode/Particle radius [m]": {from: 1e-6, to: 4e-6, count: 3, scale: log}
          "Negative electrode/Particle radius [m]": [1, 2, 3]
      """)
    #expect(study.axes == ["case", "rate", "radius"])
    #expect(
      study.variants.map(\.name).prefix(4) == [
        "thin_rate=C-5_radius=1e-06", "thin_rate=C-5_radius=2e-06", "thin_rate=C-5_radius=4e-06",
        "thin_rate=1C_radius=1e-06",
      ])
    #expect(study.variants.count == 12)
    let last = try #require(study.variants.last)
    #expect(last.settings.cell == "/other.json" && last.settings.testProtocol == "a/p.yaml")
    #expect(last.settings.variables.map(\.value) == ["1C"])
    // What a variant says replaces what holds for all.
    #expect(
      last.settings.values.map { "\($0.key)=\($0.value)" } == [
        "Separator/Porosity=0.6", "Positive electrode/Thickness=1e-4", "Positive electrode/Particle radius [m]=4e-06",
        "Negative electrode/Particle radius [m]=3",
      ])
    #expect(last.choices[2].value == 4e-6 && last.choices[2].quantity == "Particle radius [m]")
    #expect(
      last.settings.arguments(folder: "x").prefix(5) == [
        "run", "/other.json", "x/a/p.yaml", "--set", "Separator/Porosity=0.6",
      ])
  }

  @Test func labelsNamePoints() throws {
    let study = try study("vary: {radius: {a/b: [2e-8, 4e-8], labels: [20 nm, 40 nm]}}")
    #expect(study.variants.map(\.name) == ["20-nm", "40-nm"])
    #expect(study.variants[0].choices == [.init(axis: "radius", label: "20 nm", value: 2e-8, quantity: "b")])
  }

  @Test func rangesEndWhereTheyShould() throws {
    let linear = try study("vary: {r: {a/b: {from: 0.1, to: 0.7, count: 4}}}")
    #expect(linear.variants.map { $0.settings.values[0].value } == ["0.1", "0.3", "0.5", "0.7"])
    let log = try study("vary: {r: {a/b: {from: 3e-8, to: 3e-5, count: 4, scale: log}}}")
    #expect(log.variants.map { $0.settings.values[0].value } == ["3e-08", "3e-07", "3e-06", "3e-05"])
    let one = try study("vary: {r: {a/b: {from: 3, to: 5, count: 1}}}")
    #expect(one.variants.map { $0.settings.values[0].value } == ["3.0"])
  }

  @Test func rangesHaveUnits() throws {
    let study = try study("vary: {T: {temperature: {from: 0 degC, to: 40 degC, count: 3}}, r: {vars/r: [C/10, 2C]}}")
    #expect(
      study.variants.map { $0.settings.options[1].value } == [
        "0.0 degC", "0.0 degC", "20.0 degC", "20.0 degC", "40.0 degC", "40.0 degC",
      ])
    #expect(study.variants[2].choices[0].value == 20 && study.variants[2].choices[0].quantity == "T [degC]")
    #expect(study.variants.map { $0.choices[1].value } == [0.1, 2, 0.1, 2, 0.1, 2])
  }

  @Test(arguments: [1, 7, 100]) func aLatinHypercubeHasAPointInEveryPart(count: Int) throws {
    func sample(_ seed: Int) throws -> [[Double]] {
      let study = try study(
        """
        vary:
          s:
            latin hypercube:
              {count: \(count), seed: \(seed), over: {a: {x/a: {from: 2, to: 4}}, b: {x/b: {from: 1e-8, to: 1e-4, scale: log}}}}
        """)
      #expect(study.axes == ["s", "a", "b"] && study.variants.count == count)
      return (0..<2).map { column in study.variants.map { Double($0.settings.values[column].value)! } }
    }
    let values = try sample(5)
    func parts(_ shares: [Double]) -> [Int] { shares.map { Int($0 * Double(count)) }.sorted() }
    #expect(parts(values[0].map { ($0 - 2) / 2 }) == Array(0..<count))
    #expect(parts(values[1].map { log10($0 / 1e-8) / 4 }) == Array(0..<count))
    #expect(try sample(5) == values && sample(6) != values)
  }

  @Test(arguments: [
    ("vary: {r: {radius: [1]}}", "a/study.yaml:4:21: vary/r/radius/1: neither a key of a cell file nor one of cell,"),
    ("vary: {r: {a/b: [1, 2], a/c: [1]}}", "vary/r: what moves together has different numbers of values, 2 and 1"),
    ("vary: {r: {a/b: {from: 0, to: 1, count: 3, scale: log}}}", "vary/r/a/b/scale: a logarithmic range begins"),
    ("vary: {r: {a/b: {from: 0, to: 1, count: 0}}}", "vary/r/a/b/count: expected a whole number from 1"),
    ("vary: {r: {a/b: {from: 0, to: 1}}}", "vary/r/a/b: the key 'count' is missing"),
    ("vary: {r: {a/b: {from: 0, till: 1, count: 2}}}", "vary/r/a/b/till: unknown key"),
    ("vary: {r: {a/b: []}}", "vary/r/a/b: the list is empty"),
    ("vary: {r: {}}", "vary/r: nothing varies here"),
    ("vary: {r: {a/b: [1, 1]}}", "two variants are called 'r=1'"),
    ("vary: {r: {a/b: {from: 0 V, to: 1 A, count: 3}}}", "vary/r/a/b/to: a range has one unit"),
    ("vary: {r: {a/b: {from: low, to: 1, count: 3}}}", "vary/r/a/b/from: expected a number, with or without a unit"),
    ("vary: {a: {soc: [0.1, 0.2]}, b: {soc: [0.3, 0.4]}}", "'soc' is set twice"),
    ("variants: {a: {x/y: 1}}\nvary: {b: {Parameterisation/x/y: [1, 2]}}", "'x/y' is set twice"),
    ("variants: {a/b: {}, a-b: {}}", "two variants are called 'a-b'"),
    ("variants: {A: {}, a: {}}", "two variants are called 'a'"),
    ("variants: {\"\": {}}", "'' cannot be the name of a folder"),
    ("variants: {x.part: {}}", "'x.part' cannot be the name"),
    ("vary: {cycle: {a/b: [1]}}", "vary/cycle: a table of results has a column of this name"),
    ("vary: {s: {latin hypercube: {count: 3, over: {a: {x/a: {from: 1, to: 2}}}}}}", "the key 'seed' is missing"),
    ("vary: {s: {latin hypercube: {count: 3, seed: -1, over: {}}}}", "seed: expected a whole number, found '-1'"),
    ("variants: {a: {soc: 120 %}}", "variants/a/soc: expected a state of charge, found '120 %'"),
    ("variants: {a: 5}", "variants/a: expected what is set for this variant"),
    ("variants: {}", "variants: there is no variant"),
    ("variant: {}", "variant: unknown key (did you mean 'variants'?)"),
    (
      "vary: {a: {x/a: {from: 1, to: 2, count: 2000}}, b: {x/b: {from: 1, to: 2, count: 1000}}}",
      "more than 1000000 variants"
    ),
  ]) func mistakesAreNamed(text: String, complaint: String) throws {
    let error = try #require(throws: DocumentError.self) { _ = try study(text) }
    #expect("\(error)".contains(complaint), "\(error)")
  }

  @Test func probesHaveEveryKeyInEveryCell() throws {
    let study = try study(
      """
      variants: {a: {cell: a.json}, b: {cell: b.json, "x/only": 1}}
      vary: {r: {x/r: {from: 1, to: 2, count: 50}}, s: {vars/s: [1, 2]}}
      """)
    #expect(study.probes.map(\.name) == ["a_r=1_s=1", "b_r=1_s=1"])
  }
}

@Suite struct ManifestTests {
  private func run(_ name: String, _ value: String) throws -> Variant {
    var variant = Variant(name: name, choices: [], settings: RunSettings())
    variant.settings.values = [RunSettings.Pair(key: "k", value: value)]
    return variant
  }

  @Test func whatIsWrittenIsRead() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["c.json", "d.json"] { try name.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
    try "steps: [{rest: 1 s}]".write(toFile: "\(folder)/p.yaml", atomically: true, encoding: .utf8)
    func runs(_ text: String, software: String = "1") throws -> [PlannedRun] {
      let study = try Study(
        DocumentNode(text: "name: \"ü, \\\"n\\\"\"\nprotocol: p.yaml\n" + text, file: "\(folder)/s.yaml"))
      return try Manifest.runs(of: study, in: "\(folder)/out", software: software)
    }
    let planned = try runs("cell: c.json\nvary: {r: {a/b: [1, 2e-8], labels: [one, 'two, \"2\"']}}")
    let path = "\(folder)/m.jsonl"
    try Manifest.text(planned).write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try Manifest.runs(path: path) == planned)

    // Identity is what is computed, not what it is called.
    let renamed = try runs("cell: c.json\nvary: {q: {a/b: [2e-8, 3]}}")
    #expect(renamed[0].id == planned[1].id && renamed[1].id != planned[0].id)
    #expect(try runs("cell: d.json\nvary: {r: {a/b: [1]}}")[0].id != planned[0].id)
    #expect(try runs("cell: c.json\nvary: {r: {a/b: [1]}}", software: "2")[0].id != planned[0].id)
    #expect(Set(planned.map(\.id)).count == 2)

    try "{}\n".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: DocumentError.self) { try Manifest.runs(path: path) }
  }

  @Test func pathsStartFromTheFolder() {
    let here = FileManager.default.currentDirectoryPath
    let last = here.split(separator: "/").last!
    #expect(Manifest.path("a/b.json", from: "results/x") == "../../a/b.json")
    #expect(Manifest.path("./a/../b.json", from: ".") == "b.json")
    #expect(Manifest.path("../c.json", from: "out") == "../../c.json")
    #expect(Manifest.path("c.json", from: "../out") == "../\(last)/c.json")
    #expect(Manifest.path("/abs/c.json", from: "out") == "/abs/c.json")
    #expect(Manifest.path("\(here)/x.json", from: "\(here)/out") == "\(here)/x.json")
  }
}
