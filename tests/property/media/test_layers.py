"""Who gets which layer: nothing is overspent, the large and the first come first, and pictures do not flutter."""

from hypothesis import given
from hypothesis import strategies as st

from meetings.media.layers import LAST, SPARE, Rung, Tile, allocate, ceiling

LARGE = (Rung(160, 150e3), Rung(480, 1.5e6))


@st.composite
def tiles(draw: st.DrawFn) -> list[Tile]:
    found = []
    for _ in range(draw(st.integers(0, 16))):
        rates = sorted(draw(st.lists(st.floats(20e3, 3e6), max_size=3)))
        rungs = [Rung(180 * (place + 1), rate) for place, rate in enumerate(rates)]
        current = draw(st.sampled_from([None, *range(len(rungs))]))
        found.append(Tile(draw(st.sampled_from([90, 180, 360, 540, 720])), rungs, current))
    return found


def spent(some: list[Tile], chosen: list[int | None]) -> float:
    return sum(tile.rungs[rung].rate for tile, rung in zip(some, chosen, strict=True) if rung is not None)


@given(tiles(), st.floats(0, 30e6))
def test_nothing_is_overspent_and_nobody_gets_more_than_they_see(some: list[Tile], budget: float) -> None:
    chosen, wanted = allocate(some, budget)
    assert spent(some, chosen) <= budget * LAST + 1
    for tile, rung in zip(some, chosen, strict=True):
        assert rung is None or rung <= ceiling(tile)
    if not wanted:
        assert chosen == [ceiling(tile) if tile.rungs else None for tile in some]
    else:
        assert wanted > budget


@given(tiles(), st.floats(0, 30e6))
def test_an_allocation_holds_under_the_same_budget(some: list[Tile], budget: float) -> None:
    first = allocate(some, budget).chosen
    again = allocate([tile._replace(current=rung) for tile, rung in zip(some, first, strict=True)], budget)
    third = allocate([tile._replace(current=rung) for tile, rung in zip(some, again.chosen, strict=True)], budget)
    assert spent(some, again.chosen) >= spent(some, first) - 1 or again.chosen == third.chosen


def test_everybody_is_seen_before_anybody_is_seen_well() -> None:
    some = [Tile(480, LARGE, None), Tile(480, LARGE, None), Tile(480, LARGE, None)]
    assert allocate(some, 600e3).chosen == [0, 0, 0]
    assert allocate(some, 2.2e6).chosen == [1, 0, 0]


def test_the_large_tile_comes_first() -> None:
    some = [Tile(160, LARGE, None), Tile(480, LARGE, None)]
    assert allocate(some, 200e3).chosen == [None, 0]
    assert allocate(some, 5e6).chosen == [0, 1]


def test_what_does_not_fit_is_paused_and_what_it_would_take_is_known() -> None:
    assert allocate([Tile(480, LARGE, 0)], 120e3).chosen == [0], "nothing is below the smallest layer but darkness"
    chosen, wanted = allocate([Tile(480, LARGE, 0)], 90e3)
    assert chosen == [None]
    assert 90e3 < wanted < 150e3
    assert allocate([Tile(480, LARGE, None)], 400e3) == ([0], SPARE * 1.5e6)


def test_a_step_up_needs_more_than_staying() -> None:
    assert allocate([Tile(480, LARGE, 0)], 1.6e6).chosen == [0]
    assert allocate([Tile(480, LARGE, 1)], 1.6e6).chosen == [1]
    assert allocate([Tile(480, LARGE, 1)], 1.45e6).chosen == [1]
    assert allocate([Tile(480, LARGE, 1)], 1.3e6).chosen == [0]


def test_a_slower_picture_is_a_step_and_never_the_last_one() -> None:
    rungs = (Rung(180, 50e3), Rung(180, 80e3), Rung(180, 120e3), Rung(720, 1e6))
    assert ceiling(Tile(100, rungs, None)) == 2
    assert ceiling(Tile(400, rungs, None)) == 3
    assert ceiling(Tile(1080, rungs, None)) == 3
    assert allocate([Tile(100, rungs, None)], 100e3).chosen == [1]
