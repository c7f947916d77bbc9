"""The text of files, for the search: read apart, kept with the version."""
