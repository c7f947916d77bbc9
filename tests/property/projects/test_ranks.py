"""Whatever is moved where, ranks say the order, all differ, and moving a card changes no other."""

from hypothesis import given
from hypothesis import strategies as st

from projects.boards.rules import DIGITS, WIDTH, rank_between, spread


@st.composite
def ranks(draw: st.DrawFn) -> str:
    """A rank as the rules write them: WIDTH digits that are not all 0, more digits that do not end in 0."""
    place = draw(st.text(DIGITS, min_size=WIDTH, max_size=WIDTH).filter(lambda text: text.strip("0")))
    fraction = draw(st.text(DIGITS, max_size=12))
    return place + fraction.rstrip("0")


@given(st.lists(ranks(), min_size=2, max_size=2, unique=True))
def test_there_is_always_a_rank_between_two(pair: list[str]) -> None:
    low, high = sorted(pair)
    rank = rank_between(low, high)
    assert low < rank < high
    assert len(rank) <= max(len(low), len(high)) + 1


@given(ranks())
def test_there_is_always_a_rank_at_either_end(rank: str) -> None:
    assert rank_between(None, rank) < rank < rank_between(rank, None)


@given(st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 2**16)), max_size=120), st.integers(1, 12))
def test_moves_give_the_order_of_a_list_that_is_cut_and_pasted(moves: list[tuple[int, int]], size: int) -> None:
    ranked = dict(enumerate(spread(size)))
    plain = list(range(size))
    for chosen, target in moves:
        card = plain.pop(chosen % size)
        position = target % size
        before = plain[position - 1] if position else None
        after = plain[position] if position < len(plain) else None
        ranked[card] = rank_between(
            None if before is None else ranked[before], None if after is None else ranked[after]
        )
        plain.insert(position, card)
        assert sorted(ranked, key=ranked.__getitem__) == plain
        assert len(set(ranked.values())) == size
