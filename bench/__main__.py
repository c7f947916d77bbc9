"""`python -m bench [reading|moves|fanout|synchronising|joining|search]…`: measure and print.

When all of them ran, the table of bench/README.md is written anew.
"""

import asyncio
import sys

import uvloop

from bench import fanout, figures, joining, moves, reading, synchronising
from bench.files import search

BENCHES = {
    "reading": reading.measure,
    "moves": moves.measure,
    "fanout": fanout.measure,
    "synchronising": synchronising.measure,
    "joining": joining.measure,
    "search": search.measure,
}


def main(arguments: list[str]) -> int:
    """Exit status 1 when a target is missed, 2 for a bench that does not exist."""
    if unknown := set(arguments) - BENCHES.keys():
        print(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    names = arguments or list(BENCHES)
    measured: list[figures.Figure] = []
    for name in names:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(BENCHES[name]())
        print("\n".join(figure.row() for figure in found), flush=True)
        measured += found
    if not arguments:
        figures.write("figures", figures.table(measured))
    return 0 if all(figure.reached for figure in measured) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
