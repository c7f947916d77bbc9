"""What a reader says of a file that it will not read."""


class Refusal(Exception):
    """This file will not be read; the text says why, for administrators."""
