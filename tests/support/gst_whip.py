"""GStreamer's webrtcbin as a WHIP source or a WHEP player: `/usr/bin/python3 -P gst_whip.py publish|look URL TOKEN`.

A WebRTC stack that shares no line with the browser's or ours. It prints `open LOCATION`, as a player `video N` and
`audio N` with the buffers decoded so far each second, and ends its session when its standard input is closed.
"""

import sys
import threading
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import gi  # Debian's package, for Debian's Python

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

SOURCES = """
  webrtcbin name=peer bundle-policy=max-bundle
  audiotestsrc is-live=true wave=ticks ! audioconvert ! opusenc ! rtpopuspay pt=111
    ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! peer.
  videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1
    ! vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay pt=96 picture-id-mode=15-bit
    ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer.
"""
SLOTS = (
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2",
    "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
)


class Program:
    """One session."""

    def __init__(self, door: str, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.location = ""
        self.counts = {"audio": 0, "video": 0}
        if door == "publish":
            self.pipeline = Gst.parse_launch(SOURCES)
            self.peer = self.pipeline.get_by_name("peer")
            for index in range(2):
                one = self.peer.emit("get-transceiver", index)
                one.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        else:
            self.pipeline = Gst.Pipeline.new("look")
            self.peer = Gst.ElementFactory.make("webrtcbin", "peer")
            self.peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
            self.pipeline.add(self.peer)
            for caps in SLOTS:
                recvonly = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
                self.peer.emit("add-transceiver", recvonly, Gst.Caps.from_string(caps))
            self.peer.connect("pad-added", self.on_pad)
        # loopback alone: left to itself, the agent gathers every address but that
        self.agent = self.peer.get_property("ice-agent")
        self.agent.emit("add-local-ip-address", "127.0.0.1")
        self.peer.connect("on-negotiation-needed", self.on_negotiation)
        self.pipeline.set_state(Gst.State.PLAYING)

    def on_negotiation(self, _peer: Any) -> None:
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))

    def on_offer(self, promise: Any) -> None:
        promise.wait()
        reply = promise.get_reply()  # the offer lives as long as this
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, Gst.Promise.new())
        text = self.ask("POST", self.url, offer.sdp.as_text())
        _, answer = GstSdp.SDPMessage.new_from_text(text)
        described = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, answer)
        self.peer.emit("set-remote-description", described, Gst.Promise.new())
        print("open", self.location, flush=True)

    def ask(self, method: str, url: str, body: str = "") -> str:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        with urlopen(Request(url, body.encode() or None, headers, method=method), timeout=10) as response:
            self.location = urljoin(url, response.headers.get("Location", ""))
            return str(response.read().decode())

    def on_pad(self, _peer: Any, pad: Any) -> None:
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", self.on_decoded)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def on_decoded(self, _decoder: Any, pad: Any) -> None:
        kind = pad.get_current_caps().get_structure(0).get_name().partition("/")[0]
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("signal-handoffs", True)
        sink.connect("handoff", lambda *_: self.counts.update({kind: self.counts[kind] + 1}))
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def tell(self) -> bool:
        print(*(f"{kind} {count}" for kind, count in self.counts.items()), sep="\n", flush=True)
        return True

    def end(self) -> None:
        if self.location:
            self.ask("DELETE", self.location)
        self.pipeline.set_state(Gst.State.NULL)


def main(door: str, url: str, token: str) -> None:
    """Run until standard input ends."""
    Gst.init(None)
    loop = GLib.MainLoop()
    program = Program(door, url, token)
    GLib.timeout_add(1000, program.tell)

    def wait() -> None:
        sys.stdin.read()
        GLib.idle_add(loop.quit)

    threading.Thread(target=wait, daemon=True).start()
    loop.run()
    program.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
