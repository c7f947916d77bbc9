"""Files: the tree of each space, its versions and trash, and the storage that keeps their bytes."""
