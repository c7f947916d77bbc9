"""The `hemicycle` command: each subcommand does one thing and says how it went by its exit status."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import uvloop

from collab.core.settings import Settings, SettingsError, load
from web import logs
from web.commands import backup, check, demo, directory, migrate, person, search

DEFAULT_CONFIG = Path("/etc/hemicycle/hemicycle.toml")

Command = Callable[[argparse.Namespace, Settings], Coroutine[Any, Any, int]]


async def _serve(_arguments: argparse.Namespace, settings: Settings) -> int:
    from web.main import serve
    from web.migrations import bring_up_to_date

    await bring_up_to_date(settings.database_url)
    await serve(settings)
    return 0


async def _worker(_arguments: argparse.Namespace, settings: Settings) -> int:
    from web.main import work

    await work(settings)
    return 0


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    top = argparse.ArgumentParser(prog="hemicycle", description="The working environment of a local authority.")
    top.add_argument("--config", type=Path, help=f"settings file (default: {DEFAULT_CONFIG} where it exists)")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, summary: str, run: Command) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run)
        return command

    add("serve", "run the server", _serve)
    add("worker", "run jobs alone, beside servers told not to", _worker)
    demo.add_to(add)
    migrate.add_to(add)
    check.add_to(add)
    person.add_to(commands)
    directory.add_to(commands)
    backup.add_to(add)
    search.add_to(commands)
    return top


def settings_for(arguments: argparse.Namespace) -> Settings:
    """The settings of this call: the named file, the usual one where it exists, and the environment."""
    named = arguments.config or os.environ.get("HEMICYCLE_CONFIG")
    file = Path(named) if named else DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None
    return load(file, os.environ)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when all is well, 2 when the settings are refused."""
    arguments = parser().parse_args(argv)
    try:
        settings = settings_for(arguments)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    os.umask(0o077)  # database, files, keys and backups are nobody else's to read
    logs.configure(settings.log.level, pretty=sys.stderr.isatty())
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result: int = runner.run(arguments.run(arguments, settings))
    except SettingsError as error:  # what only starting shows
        print(error, file=sys.stderr)
        return 2
    return result


if __name__ == "__main__":
    raise SystemExit(main())
