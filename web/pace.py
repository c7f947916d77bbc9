"""How slowly a body may come: a connection that is fed a byte now and then is not kept for ever.

Pure; web/contents.py feeds it. Only the time that was spent waiting for the sender counts, so that a slow disk of ours
is nobody's fault.
"""

from web.http import TooSlow

WINDOW_SECONDS = 60.0
LEAST_RATE = 1024  # bytes a second, on the average of a window


class Pace:
    """The average of each window of waiting, the first included; what ends within its first window is never slow."""

    def __init__(self, window: float = WINDOW_SECONDS, least: int = LEAST_RATE) -> None:
        self._window = window
        self._least = least
        self._waited = 0.0
        self._bytes = 0

    def note(self, size: int, waited: float) -> None:
        """`size` bytes came after `waited` seconds; none is the end. Raises TooSlow once a window had too few."""
        self._waited += waited
        self._bytes += size
        if size == 0 or self._waited < self._window:
            return
        if self._bytes < self._least * self._waited:
            raise TooSlow()
        self._waited, self._bytes = 0.0, 0
