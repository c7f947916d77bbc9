"""Apart: processes that read files from strangers, and may die of it without harm."""
