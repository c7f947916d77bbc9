"""The demonstration: Valbrume, a fictional commune of 12,400 inhabitants, on embedded defaults or its own directory."""
