"""Questions from one web process to another, over Redis: what a socket here says about a room that is kept there.

Each process listens on a channel of its own name; everywhere.py asks and answers. Nothing is kept in Redis: a question
that nobody hears is refused at once, one without an answer after ANSWER_SECONDS.
"""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from collab.core import errors
from collab.core.errors import DomainError, Unavailable
from collab.core.i18n import Message
from meetings.rooms.seats import unreachable
from web.realtime.tasks import end_soon

log = structlog.get_logger()

ANSWER_SECONDS = 5.0
AGAIN_SECONDS = 0.5
START_SECONDS = 5.0
KINDS: Mapping[str, type[DomainError]] = {
    kind.__name__: kind
    for kind in (errors.NotFound, errors.Denied, errors.Unauthenticated, errors.Conflict, errors.Invalid, Unavailable)
}

Answer = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Do what is asked (name, body) → the answer's body; what it raises goes back to who asked."""


class Channel:
    """This process's end. `start` waits until it hears."""

    def __init__(self, url: str, name: UUID, answer: Answer) -> None:
        self._redis: Redis = Redis.from_url(url)
        self._name = name
        self._answer = answer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._hears = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._listening = asyncio.create_task(self._listen(), name="room channel")
        with contextlib.suppress(TimeoutError):  # it goes on trying
            async with asyncio.timeout(START_SECONDS):
                await self._hears.wait()

    async def stop(self, speaking: Collection[asyncio.Task[None]] = ()) -> None:
        """Hear no more, and leave no task, nor those that are `speaking`; they may end what they say.

        A Redis command that is cancelled leaves its connection behind."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await end_soon([*self._tasks, *speaking])
        await self._redis.aclose()

    async def say(self, keeper: UUID, name: str, body: Mapping[str, Any]) -> None:
        """Ask, and wait for no answer."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._publish(keeper, {"from": str(self._name), "number": 0, "ask": name, "body": body})
        except (TimeoutError, RedisError, OSError) as error:
            log.warning("room_word_lost", name=name, error=type(error).__name__)

    async def ask(self, keeper: UUID, name: str, body: Mapping[str, Any], seconds: float = ANSWER_SECONDS) -> Any:
        """The answer of another process. Raises what it raises, Unavailable where it does not answer."""
        number = next(self._numbers)
        future: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        question = {"from": str(self._name), "number": number, "ask": name, "body": body}
        try:
            async with asyncio.timeout(seconds):
                if not await self._publish(keeper, question):
                    raise unreachable()
                answer = await future
        except (TimeoutError, RedisError, OSError):
            raise unreachable() from None
        finally:
            self._waiting.pop(number, None)
        if "error" in answer:
            raise _read_error(answer["error"])
        return answer["body"]

    async def _publish(self, keeper: UUID, message: Mapping[str, Any]) -> int:
        heard: int = await self._redis.publish(_channel(keeper), json.dumps(message))
        return heard

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as ears:
                    await ears.subscribe(_channel(self._name))
                    async for message in ears.listen():
                        if message["type"] == "subscribe":
                            self._hears.set()
                        elif message["type"] == "message":
                            self._read(message["data"])
            except (RedisError, OSError) as error:
                log.warning("room_channel_lost", error=type(error).__name__)
            self._hears.clear()
            await asyncio.sleep(AGAIN_SECONDS)

    def _read(self, data: bytes) -> None:
        """Hear one message; what is no message of ours is passed over, and the next is heard."""
        try:
            message = json.loads(data)
            if not isinstance(message, dict):
                raise ValueError("no object")
            self._hear(message)
        except (ValueError, KeyError, TypeError) as error:
            log.warning("room_word_unreadable", error=type(error).__name__)

    def _hear(self, message: Mapping[str, Any]) -> None:
        if "answer" in message:
            future = self._waiting.get(message["answer"])
            if future is not None and not future.done():
                future.set_result(message)
            return
        task = asyncio.create_task(self._serve(message), name="room question")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, question: Mapping[str, Any]) -> None:
        answer: dict[str, Any] = {"answer": question["number"]}
        try:
            answer["body"] = await self._answer(question["ask"], question["body"])
        except DomainError as error:
            answer["error"] = _write_error(error)
        except Exception:
            log.exception("room_question_failed", question=question["ask"])
            answer["error"] = _write_error(unreachable())
        if not question["number"]:
            return
        try:
            await self._publish(UUID(question["from"]), answer)
        except (RedisError, OSError) as error:
            log.warning("room_answer_lost", error=type(error).__name__)


def _channel(keeper: UUID) -> str:
    return f"hemicycle.rooms.{keeper}"


def _write_error(error: DomainError) -> dict[str, Any]:
    kind = type(error).__name__ if type(error).__name__ in KINDS else "Unavailable"
    return {"kind": kind, "code": error.code, "text": error.message.text, "params": dict(error.message.params)}


def _read_error(error: Mapping[str, Any]) -> DomainError:
    kind = KINDS.get(error["kind"], Unavailable)
    return kind(error["code"], Message(error["text"], error["params"]))
