"""Which form of the data plane serves: the one in C where it was built, else the one in Python.

`worker.py` makes one; `hemicycle check` asks what there is.
"""

from __future__ import annotations

from typing import Literal

from meetings.media.fanout import Plane
from meetings.media.fanout_c import CPlane, load
from meetings.media.fanout_python import PythonPlane
from meetings.media.port import NoSuchPlane

Choice = Literal["auto", "python", "c"]


def why_not_c() -> str | None:
    """Why there is no form in C here; None when there is one."""
    try:
        load()
    except NoSuchPlane as error:
        return str(error)
    return None


def make_plane(choice: Choice = "auto") -> Plane:
    """The data plane of this process. Raises NoSuchPlane when C was asked for and is not there."""
    if choice == "c":
        return CPlane()
    return PythonPlane() if choice == "python" or why_not_c() is not None else CPlane()
