"""Records: how long files are kept and what becomes of them then, and what may not be destroyed meanwhile."""
