"""A clock that the test moves."""

from datetime import UTC, datetime, timedelta


class HandClock:
    """Stands at seven in the morning in Paris on a Monday, until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_(self, **span: float) -> None:
        self.time += timedelta(**span)
