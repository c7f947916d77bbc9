"""The table of what forwarding media costs: medians of runs, a row for each server and form."""

from typing import Any

from bench.media import report
from bench.media.servers import _janus_files


def run(case: str, cost: float, **more: Any) -> dict[str, Any]:
    made = {"label": "Hémicycle, workers = 0", "plane": "C", "srtp": "GCM128", "case": case, "us_pkt": cost}
    return {**made, "rss_mb": 120.0, "lat_p50_ms": 0.25, "loss_pct": 0.0, "secs": 20.0, **more}


def test_a_row_holds_medians_and_what_was_not_run_stays_empty() -> None:
    runs = [run("10x40", cost, rss_mb=memory) for cost, memory in ((3.0, 100), (9.0, 110), (2.5, 300))]
    runs += [run("2x20", 20.1, label="Janus as packaged")]
    lines = report.table(runs).splitlines()
    assert lines[2] == "| Hémicycle, workers = 0 | C | GCM128 |  |  | 3.0 | 110 MB | 0.25 ms | 0 % |"
    assert lines[3] == "| Janus as packaged | C | GCM128 | 20.1 |  |  |  |  | 0 % |"
    assert [line.split(" | ")[0] for line in lines[4:]] == ["| target, C", "| target, Python"]
    assert {line.count("|") for line in lines} == {10}


def test_the_large_case_is_told_in_words() -> None:
    more = {"pps": 50_000.0, "mbps": 190.0, "cores": 0.31, "gen_cores": 0.2, "lat_p99_ms": 4.0, "streams_missing": 0}
    text = report.table([run(report.SCALE, 6.2, setup_s=9.5, **more)])
    assert "50,000 packets/s" in text
    assert "0.31 cores" in text
    assert "-slots2" in report.flags_of(report.SCALE)


def test_janus_is_given_its_event_loops_only_where_asked(tmp_path: Any) -> None:
    assert "event_loops = 1" in _janus_files(tmp_path, 1)["janus.jcfg"]
    assert "event_loops" not in _janus_files(tmp_path, 0)["janus.jcfg"]
