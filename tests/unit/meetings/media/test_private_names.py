"""What the engine uses of aiortc and pylibsrtp without a promise: when one of these fails, do not raise the pin."""

import inspect
import subprocess
import sys

from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, RTCDtlsTransport, State
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from meetings.media.dtls import _Datagrams


async def test_the_dtls_transport_has_what_we_read() -> None:
    transport = RTCDtlsTransport(_Datagrams(), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
    assert transport._state is State.NEW
    assert transport._rx_srtp is None
    assert transport._tx_srtp is None
    assert transport._task is None
    transport._set_role("server")
    assert transport._role == "server"
    assert {State.CONNECTED, State.CLOSED, State.FAILED} <= set(State)


def test_the_transport_underneath_is_asked_for_no_more_than_we_have() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    used = {name for name in ("_recv", "_send", "role") if f"transport.{name}" in source}
    assert used == {"_recv", "_send", "role"}


def test_aes_256_gcm_comes_first() -> None:
    assert [profile.openssl_profile for profile in SRTP_PROFILES] == [
        b"SRTP_AEAD_AES_256_GCM",
        b"SRTP_AEAD_AES_128_GCM",
        b"SRTP_AES128_CM_SHA1_80",
    ]


def test_the_srtp_functions_have_the_shape_we_call() -> None:
    shape = "srtp_err_status_t(*)(struct srtp_ctx_t_ *, void *, int *)"
    for name in ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"):
        assert ffi.typeof(getattr(lib, name)).cname == shape
    session = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    assert ffi.typeof(session._srtp).cname.startswith("struct srtp_ctx_t_ *")
    assert lib.srtp_err_status_ok == 0


def test_the_engine_loads_no_decoder_and_all_of_aiortc_is_there_for_who_asks() -> None:
    program = """
import sys
import meetings.media.worker
assert "av" not in sys.modules, "PyAV was loaded"
from aiortc import RTCPeerConnection
import aiortc, aiortc.rtp
assert "av" in sys.modules
assert aiortc.rtp.RtcpPacket is meetings.media.association.RtcpPacket
assert aiortc.rtcdtlstransport.RTCCertificate is meetings.media.association.RTCCertificate
assert aiortc.RTCPeerConnection is RTCPeerConnection
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
