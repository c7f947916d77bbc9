"""French law of deliberating assemblies, pure: no I/O, no clock, the day is an argument.

Each threshold is an Entry (`entries.py`) that says for whom and from which day to which it holds; each function names
its article and gives it back. What is certain blocks (Verdict.ERROR, with the article in the words), what is not
settled warns and leaves it to the chair. docs/features/council-rules.md says what rests on what.
"""
