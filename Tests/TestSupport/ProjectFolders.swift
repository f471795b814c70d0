import Foundation

/// Folders that tests read from, found from where this file stands.
public enum ProjectFolders {
  public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  /// A robot that ships.
  public static func model(_ name: String) -> String { "\(root)/models/\(name).xml" }
  /// Public robot files beside the project; not part of it, so they may be missing.
  public static let publicModels = URL(filePath: root).deletingLastPathComponent().appending(path: "shared/mjcf").path
  public static var hasPublicModels: Bool { FileManager.default.fileExists(atPath: publicModels) }
}
