"""Studies as data: one TOML file per study. Nothing in the code names one of them."""
