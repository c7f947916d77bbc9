"""What the `hemicycle` command can do, one module a subject; each adds its own subcommands."""
