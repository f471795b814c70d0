public import PoiseCore

extension ConfigurationOverride {
  /// Reads `key.path=value`, where the value is YAML: `ppo.clipRange=0.1`, `hiddenSizes=[64, 64]`,
  /// `rewards.tilt.weight=2`.
  ///
  /// - Parameters:
  ///   - argument: the text `key.path=value`.
  ///   - option: name of the option, for messages.
  /// - Throws: `InvalidInput` with a problem that names the option.
  public init(parsing argument: String, option: String = "--set") throws(InvalidInput) {
    let written = "\(option) \(argument)"
    guard let equals = argument.firstIndex(of: "=") else {
      throw InvalidInput(
        Problem(file: written, found: "no '='", allowed: "key.path=value", remedy: "Example: --set ppo.clipRange=0.1."))
    }
    let path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if let problem = Self.problem(ofPath: path, option: written) { throw InvalidInput(problem) }
    guard path.allSatisfy({ !$0.isEmpty && !$0.contains(where: \.isWhitespace) }) else {
      throw InvalidInput(
        Problem(
          file: written, found: "the path '\(argument[..<equals])'\(foreignSpaceRemark(String(argument[..<equals])))",
          allowed: "names separated by single dots, as in ppo.clipRange"))
    }
    let text = argument[argument.index(after: equals)...]
    let value: ConfigurationNode
    do {
      let isBlank = text.allSatisfy(\.isWhitespace)
      value = isBlank ? ConfigurationNode(.scalar(.init(""))) : try YAMLTree.read(String(text), file: written)
    } catch {
      throw InvalidInput(
        error.problems.map { problem in
          var problem = problem
          problem.line = nil
          problem.place = path.joined(separator: ".")
          return problem
        })
    }
    self.init(path: path, value: value, option: written)
  }
}

extension Configured {
  /// Reads a YAML file and the options that change it.
  ///
  /// - Parameters:
  ///   - path: the file, as the user named it.
  ///   - overrides: the arguments of `--set`, each `key.path=value`; later ones win.
  /// - Throws: `InputOutputError` if the file cannot be read; `InvalidInput` with every problem of file and options.
  public init(contentsOf path: String, overrides: [String] = []) throws {
    try self.init(tree: YAMLTree.read(contentsOf: path), overrides: overrides)
  }

  /// Reads YAML that came from `file`, and the options that change it; the file itself is not read.
  public init(yaml text: String, file: String, overrides: [String] = []) throws(InvalidInput) {
    try self.init(tree: YAMLTree.read(text, file: file), overrides: overrides)
  }

  private init(tree: ConfigurationNode, overrides: [String]) throws(InvalidInput) {
    var tree = tree
    tree.renameFormerKeys(of: Value.self)
    var problems: [Problem] = []
    let defaults = Value().written
    for argument in overrides {
      do {
        let override = try ConfigurationOverride(parsing: argument).renamingFormerKeys(of: Value.self)
        try tree.apply(override, defaults: defaults)
      } catch {
        problems += error.problems
      }
    }
    try self.init(reading: tree, earlier: problems)
  }
}
