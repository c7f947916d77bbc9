"""What Prometheus is told at /metrics; one registry per process."""

from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from meetings.rooms.quality import Totals


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "hemicycle_requests", "Requests answered.", ["endpoint", "method", "status"], registry=self.registry
        )
        self.seconds = Histogram("hemicycle_request_seconds", "Time to answer.", ["endpoint"], registry=self.registry)
        self.sockets = Gauge("hemicycle_sockets", "Open real-time connections.", registry=self.registry)
        self.events = Counter("hemicycle_events", "Announcements sent.", ["type"], registry=self.registry)
        self.jobs = Gauge("hemicycle_jobs", "Jobs by state.", ["state"], registry=self.registry)
        self.participants = Gauge("hemicycle_room_participants", "People in rooms.", registry=self.registry)

    def observe_rooms(self, totals: Callable[[], Mapping[UUID, Totals]]) -> None:
        """Tell how rooms fare, read at each scrape."""
        self.registry.register(RoomFigures(totals))

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


class RoomFigures(Collector):
    """Rooms by the id of their meeting, and only while somebody is in them; nothing in it names a person (ADR 0043)."""

    def __init__(self, totals: Callable[[], Mapping[UUID, Totals]]) -> None:
        self._totals = totals

    def describe(self) -> Iterator[Metric]:
        """Nothing is read at registration."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        rooms = {str(meeting): totals for meeting, totals in self._totals().items()}
        people = GaugeMetricFamily("hemicycle_room_people", "Participants with media.", labels=["room"])
        bits = GaugeMetricFamily("hemicycle_room_bits_per_second", "From and to participants.", labels=["room", "way"])
        lost = GaugeMetricFamily(
            "hemicycle_room_lost_share", "Packets lost, of the worst line.", labels=["room", "way"]
        )
        trip = GaugeMetricFamily("hemicycle_room_round_trip_seconds", "Of the slowest line.", labels=["room"])
        paused = GaugeMetricFamily("hemicycle_room_paused_pictures", "Pictures that do not fit.", labels=["room"])
        pictures = GaugeMetricFamily("hemicycle_room_pictures", "Sent, by their layer's size.", labels=["room", "size"])
        freezes = CounterMetricFamily("hemicycle_room_freezes", "Freezes that browsers report.", labels=["room"])
        frozen = CounterMetricFamily("hemicycle_room_frozen_seconds", "How long they lasted.", labels=["room"])
        for room, totals in rooms.items():
            people.add_metric([room], totals.people)
            bits.add_metric([room, "up"], totals.up_bps)
            bits.add_metric([room, "down"], totals.down_bps)
            lost.add_metric([room, "up"], totals.up_loss)
            lost.add_metric([room, "down"], totals.down_loss)
            trip.add_metric([room], totals.round_trip)
            paused.add_metric([room], totals.paused)
            for size, count in totals.pictures.items():
                pictures.add_metric([room, size], count)
            freezes.add_metric([room], totals.freezes)
            frozen.add_metric([room], totals.frozen)
        yield from (people, bits, lost, trip, paused, pictures, freezes, frozen)
