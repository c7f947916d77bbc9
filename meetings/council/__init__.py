"""Council sittings; `rules/` is the law of deliberating assemblies as pure functions and dated data."""
