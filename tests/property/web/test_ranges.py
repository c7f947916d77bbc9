"""Whatever a Range header holds: parts within the file, no more bytes than it has, never an error but 416."""

from hypothesis import given
from hypothesis import strategies as st

from web.ranges import MAX_PARTS, Unsatisfiable, parse_range

numbers = st.one_of(st.just(""), st.integers(0, 10**20).map(str))
specs = st.lists(st.builds(lambda first, last: f"{first}-{last}", numbers, numbers), max_size=40).map(",".join)


@given(st.one_of(st.text(), specs.map(lambda text: f"bytes={text}")), st.integers(0, 1000))
def test_parts_lie_within_the_file(header: str, size: int) -> None:
    try:
        parts = parse_range(header, size)
    except Unsatisfiable:
        return
    for part in parts or []:
        assert 0 <= part.start < part.end <= size
    assert parts is None or 1 <= len(parts) <= MAX_PARTS
    assert sum(part.size for part in parts or []) <= size


@given(st.integers(1, 1000), st.data())
def test_every_single_range_is_what_it_says(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    last = data.draw(st.integers(first, size + 10))
    parts = parse_range(f"bytes={first}-{last}", size)
    assert parts is not None
    whole = bytes(index % 251 for index in range(size))
    assert [whole[part.start : part.end] for part in parts] == [whole[first : last + 1]]
