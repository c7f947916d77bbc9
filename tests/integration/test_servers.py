"""The servers of the test bed are the real ones and do what tests rely on."""

import asyncio
from email.message import EmailMessage

import aiosmtplib
import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.support.postfix import PostfixServer
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer


async def test_postgres_gives_each_test_an_empty_database(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("CREATE TABLE place (name text)")
        await connection.execute("INSERT INTO place VALUES ($1)", "Œuilly-sur-Ÿ 🏛")
        assert await connection.fetchval("SELECT name FROM place") == "Œuilly-sur-Ÿ 🏛"
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    finally:
        await connection.close()


def test_postgres_copies_a_template_that_is_prepared_once(postgres_server: PostgresServer) -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        postgres_server.sql("CREATE TABLE marker (n int)", url.rpartition("/")[2])

    for _ in range(2):
        name = postgres_server.create(postgres_server.template("with a marker", prepare))
        assert postgres_server.sql("SELECT count(*) FROM marker", name) == "0"
        postgres_server.sql("INSERT INTO marker VALUES (1)", name)
        postgres_server.drop(name)
    assert len(prepared) == 1


def test_postgres_tells_what_is_wrong(postgres_server: PostgresServer) -> None:
    with pytest.raises(RuntimeError, match="does not exist"):
        postgres_server.sql("SELECT * FROM nowhere")


async def test_redis_answers_dies_and_returns(redis_server: RedisServer) -> None:
    async with Redis.from_url(redis_server.url) as client:
        assert await client.ping()
        redis_server.die()
        with pytest.raises(RedisConnectionError):
            await client.ping()
        redis_server.start()
        assert await client.ping()


def _letter(recipient: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "mairie@corp.test"
    message["To"] = recipient
    message["Subject"] = "Convocation du conseil : séance d’été"
    message["Message-ID"] = "<one@hemicycle.test>"
    message.set_content("Madame, Monsieur,\n\nVous êtes convoqué.\n")
    return message


async def test_postfix_delivers(mailbox: PostfixServer) -> None:
    await aiosmtplib.send(_letter("zoe.lefevre@corp.test"), hostname=mailbox.host, port=mailbox.port)
    (found,) = await asyncio.to_thread(mailbox.wait_for, "zoe.lefevre")
    assert found["Subject"] == "Convocation du conseil : séance d’été"
    assert "Vous êtes convoqué." in found.get_content()


async def test_postfix_refuses_other_domains(mailbox: PostfixServer) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await aiosmtplib.send(_letter("someone@elsewhere.test"), hostname=mailbox.host, port=mailbox.port)


async def test_postfix_dies_and_returns(mailbox: PostfixServer) -> None:
    mailbox.die()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await aiosmtplib.send(_letter("zoe@corp.test"), hostname=mailbox.host, port=mailbox.port)
    mailbox.start()
    await aiosmtplib.send(_letter("zoe@corp.test"), hostname=mailbox.host, port=mailbox.port)
    await asyncio.to_thread(mailbox.wait_for, "zoe")
