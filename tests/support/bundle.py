"""Bundles one TypeScript file of the client into a script for a test's own page, with the locked esbuild."""

import subprocess
import tempfile
from pathlib import Path

import hatch_build

ROOT = Path(__file__).resolve().parents[2]


def bundle(source: str, name: str) -> str:
    """`source`: path under web/client/src; its exports become properties of the global `name`."""
    with tempfile.TemporaryDirectory(prefix="hemicycle-bundle-") as temporary:
        modules = hatch_build._node_modules(ROOT, Path(temporary))
        command = [
            str(hatch_build._wheel() / "bin/node"),
            str(modules / "esbuild/bin/esbuild"),
            str(ROOT / "web/client/src" / source),
            "--bundle",
            "--format=iife",
            f"--global-name={name}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout
