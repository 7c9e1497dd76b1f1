import Documents

extension TestProtocol {
  /// Reads a protocol file: our own YAML, the JSON of aurora-unicycler, or the experiment strings of PyBaMM (`.txt`). A
  /// complaint names the file, line, column and key.
  /// - Parameter variables: first values in place of those under `vars`.
  public init(path: String, variables: [(name: String, value: String)] = []) throws(DocumentError) {
    if path.hasSuffix(".txt") {
      try Self.check(variables, declared: [])
      self = try PyBaMMExperiment(text: DocumentNode.text(ofFile: path, largest: 1 << 20), file: path).testProtocol()
    } else {
      var document = try DocumentNode(path: path)
      try Self.check(variables, declared: document["vars"]?.paths ?? [])
      for (name, value) in variables { document = document.replacing(["vars", name], with: value) }
      try self.init(document: document)
    }
  }

  private static func check(_ variables: [(name: String, value: String)], declared: [String]) throws(DocumentError) {
    for (name, _) in variables where !declared.contains(name) {
      throw DocumentError(
        file: "--var", key: name, message: "the protocol has no such variable",
        advice: nearest(to: name, in: declared).map { "did you mean '\($0)'?" }
          ?? (declared.isEmpty
            ? "write for example 'vars: {\(name): 1C}'" : "it has \(declared.joined(separator: ", "))")
      )
    }
  }

  /// Reads a protocol from text; `file` is the name used in complaints.
  public init(text: String, file: String) throws(DocumentError) {
    try self.init(document: DocumentNode(text: text, file: file))
  }

  /// Reads a protocol from a parsed YAML or JSON document.
  public init(document: DocumentNode) throws(DocumentError) {
    if document["method"] != nil, document["steps"] == nil {
      var reader = try UnicyclerReader(document)
      self = try reader.testProtocol()
    } else {
      var parser = ProtocolParser()
      self = try parser.testProtocol(document)
    }
    // Complains about labels and routines that are not where they are looked for.
    _ = try Program(self)
  }
}
