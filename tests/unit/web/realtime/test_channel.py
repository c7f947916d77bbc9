"""What one process says to another: a word that cannot be read ends nothing."""

from collections.abc import Mapping
from typing import Any

import pytest

from collab.core.ids import new_id
from web.realtime.channel import Channel


@pytest.mark.parametrize("word", [b"no json", b"\xff", b"[]", b"7", b'{"answer": []}', b'{"answer": {"a": 1}}'])
async def test_an_unreadable_word_is_passed_over(word: bytes) -> None:
    async def answer(_name: str, _body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {}

    channel = Channel("redis://127.0.0.1:1", new_id(), answer)
    channel._read(word)
    assert not channel._tasks
    await channel.stop()
