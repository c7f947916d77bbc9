"""Which jobs exist, who handles them and when the recurring ones come back."""

from collections.abc import Mapping, Sequence

from collab.core import jobs
from collab.core.jobs import Handler, Recurring
from collab.core.settings import Settings
from web.deps import Deps


def handlers(deps: Deps) -> Mapping[str, Handler]:
    """Every kind of job and what runs it."""
    return {"jobs.forget_done": jobs.forget_done}


def recurring(settings: Settings) -> Sequence[Recurring]:
    """The jobs that come back by themselves, in the place's time zone."""
    zone = settings.place.time_zone
    return [Recurring("jobs.forget_done", "15 3 * * *", zone)]
