import Documents

extension TestProtocol {
  /// Reads a protocol file: our own YAML, the JSON of aurora-unicycler, or the experiment strings of PyBaMM (`.txt`). A
  /// complaint names the file, line, column and key.
  public init(path: String) throws(DocumentError) {
    if path.hasSuffix(".txt") {
      self = try PyBaMMExperiment(text: DocumentNode.text(ofFile: path, largest: 1 << 20), file: path).testProtocol()
    } else {
      try self.init(document: DocumentNode(path: path))
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
