"""Uploads that go on after a cut: what is arriving, for whom, and where it will go once it is whole."""
