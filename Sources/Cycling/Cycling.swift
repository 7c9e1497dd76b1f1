enum Cycling {}
