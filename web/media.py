"""The media engine of this web process: in it, or in worker processes; and what supervision reads off it.

main.py starts one; /metrics and the page of the administrator ask it.
"""

import errno
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from collab.core.settings import Settings, SettingsError
from meetings.media.planes import why_not_c
from meetings.media.pool import Pool
from meetings.media.port import Counters, MediaPort, MediaSettings, NotRunning
from meetings.media.worker import Engine

PORTS_TRIED = 50
SELF = "web"
"""What the engine in the web process is called among workers."""


@dataclass(frozen=True, slots=True)
class Working:
    """One engine. `restarts`: how often its process was begun anew."""

    name: str
    port: int
    counters: Counters
    restarts: int = 0
    alive: bool = True


class Media(Collector):
    """The engine that rooms use."""

    def __init__(self, port: MediaPort) -> None:
        self.engine = port

    @property
    def workers(self) -> list[Working]:
        """Each engine behind the port."""
        engine = self.engine
        if not isinstance(engine, Pool):
            return [Working(SELF, _port(engine), engine.counters, alive=_port(engine) != 0)]
        return [
            Working(
                str(worker.number),
                _port(worker.engine),
                worker.engine.counters,
                worker.restarts,
                worker.engine.alive,
            )
            for worker in engine.workers
        ]

    def summary(self) -> str:
        """Its ports, for administrators, and how many of its workers live. Raises NotRunning when none does."""
        workers = self.workers
        every, alive = len(workers), sum(worker.alive for worker in workers)
        if not alive:
            raise NotRunning("no media engine is running")
        listed = ", ".join(str(worker.port) for worker in workers if worker.alive)
        return f"UDP {listed}" if alive == every else f"UDP {listed} ({alive}/{every})"

    def collect(self) -> Iterator[Metric]:
        """The counters of each worker, for Prometheus, which adds them up."""
        label = ["worker"]
        up = GaugeMetricFamily("hemicycle_media_up", "Whether the media worker lives.", labels=label)
        rooms = GaugeMetricFamily("hemicycle_media_rooms", "Rooms on the media worker.", labels=label)
        people = GaugeMetricFamily("hemicycle_media_participants", "People on the media worker.", labels=label)
        restarts = CounterMetricFamily("hemicycle_media_restarts", "Media workers begun anew.", labels=label)
        packets = CounterMetricFamily("hemicycle_media_packets", "Datagrams.", labels=[*label, "direction"])
        dropped = CounterMetricFamily("hemicycle_media_dropped", "Datagrams of no use.", labels=[*label, "reason"])
        planes = GaugeMetricFamily(
            "hemicycle_media_plane", "1 for the data plane's form in use.", labels=[*label, "form"]
        )
        for worker in self.workers:
            counters = worker.counters
            if counters.plane:
                planes.add_metric([worker.name, counters.plane], 1)
            up.add_metric([worker.name], worker.alive)
            rooms.add_metric([worker.name], counters.rooms)
            people.add_metric([worker.name], counters.participants)
            restarts.add_metric([worker.name], worker.restarts)
            packets.add_metric([worker.name, "in"], counters.packets_in)
            packets.add_metric([worker.name, "out"], counters.packets_out)
            for reason, count in sorted(counters.dropped.items()):
                dropped.add_metric([worker.name, reason], count)
        yield from (up, rooms, people, restarts, packets, dropped, planes)


def _port(engine: MediaPort) -> int:
    """0 while it does not run."""
    try:
        return engine.port
    except NotRunning:
        return 0


async def start_media(settings: Settings) -> Media:
    """On the port that is set, else on the first free one after the web's; workers have the next ones too.

    Raises OSError where none can be had, SettingsError where the data plane that is set is not there."""
    media, web_port = settings.media, settings.server.port
    if media.plane == "c" and (reason := why_not_c()) is not None:
        raise SettingsError(f"media.plane is c, and there is no data plane in C: {reason}")
    ports = range(web_port + 1, web_port + 1 + PORTS_TRIED) if web_port and not media.port else [media.port]
    for port in ports:
        engine = _engine(settings, _settings(settings, port))
        try:
            await engine.start()
        except OSError as error:
            await engine.stop()
            if error.errno != errno.EADDRINUSE or port == ports[-1]:
                raise
        else:
            return Media(engine)
    raise AssertionError("one port at least was tried")


def _settings(settings: Settings, port: int) -> MediaSettings:
    media = settings.media
    free = settings.meetings.recording_keeps_free_mb * 10**6
    return MediaSettings(tuple(media.host), tuple(media.announce), port, plane=media.plane, keep_free=free)


def _engine(settings: Settings, media: MediaSettings) -> MediaPort:
    if not settings.media.workers:
        return Engine(media)
    # The next process at the same web port of this machine finds the workers that a crash left behind.
    place = f"{platform.node()}-{settings.server.port or os.getpid()}"
    return Pool(media, settings.media.workers, settings.data.dir / "media" / place)
