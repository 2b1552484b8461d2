"""The knowledge: TOML files with schemas, and the frozen objects they load into."""
