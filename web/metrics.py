"""What Prometheus is told at /metrics; one registry per process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest


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

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
