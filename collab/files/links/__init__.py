"""Links: a file, a folder or a deposit box for those who have no account, and the rules that they live by."""
