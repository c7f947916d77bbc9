"""What the engine uses of aiortc: DTLS and RTCP. Every other module takes it from here.

Importing aiortc loads PyAV, codecs and all: 20 MB and a fifth of a second for an engine that decodes nothing. So its
package is entered without running it, and runs when somebody asks it for more than these parts.
`tests/unit/meetings/media/test_private_names.py` guards this.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


def _enter() -> None:
    """Put an unrun aiortc among the modules, and in place of PyAV the one name that is read as an annotation."""
    found = find_spec("aiortc")
    if found is None or "aiortc" in sys.modules or "av" in sys.modules:
        return
    sys.modules["aiortc"] = package = module_from_spec(found)
    sys.modules["av"] = unloaded = ModuleType("av")
    unloaded.AudioFrame = object  # type: ignore[attr-defined]
    try:
        import aiortc.rtcdtlstransport
        import aiortc.rtp  # noqa: F401 # loads it
    finally:
        del sys.modules["av"]
    package.__getattr__ = _Rest(package, found)  # type: ignore[method-assign]


class _Rest:
    """Runs the package when a name is asked for that is not there yet."""

    def __init__(self, package: ModuleType, found: ModuleSpec) -> None:
        self._package = package
        self._found = found

    def __call__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        del self._package.__getattr__
        if self._found.loader is not None:
            self._found.loader.exec_module(self._package)
        return getattr(self._package, name)


_enter()

from aiortc.rtcdtlstransport import (  # noqa: E402 # after the package was entered
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport  # noqa: E402
from aiortc.rtp import (  # noqa: E402
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

__all__ = [
    "AnyRtcpPacket",
    "RTCCertificate",
    "RTCDtlsFingerprint",
    "RTCDtlsParameters",
    "RTCDtlsTransport",
    "RTCIceTransport",
    "RtcpByePacket",
    "RtcpPacket",
    "RtcpPsfbPacket",
    "RtcpReceiverInfo",
    "RtcpRrPacket",
    "RtcpRtpfbPacket",
    "RtcpSrPacket",
    "State",
    "pack_remb_fci",
    "unpack_remb_fci",
]
