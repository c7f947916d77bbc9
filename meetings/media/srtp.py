"""SRTP through pylibsrtp's C functions directly: its Python wrapper costs as much again as the cipher.

Uses private names of pylibsrtp; `tests/unit/meetings/media/test_private_names.py` guards them. One thread only:
the buffers are shared by all sessions.
"""

from __future__ import annotations

from typing import Any

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

MAX_PACKET = 2048
_TRAILER = 148  # SRTCP index, tag, MKI: the most that libsrtp appends
MAX_DATAGRAM = MAX_PACKET + _TRAILER

_buffer = ffi.new("unsigned char[]", MAX_DATAGRAM)
_view = ffi.buffer(_buffer)
_length = ffi.new("int *")
_OK = lib.srtp_err_status_ok


def _run(function: Any, session: Session, packet: bytes | bytearray) -> bytes | None:
    size = len(packet)
    if size > MAX_PACKET:
        return None
    _view[0:size] = packet
    _length[0] = size
    if function(session._srtp[0], _buffer, _length) != _OK:
        return None
    result: bytes = _view[0 : _length[0]]
    return result


def protect(session: Session, packet: bytes | bytearray) -> bytes | None:
    """Encrypt one RTP packet of at most MAX_PACKET bytes; None when libsrtp refuses it."""
    return _run(lib.srtp_protect, session, packet)


def unprotect(session: Session, packet: bytes) -> bytes | None:
    """Verify and decrypt one RTP packet; None for a forged, replayed or cut one."""
    return _run(lib.srtp_unprotect, session, packet) if len(packet) >= 12 else None


def unprotect_rtcp(session: Session, packet: bytes) -> bytes | None:
    return _run(lib.srtp_unprotect_rtcp, session, packet) if len(packet) >= 8 else None
