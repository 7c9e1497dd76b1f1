import Documents

/// Tests to be compared: a cell, a protocol, and what varies from one variant to the next.
///
/// Written as `study.yaml`. Paths in it are relative to the file.
public struct Study: Equatable, Sendable {
  public var name: String
  /// What the variants differ in: the named ones in `variant` (in `case` where there are axes too), then the axes in the
  /// order of the file.
  public var axes: [String]
  public var variants: [Variant]

  /// Reads a study and works out its variants.
  public init(path: String) throws(DocumentError) {
    try self.init(DocumentNode(path: path))
  }

  init(_ document: DocumentNode) throws(DocumentError) {
    try document.checkKeys(["name", "description"] + Self.commonKeys + ["set", "variants", "vary"])
    guard let name = try document["name"]?.string() else {
      throw document.error("the key 'name' is missing", advice: "write 'name: what is compared'")
    }
    self.name = name
    _ = try document["description"]?.string()

    let folder = Self.folder(of: document.file)
    var common = RunSettings()
    common.options.append(RunSettings.Pair(key: "start-time", value: Self.start))
    for entry in try document.entries() where Self.commonKeys.contains(entry.name) {
      try common.set(entry.name, entry.value.string(), at: entry.value, folder: folder)
    }
    for entry in try document["set"]?.entries() ?? [] {
      try common.set(entry.name, entry.value.string(), at: entry.value, folder: folder)
    }

    var axes: [Axis] = []
    if let variants = document["variants"] {
      axes.append(try Axis(named: variants, as: document["vary"] == nil ? "variant" : "case", folder: folder))
    }
    for entry in try document["vary"]?.entries() ?? [] {
      guard !Self.columns.contains(entry.name) else {
        throw entry.keyNode.error("a table of results has a column of this name already", advice: "choose another name")
      }
      axes.append(try Axis(entry.name, entry.value, folder: folder))
    }
    self.axes = axes.flatMap { axis in axis.points[0].choices.map(\.axis) }
    for (index, axis) in self.axes.enumerated() where self.axes[..<index].contains(axis) {
      throw document.error("two columns of results are called '\(axis)'", advice: "choose another name")
    }

    try Self.checkThatNoneIsSetTwice(axes, document)
    let count = axes.reduce(1) { $0.multipliedReportingOverflow(by: $1.points.count).partialValue }
    guard axes.allSatisfy({ $0.points.count <= Self.mostVariants }), (1...Self.mostVariants).contains(count) else {
      throw document.error("more than \(Self.mostVariants) variants")
    }
    var variants = [Variant(name: "", choices: [], settings: common)]
    for axis in axes {
      variants = variants.flatMap { variant in
        axis.points.map { point in
          var variant = variant
          variant.name += (variant.name.isEmpty ? "" : "_") + point.name
          variant.choices += point.choices
          variant.settings.override(with: point.settings)
          return variant
        }
      }
    }
    if axes.isEmpty { variants[0].name = "test" }
    for index in variants.indices { variants[index].name = Self.fileName(variants[index].name) }
    var names: Set<String> = []
    for variant in variants {
      // Not every file system tells large letters from small ones.
      guard names.insert(variant.name.lowercased()).inserted else {
        throw document.error(
          "two variants are called '\(variant.name)'",
          advice:
            "their names differ in nothing that file names keep: give variants other names, or points other 'labels'")
      }
      guard !variant.name.isEmpty, variant.name.utf8.count <= Self.longestName, !variant.name.hasSuffix(".part") else {
        throw document.error(
          "'\(variant.name.prefix(40))' cannot be the name of a folder", advice: "give it another name, or 'labels'")
      }
      guard variant.settings.cell != nil else { throw document.error("no cell is given", advice: "add 'cell: FILE'") }
      guard variant.settings.testProtocol != nil else {
        throw document.error("no protocol is given", advice: "add 'protocol: FILE'")
      }
    }
    self.variants = variants
  }

  /// In bytes: a file system takes 255, with endings.
  private static let longestName = 200

  /// Complains about axes of which one undoes what the other sets.
  private static func checkThatNoneIsSetTwice(_ axes: [Axis], _ document: DocumentNode) throws(DocumentError) {
    var seen: Set<String> = []
    for axis in axes {
      let own = Set(axis.points.flatMap { $0.settings.names })
      if let twice = own.first(where: seen.contains) {
        throw document.error(
          "'\(twice)' is set twice, by variants or axes that are combined", advice: "set it in one place")
      }
      seen.formUnion(own)
    }
  }

  /// When tests begin that do not say so: the same inputs give the same files.
  private static let start = "2000-01-01T00:00:00Z"

  /// Of a table of results, beside the axes.
  static let columns = ["variant", "case", "cycle", "metric", "value", "status", "reason"]

  /// What is the same for all variants, or may be set by each.
  private static let commonKeys = RunSettings.words

  static let mostVariants = 1_000_000

  /// Variants among which every file and every key of the study occurs: where these can be read, the rest differs in
  /// numbers only.
  public var probes: [Variant] {
    var seen: Set<String> = []
    return variants.filter { variant in
      let settings = variant.settings
      let names = settings.values.map(\.key) + settings.variables.map { "vars/\($0.key)" }
      // A key is looked for in a cell.
      let files = "\(settings.cell ?? "") \(settings.testProtocol ?? "")"
      let places = [files] + names.map { "\(files) \($0)" }
      return !places.filter { seen.insert($0).inserted }.isEmpty
    }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// A text as part of a file name, in every file system.
  static func fileName(_ text: String) -> String {
    var name = ""
    for character in text {
      if character.isLetter || character.isNumber || "._+-=".contains(character) {
        name.append(character)
      } else if name.last != "-" {
        name.append("-")
      }
    }
    return name.first == "." ? "-" + name : name
  }
}

/// One of the tests of a study.
public struct Variant: Equatable, Sendable {
  /// Fit for a file name, and the only one of this name in the study.
  public var name: String
  /// What sets it apart, one for each axis.
  public var choices: [Choice]
  public var settings: RunSettings

  /// Where a variant stands on an axis.
  public struct Choice: Equatable, Sendable, Codable {
    public var axis: String
    /// As people read it.
    public var label: String
    /// nil where it is no number.
    public var value: Double?
    /// What the value is of, with its unit: `Particle radius [m]`.
    public var quantity: String?
  }
}

/// What a test is given.
public struct RunSettings: Equatable, Sendable, Codable {
  /// Paths.
  public var cell: String?
  public var testProtocol: String?
  /// Replaced values of the cell file.
  public var values: [Pair] = []
  /// Replaced first values of the protocol's variables.
  public var variables: [Pair] = []
  /// Options of `spinodal run` by their name without dashes.
  public var options: [Pair] = []

  public struct Pair: Equatable, Sendable, Codable {
    public var key: String
    public var value: String
  }

  /// What is set by a word of its own rather than by a key of the cell file.
  static let words = ["cell", "protocol", "temperature", "soc", "mesh", "tolerance", "profiles", "start"]

  /// Takes up what a study says of a word, of a variable (`vars/NAME`) or of a key of the cell file.
  /// - Parameters:
  ///   - node: where it is said.
  ///   - folder: what paths start from.
  mutating func set(_ name: String, _ text: String, at node: DocumentNode, folder: String) throws(DocumentError) {
    switch name {
    case "cell": cell = text.hasPrefix("/") ? text : folder + text
    case "protocol": testProtocol = text.hasPrefix("/") ? text : folder + text
    case "soc":
      guard let share = Double(text) ?? Self.percent(text), (0...1).contains(share) else {
        throw node.error("expected a state of charge, found '\(text)'", advice: "such as 0.5 or 50 %")
      }
      Self.replace(&options, "soc", "\(share)")
    case "profiles": Self.replace(&options, "profiles-every", text)
    case "start": Self.replace(&options, "start-time", text)
    case "mesh", "tolerance", "temperature": Self.replace(&options, name, text)
    default:
      if name.hasPrefix("vars/") {
        Self.replace(&variables, String(name.dropFirst(5)), text)
      } else {
        guard name.contains("/") || name.contains("[") else {
          throw node.error(
            "neither a key of a cell file nor one of \(Self.words.joined(separator: ", "))",
            advice: nearest(to: name, in: Self.words).map { "did you mean '\($0)'?" }
              ?? "a key of a cell file is written like 'Positive electrode/Thickness [m]', a variable of the protocol "
              + "like 'vars/\(name)'")
        }
        Self.replace(&values, name, text)
      }
    }
  }

  /// What is set.
  var names: [String] {
    (cell == nil ? [] : ["cell"]) + (testProtocol == nil ? [] : ["protocol"])
      + values.map { $0.key.hasPrefix("Parameterisation/") ? String($0.key.dropFirst(17)) : $0.key }
      + variables.map { "vars/\($0.key)" } + options.map(\.key)
  }

  /// Takes up all that is said there.
  mutating func override(with other: RunSettings) {
    cell = other.cell ?? cell
    testProtocol = other.testProtocol ?? testProtocol
    for pair in other.values { Self.replace(&values, pair.key, pair.value) }
    for pair in other.variables { Self.replace(&variables, pair.key, pair.value) }
    for pair in other.options { Self.replace(&options, pair.key, pair.value) }
  }

  private static func replace(_ pairs: inout [Pair], _ key: String, _ value: String) {
    if let index = pairs.firstIndex(where: { $0.key == key }) {
      pairs[index].value = value
    } else {
      pairs.append(Pair(key: key, value: value))
    }
  }

  private static func percent(_ text: String) -> Double? {
    guard text.hasSuffix("%") else { return nil }
    let number = text.dropLast()
    return Double(number.last == " " ? number.dropLast() : number).map { $0 / 100 }
  }
}
