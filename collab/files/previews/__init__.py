"""Previews: pictures of what files show, made apart when somebody first looks."""
