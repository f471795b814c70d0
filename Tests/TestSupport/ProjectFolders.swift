import Foundation

/// Folders that tests read from, found from where this file stands.
public enum ProjectFolders {
  public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  /// A robot that ships.
  public static func model(_ name: String) -> String { "\(root)/models/\(name).xml" }
  /// Public robot files, which are not part of the project and may be missing: in `../shared/mjcf` beside it, or where `make test-peers`
  /// puts them.
  public static let publicModels: String = {
    let beside = URL(filePath: root).deletingLastPathComponent().appending(path: "shared/mjcf").path
    return FileManager.default.fileExists(atPath: beside) ? beside : "\(root)/.build/public-models"
  }()
  public static var hasPublicModels: Bool { FileManager.default.fileExists(atPath: publicModels) }
  /// Why a test that needs them is skipped.
  public static let publicModelsRemedy = "no public robot files: make test-peers"
}
