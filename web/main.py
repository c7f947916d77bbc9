"""The composition root: from Settings to a running server. Nothing else builds anything."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from aiohttp import web

from collab.core.clock import Clock
from collab.core.database import Database
from collab.core.jobs import Worker
from collab.core.noted import Noted
from collab.core.settings import Settings
from collab.files.disk import DiskStorage
from collab.files.quotas import Quotas
from collab.files.readings import Readings
from collab.files.scanning import Scanning
from collab.search.service import Search
from directory.ldap.directory import Directory
from directory.ldap.settings import configure
from directory.sessions.authenticators import DirectoryAndLocal, LocalAccounts
from directory.sessions.keys import Keys
from directory.sessions.passwords import Passwords
from directory.sessions.sign_in import SignIn
from meetings.council.secret.box import BallotBox
from meetings.council.secret.traces import destroy_traces
from meetings.council.sittings.remote import VideoPresence
from meetings.recording.recorder import Recorder
from meetings.rooms.broadcasts import PublicTokens
from meetings.rooms.homes import Lease
from meetings.rooms.hosting import Hosting
from meetings.rooms.live import Rooms
from meetings.rooms.programs import Programs
from meetings.rooms.trials import Trials
from meetings.rooms.turn import Turn
from meetings.rooms.turns import Turns
from web import lookup, scheduled
from web.app import create_app
from web.contents import Contents
from web.dav.places import Spaces
from web.deps import Deps
from web.identity import Identities
from web.listening import Doorstep, HeaderDeadline, Refusals
from web.media import Media, start_media
from web.memory import settle
from web.metrics import Metrics
from web.middleware import cookie_name
from web.origins import own_origins
from web.outbound.clamd import Clamd
from web.outbound.mail import MailSender
from web.pages.meetings import next_meeting
from web.pages.notifications import bell
from web.realtime import rooms as realtime_rooms
from web.realtime import topics as realtime_topics
from web.realtime import trials as realtime_trials
from web.realtime.everywhere import Everywhere
from web.realtime.hub import Hub
from web.realtime.lobby import Lobbies
from web.realtime.rooms import RoomEvents
from web.receiving import Receiving
from web.render.assets import Assets
from web.render.locale import Locales
from web.render.mails import Mails
from web.render.pages import Pages
from web.security_log import SecurityLog
from web.wiring import findable, wire_ballots, wire_rooms, wire_search, wire_server, wire_services

log = structlog.get_logger()

SHUTDOWN_SECONDS = 10


@asynccontextmanager
async def build(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Deps]:
    """Everything but the listening socket, started; stopped again on leaving, in the opposite order."""
    async with AsyncExitStack() as stack:
        db = Database(settings.database_url, clock=clock)
        db.policies[Quotas] = quotas_of(settings)
        db.policies[BallotBox] = BallotBox(settings.council.ballot_keys or settings.data.dir / "ballots")
        stack.push_async_callback(db.stop)
        identities = Identities(lookup.of(db, settings))
        keys, passwords = Keys.load(settings.data.dir), Passwords()
        accounts: LocalAccounts | DirectoryAndLocal = LocalAccounts(db, passwords)
        deps = Deps(settings, db, identities)
        assets, locales, metrics = Assets.load(), Locales.load(), Metrics()
        hub = Hub(
            db,
            identities,
            locales,
            metrics,
            cookie=cookie_name(settings.secure),
            origins=sorted(own_origins(settings)),
            redis_url=settings.redis.url.get_secret_value(),
        )
        realtime_topics.serve(hub)
        if settings.ldap.enabled:
            ldap = Directory(configure(settings.ldap))
            stack.callback(ldap.close)
            deps.parts[Directory] = ldap
            accounts = DirectoryAndLocal(db, ldap, LocalAccounts(db, passwords))
        db.policies[Scanning] = Scanning(bool(settings.files.clamd), settings.files.unscanned == "allow")
        if settings.files.clamd:
            deps.parts[Clamd] = Clamd(settings.files.clamd, settings.files.clamd_max)
        storage = DiskStorage(settings.data.dir / "files")
        await storage.start()
        stack.push_async_callback(storage.stop)
        readings = Readings(db)
        await readings.start()
        stack.push_async_callback(readings.stop)
        deps.parts |= {
            Assets: assets,
            Locales: locales,
            Metrics: metrics,
            Pages: Pages.load(assets, locales),
            Hub: hub,
            Keys: keys,
            Passwords: passwords,
            SecurityLog: SecurityLog(settings.data.dir, settings.log.security_days),
            SignIn: SignIn(db, keys, accounts, lookup.policy_of(settings)),
            Contents: Contents(db, storage, readings),
            Spaces: Spaces(db),
            Receiving: Receiving(db, storage, lookup.upload_limits_of(settings)),
            MailSender: MailSender(settings, _mails(settings, locales)),
            Search: Search(findable()),
        }
        deps.checks["database"] = db.ping
        deps.checks["files"] = storage.check
        deps.surrounds += [bell, next_meeting]
        wire_services(db.bus)
        wire_ballots(db)
        wire_server(db.bus, identities, hub)
        deps.parts[Noted] = noted = Noted(db)
        wire_search(db.bus, noted)
        await noted.start()
        stack.push_async_callback(noted.stop)
        await hub.start()
        stack.push_async_callback(hub.stop)
        yield deps


@asynccontextmanager
async def working(deps: Deps) -> AsyncIterator[Worker]:
    """The job worker, started."""
    worker = Worker(deps.db, scheduled.handlers(deps), scheduled.recurring(deps.settings))
    deps.db.on_job = worker.wake
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


@asynccontextmanager
async def listening(deps: Deps) -> AsyncIterator[int]:
    """The application on its port; gives the port, which matters when it was 0."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(meeting(deps))
        runner = web.AppRunner(create_app(deps), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        host, port = deps.settings.server.host, deps.settings.server.port
        assert runner.server is not None
        refusals = Refusals(deps.part(Locales), deps.settings.place.language)
        deadline = HeaderDeadline(Doorstep(runner.server, refusals), refusals.late)
        deps.parts[HeaderDeadline] = deadline
        listener = await asyncio.get_running_loop().create_server(deadline, host, port, reuse_address=True)
        try:
            yield int(listener.sockets[0].getsockname()[1])
        finally:
            listener.close()
            await deps.part(Hub).close_sockets()
            deadline.stop()


@asynccontextmanager
async def meeting(deps: Deps) -> AsyncIterator[None]:
    """The media engine and the rooms on it, of the process that browsers talk to: its rooms are pinned to it."""
    async with AsyncExitStack() as stack:
        media = await start_media(deps.settings)
        stack.push_async_callback(media.engine.stop)
        deps.part(Metrics).registry.register(media)
        events = RoomEvents(deps.part(Hub))
        await events.start()
        stack.push_async_callback(events.stop)
        turn = Turn(tuple(deps.settings.media.turn_urls), deps.settings.media.turn_secret.get_secret_value())
        redis_url = deps.settings.redis.url.get_secret_value()
        lease = Lease(deps.db, alone=not redis_url and deps.db.dialect == "sqlite")
        rooms = Rooms(deps.db, media.engine, deps.identities.list_actors, events.tell, lease, turn)
        hosting = Hosting(deps.db, media.engine, rooms)
        turns = Turns(deps.db, media.engine, rooms)
        recorder = Recorder(deps.db, media.engine, rooms, deps.settings.data.dir.resolve() / "recordings")
        programs = Programs(rooms, deps.settings.meetings.most_viewers)
        everywhere = Everywhere(rooms, hosting, turns, recorder, programs, lease, events.tell, redis_url)
        await everywhere.start()  # before any room is kept here, so that others reach it
        stack.push_async_callback(everywhere.stop)
        await rooms.start()
        stack.push_async_callback(rooms.stop)
        await turns.start()
        stack.push_async_callback(turns.stop)
        await recorder.start()
        stack.push_async_callback(recorder.stop)
        deps.parts[PublicTokens] = PublicTokens(deps.db)
        trials = Trials(deps.db, media.engine, turn)
        stack.push_async_callback(trials.stop)
        deps.parts |= {Media: media, Rooms: rooms, Everywhere: everywhere, Trials: trials}
        deps.checks["rooms"] = rooms.check
        video = VideoPresence(deps.db, rooms, deps.settings.place.time_zone, deps.settings.council.video_grace)
        await video.start()
        stack.push_async_callback(video.stop)
        realtime_rooms.serve(deps.part(Hub), everywhere, deps.part(Metrics))
        realtime_trials.serve(deps.part(Hub), trials)
        lobbies = Lobbies(deps.part(Hub), deps.db)
        await lobbies.start()
        stack.push_async_callback(lobbies.stop)
        deps.part(Metrics).observe_rooms(rooms.totals)
        wire_rooms(deps.db.bus, everywhere)
        yield


async def serve(settings: Settings, ready: Callable[[Deps, int], None] | None = None) -> None:
    """Run until SIGINT or SIGTERM, then stop in order: no new request, those under way finish, nothing is left.

    `ready` is called with the port once the door is open.
    """
    stop = _stop_event()
    async with AsyncExitStack() as stack:
        deps = await stack.enter_async_context(build(settings))
        await destroy_traces(deps.db)  # of a ballot that ended just before the last process did
        if settings.server.worker:
            await stack.enter_async_context(working(deps))
        settle()
        port = await stack.enter_async_context(listening(deps))
        log.info("serving", url=settings.public_url, port=port)
        if ready is not None:
            ready(deps, port)
        await stop.wait()
        log.info("stopping")


async def work(settings: Settings) -> None:
    """Run jobs alone, beside a `serve` that was told not to."""
    stop = _stop_event()
    async with build(settings) as deps, working(deps):
        settle()
        await stop.wait()


def quotas_of(settings: Settings) -> Quotas:
    """What files may take, in bytes."""
    return Quotas(settings.quotas.space_mb * 10**6, settings.quotas.personal_mb * 10**6)


def _mails(settings: Settings, locales: Locales) -> Mails:
    place = settings.place
    return Mails(locales, zone=place.time_zone, base=settings.public_url, place=place.name)


def _stop_event() -> asyncio.Event:
    """Set by SIGINT and SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
