// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "spinodal",
  platforms: [.macOS(.v14)],
  products: [.executable(name: "spinodal", targets: ["spinodal"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "CKernels"),
    .target(
      name: "CSundials", dependencies: ["CKernels"],
      linkerSettings: [
        .linkedLibrary("sundials_ida"),
        .linkedLibrary("sundials_nvecserial"),
        .linkedLibrary("sundials_sunmatrixsparse"),
        .linkedLibrary("sundials_sunlinsolklu"),
      ]),
    .target(name: "Integration", dependencies: ["CKernels", "CSundials"], swiftSettings: strict),
    .target(
      name: "Documents", dependencies: [.product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .target(name: "CellInterface", swiftSettings: strict),
    .target(
      name: "Electrochemistry", dependencies: ["CKernels", "Integration", "Documents", "CellInterface"],
      swiftSettings: strict),
    .target(name: "Cycling", dependencies: ["Documents", "CellInterface"], swiftSettings: strict),
    .target(name: "Figures", swiftSettings: strict),
    .target(name: "Analysis", dependencies: ["Cycling", "Documents", "Figures"], swiftSettings: strict),
    .target(name: "Studies", dependencies: ["Analysis", "Cycling", "Documents", "Figures"], swiftSettings: strict),
    .executableTarget(
      name: "spinodal",
      dependencies: [
        "Analysis", "CellInterface", "Cycling", "Documents", "Electrochemistry", "Figures", "Integration", "Studies",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "benchmark", dependencies: ["CellInterface", "Cycling", "Electrochemistry", "Integration"],
      path: "Benchmarks", exclude: ["README.md", "bench.py", "radial-elements.gnuplot", "radial-elements.svg"],
      swiftSettings: strict),
    .target(name: "Reproducible", path: "Tests/Reproducible", swiftSettings: strict),
    .testTarget(name: "IntegrationTests", dependencies: ["Integration"], swiftSettings: strict),
    .testTarget(
      name: "ElectrochemistryTests",
      dependencies: ["Electrochemistry", "CellInterface", "Documents", "Integration", "Reproducible"],
      swiftSettings: strict),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .testTarget(
      name: "VerificationTests",
      dependencies: [
        "AllocationCounter", "Cycling", "Electrochemistry", "CellInterface", "Documents", "Integration", "Reproducible",
      ],
      resources: [.copy("References")], swiftSettings: strict),
    .testTarget(
      name: "CyclingTests", dependencies: ["Cycling", "CellInterface", "Documents", "Reproducible"],
      swiftSettings: strict),
    .testTarget(
      name: "AnalysisTests", dependencies: ["Analysis", "Cycling", "Documents", "Figures"],
      swiftSettings: strict),
    .testTarget(name: "StudiesTests", dependencies: ["Documents", "Studies"], swiftSettings: strict),
    .executableTarget(
      name: "fuzz", dependencies: ["CellInterface", "Cycling", "Documents", "Electrochemistry", "Reproducible"],
      path: "Tests/Fuzz",
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["Documents", "spinodal", "fuzz", "Reproducible"], swiftSettings: strict),
  ]
)
