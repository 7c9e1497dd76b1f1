import Cycling
import Documents

/// What is inside some of the particles of a cell in the course of a test, from `PREFIX.profiles.csv`. Of many times a choice is
/// kept, of each material the smallest, a middle and the largest class, each beside the separator.
public struct ProfileData: Sendable {
  public struct Particle: Sendable {
    /// `Negative` or `Positive`.
    public var electrode: String
    public var material: String
    /// From 1.
    public var number: Int
    /// How many classes the material has.
    public var classCount: Int
    /// In m.
    public var radius: Double
    public var instants: [Instant] = []

    /// `Positive electrode, class 2, 35 nm`: without the radius.
    public var name: String {
      "\(electrode) electrode" + (material.isEmpty ? "" : ", \(material)") + (classCount > 1 ? ", class \(number)" : "")
    }
  }

  public struct Instant: Sendable {
    /// In s.
    public var time: Double
    /// In m, from the centre or along a facet.
    public var positions: [Double] = []
    public var stoichiometry: [Double] = []
    /// In Pa; empty where the particle has none.
    public var hoopStress: [Double] = []
  }

  public private(set) var particles: [Particle] = []

  /// Times beyond which every second one is given up.
  private static let mostInstants = 400

  private struct Key: Hashable {
    var electrode: String
    var material: String
    var number: Int
    var volume: Int
  }

  public init(path: String) throws(DocumentError) {
    let table = try TableReader(path: path)
    guard let labels = try table.header() else { throw DocumentError(file: path, message: "the file is empty") }
    func place(_ label: String) throws(DocumentError) -> Int {
      guard let place = labels.firstIndex(of: label) else { throw table.error("there is no column '\(label)'") }
      return place
    }
    let columns = (
      time: try place("Test Time / s"), electrode: try place("Electrode"), material: try place("Material"),
      number: try place("Class"), volume: try place("Volume"), radius: try place("Radius / m"),
      position: try place("Position / m"), stoichiometry: try place("Stoichiometry / 1")
    )
    let stress = labels.firstIndex(of: "Hoop Stress / Pa")
    func number(_ column: Int) throws(DocumentError) -> Double {
      guard let value = try table.number(column, labels[column]), abs(value) < 1e60 else {
        throw table.error("expected a number, found '\(table.text(column).prefix(40))'", labels[column])
      }
      return value
    }
    func count(_ column: Int) throws(DocumentError) -> Int {
      guard let count = Int(exactly: try number(column)) else {
        throw table.error("expected a count, found '\(table.text(column).prefix(40))'", labels[column])
      }
      return count
    }

    // Everything of the first instant, to see what there is.
    var found: [(key: Key, particle: Particle)] = []
    var places: [Key: Int] = [:]
    var chosen: [Int] = []
    var now: Double?
    var (instant, stride, isFirstInstant) = (0, 1, true)
    while try table.next() {
      guard table.fieldCount == labels.count else {
        throw table.error("expected \(labels.count) values, found \(table.fieldCount)")
      }
      let time = try number(columns.time)
      if time != now {
        if isFirstInstant, now != nil {
          isFirstInstant = false
          chosen = Self.choice(found)
          found = chosen.map { found[$0] }
          places = [:]
          for (index, particle) in found.enumerated() { places[particle.key] = index }
        }
        if now != nil { instant += 1 }
        now = time
        if instant % stride == 0, instant / stride >= Self.mostInstants {
          stride *= 2
          for index in found.indices {
            found[index].particle.instants = found[index].particle.instants.enumerated()
              .filter { $0.offset % 2 == 0 }.map(\.element)
          }
        }
      }
      guard instant % stride == 0 else { continue }
      let key = Key(
        electrode: table.text(columns.electrode), material: table.text(columns.material),
        number: try count(columns.number), volume: try count(columns.volume))
      if isFirstInstant, places[key] == nil {
        places[key] = found.count
        let particle = Particle(
          electrode: key.electrode, material: key.material, number: key.number, classCount: 1,
          radius: try number(columns.radius))
        found.append((key, particle))
      }
      guard let index = places[key] else { continue }
      var last = found[index].particle.instants.popLast() ?? Instant(time: time)
      if last.time != time {
        found[index].particle.instants.append(last)
        last = Instant(time: time)
      }
      last.positions.append(try number(columns.position))
      last.stoichiometry.append(try number(columns.stoichiometry))
      if let stress, let value = try table.number(stress, labels[stress]), abs(value) < 1e60 {
        last.hoopStress.append(value)
      }
      found[index].particle.instants.append(last)
    }
    guard !found.isEmpty else { throw DocumentError(file: path, message: "there are no rows below the labels") }
    if isFirstInstant { found = Self.choice(found).map { found[$0] } }
    let all = found
    particles = all.map { entry in
      var particle = entry.particle
      particle.classCount =
        all.filter { $0.key.electrode == entry.key.electrode && $0.key.material == entry.key.material }.map(
          \.key.number
        )
        .max() ?? 1
      return particle
    }
  }

  /// Of each material the first, a middle and the last class, in the volume at the separator.
  private static func choice(_ found: [(key: Key, particle: Particle)]) -> [Int] {
    found.indices.filter { index in
      let key = found[index].key
      let others = found.map(\.key).filter { $0.electrode == key.electrode && $0.material == key.material }
      let largest = others.map(\.number).max() ?? 1
      let volumes = others.map(\.volume)
      let separator = key.electrode == "Negative" ? volumes.max() : volumes.min()
      return [1, (largest + 1) / 2, largest].contains(key.number) && key.volume == separator
    }
  }
}
