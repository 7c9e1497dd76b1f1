/// Physical constants, CODATA 2018 (exact in the SI).
public enum Constants {
  /// Charge of one mole of elementary charges in C/mol.
  public static let faraday = 96485.33212331001
  /// Molar gas constant in J/(mol·K).
  public static let gas = 8.31446261815324
  /// 0 °C in K.
  public static let zeroCelsius = 273.15
}
