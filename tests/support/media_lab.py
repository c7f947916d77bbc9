"""A media engine with the least signalling that lets real browsers join: one page, one WebSocket each.

The page runs the product's own media client (web/client/src/room/media). tests/media uses it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from playwright.async_api import Page

from meetings.media.port import Label, MediaError, MediaSettings, RoomEvent, Slots, TrackAdded, Wish
from meetings.media.worker import Engine
from tests.support.bundle import bundle
from tests.support.chromium import Browse

ROOM = "room"
PAGE = """<!doctype html><meta charset="utf-8"><title>lab</title><link rel="icon" href="data:,">
<div id="tiles"></div><script src="/client.js"></script><script src="/lab.js"></script>"""
LAB = """
let socket, calls = new Map(), last = 0, session, slots = [], states = [], startedAt = 0, firstFrame = 0;
const name = new URLSearchParams(location.search).get("name");
function open() { return new Promise((resolve, reject) => {
  socket = new WebSocket(`ws://${location.host}/ws?name=${name}`);
  socket.onopen = resolve; socket.onerror = () => reject(new Error("no server"));
  socket.onmessage = ({ data }) => { const message = JSON.parse(data);
    if (message.slots) return session && session.heard(message.slots);
    const call = calls.get(message.id); calls.delete(message.id);
    if (message.error) call.reject(new client.SignalError(message.error)); else call.resolve(message); };
  socket.onclose = () => { for (const call of calls.values()) call.reject(new Error("closed")); calls.clear(); };
}); }
async function signal(message) {
  if (!socket || socket.readyState !== 1) await open();
  return new Promise((resolve, reject) => { const id = ++last; calls.set(id, { resolve, reject });
    const patience = session?.state === "reconnecting" ? 1000 : 5000;
    setTimeout(() => { if (calls.delete(id)) { socket.close(); socket = undefined; reject(new Error("no answer")); } },
      patience);
    socket.send(JSON.stringify({ id, ...message })); });
}
function show(all) {
  slots = all;
  all.forEach((slot, index) => {
    let tile = document.getElementById("t" + index);
    if (!tile) { tile = document.createElement(slot.kind); tile.id = "t" + index; tile.autoplay = true;
      tile.playsInline = true; tiles.append(tile);
      if (slot.kind === "video") tile.requestVideoFrameCallback(() => { firstFrame ||= performance.now(); }); }
    if (tile.srcObject?.getTracks()[0] !== slot.media) tile.srcObject = new MediaStream([slot.media]);
  });
}
async function join({ publish = true, videos = 1, encodings, codec } = {}) {
  prefer(codec);
  const tracks = publish ? { microphone: await client.openMicrophone(), camera: await client.openCamera() } : {};
  startedAt = performance.now();
  const onState = (state) => states.push(state);
  session = new client.MediaSession({ signal, publish, onState, onSlots: show, encodings });
  await session.join(tracks, videos);
}
async function inbound() {
  const found = { frames: 0, energy: 0, lost: 0, heights: [], frozen: 0, packets: 0, codecs: [],
    concealed: 0, samples: 1 };
  for (const slot of slots) {
    const all = await receiver().getStats(slot.media);
    for (const report of all.values()) {
      if (report.type !== "inbound-rtp") continue;
      found.lost += report.packetsLost;
      if (report.kind === "video") {
        found.frames += report.framesDecoded;
        found.frozen += report.totalFreezesDuration;
        if (report.frameHeight) found.heights.push(report.frameHeight);
        if (report.codecId) found.codecs.push(all.get(report.codecId).mimeType);
      } else {
        found.energy += report.totalAudioEnergy ?? 0;
        found.packets += report.packetsReceived;
        found.concealed += report.concealedSamples - report.silentConcealedSamples;
        found.samples += report.totalSamplesReceived;
      }
    }
  }
  return found;
}
const peers = []; const Peer = RTCPeerConnection;
window.RTCPeerConnection = class extends Peer { constructor(...all) { super(...all); peers.push(this); } };
// the camera is sent in this codec alone: "vp9", "av1", "h264"
function prefer(codec) {
  const add = Peer.prototype.addTransceiver;
  Peer.prototype.addTransceiver = function (kind, init) {
    const transceiver = add.call(this, kind, init);
    if (codec && kind === "video" && init.direction === "sendonly") {
      const wanted = [`video/${codec}`, "video/rtx"];
      const known = RTCRtpSender.getCapabilities("video").codecs;
      transceiver.setCodecPreferences(known.filter(({ mimeType }) => wanted.includes(mimeType.toLowerCase())));
    }
    return transceiver;
  };
}
const receiver = () => peers.filter((pc) => pc.connectionState !== "closed" && pc.getReceivers().length > 2).at(-1);
async function paths() {
  const found = [];
  for (const pc of live()) { const all = await pc.getStats(); let pair;
    for (const report of all.values()) if (report.type === "transport") pair = all.get(report.selectedCandidatePairId);
    const remote = pair && all.get(pair.remoteCandidateId), local = pair && all.get(pair.localCandidateId);
    found.push([remote?.protocol ?? "none", remote?.address ?? "", remote?.port ?? 0]); }
  return found;
}
const live = () => peers.filter((pc) => pc.signalingState !== "closed");
"""


@dataclass
class Lab:
    """A running engine and the address of its page; `events` holds everything the engine told."""

    settings: MediaSettings
    engine: Engine
    url: str = ""
    events: list[RoomEvent] = field(default_factory=list)
    sockets: dict[str, web.WebSocketResponse] = field(default_factory=dict)
    admits: bool = True
    """Whether `join` admits."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def heard(self, event: RoomEvent) -> None:
        self.events.append(event)
        if isinstance(event, Slots) and (socket := self.sockets.get(event.participant)) is not None:
            task = asyncio.ensure_future(self._tell(socket, dict(event.slots)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _tell(socket: web.WebSocketResponse, slots: dict[str, str | None]) -> None:
        with suppress(ConnectionError):  # the page is gone
            await socket.send_json({"slots": slots})

    def all(self, kind: type[RoomEvent]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def restart(self) -> None:
        """Forget everything and say no goodbye, as a killed and restarted server does; the port stays."""
        port = self.engine.port
        assert self.engine._ports is not None
        await self.engine._ports.close()
        await self.engine.stop()
        self.engine = Engine(MediaSettings(port=port, lost_after=self.settings.lost_after))
        self.engine.listen(self.heard)
        await self.engine.start()

    def block_udp(self) -> None:
        """From now on what comes to the UDP port is never read: a firewall that lets no UDP pass."""
        ports = self.engine._ports
        assert ports is not None and ports._udp is not None
        for item in ports._udp.sockets:
            asyncio.get_running_loop().remove_reader(item.fileno())

    async def answer(self, name: str, message: dict[str, Any]) -> dict[str, Any]:
        engine = self.engine
        match message["type"]:
            case "join":
                if self.admits:
                    await engine.admit(ROOM, name)
                return {}
            case "publish":
                labels = {mid: Label(label) for mid, label in message["labels"].items()}
                return {"sdp": await engine.publish(ROOM, name, message["sdp"], labels)}
            case "receive":
                return {"sdp": await engine.receive(ROOM, name, message["sdp"])}
            case "select":
                wishes = {mid: Wish(**wish) if wish else None for mid, wish in message["wishes"].items()}
                await engine.select(ROOM, name, wishes)
                return {}
            case "mute":
                await engine.mute(ROOM, name, Label(message["label"]), message["muted"])
                return {}
            case other:
                raise AssertionError(other)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        name = request.query["name"]
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets[name] = socket
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            message = json.loads(frame.data)
            try:
                reply = await self.answer(name, message)
            except MediaError as error:
                reply = {"error": error.code}
            await socket.send_json({"id": message["id"], **reply})
        return socket


@asynccontextmanager
async def media_lab(settings: MediaSettings, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Lab]:
    """The page is served on `host`; the engine listens where its settings say."""
    engine = Engine(settings)
    lab = Lab(settings, engine)
    engine.listen(lab.heard)
    await engine.start()
    client = bundle("room/media/index.ts", "client")

    def text(content: str, kind: str) -> Callable[[web.Request], Any]:
        async def respond(_: web.Request) -> web.Response:
            return web.Response(text=content, content_type=kind)

        return respond

    app = web.Application()
    app.router.add_get("/", text(PAGE, "text/html"))
    app.router.add_get("/client.js", text(client, "text/javascript"))
    app.router.add_get("/lab.js", text(LAB, "text/javascript"))
    app.router.add_get("/ws", lab.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    lab.url = f"http://{host}:{runner.addresses[0][1]}"
    try:
        yield lab
    finally:
        for socket in lab.sockets.values():
            await socket.close()
        await runner.cleanup()
        await lab.engine.stop()


async def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until `condition` (plain or async) holds; fail when it does not in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


async def figures(page: Page) -> dict[str, Any]:
    """What arrives at this page: decoded frames, sound energy, heights…"""
    found: dict[str, Any] = await page.evaluate("inbound()")
    return found


async def join_page(lab: Lab, browse: Browse, name: str) -> Page:
    """A browser that has joined the lab's room with camera and microphone."""
    page = await browse()
    await page.goto(f"{lab.url}/?name={name}")
    await page.evaluate("join()")
    return page


def camera_of(lab: Lab, name: str) -> str:
    """The track id of this person's camera."""
    added: list[TrackAdded] = lab.all(TrackAdded)
    tracks = [event.track for event in added]
    return next(item.id for item in reversed(tracks) if item.participant == name and item.label is Label.CAMERA)


async def watch(lab: Lab, page: Page, other: str, height: int = 480) -> None:
    """Show somebody's camera in the first video slot."""
    await page.evaluate("([track, height]) => session.show([{track, height}])", [camera_of(lab, other), height])


async def rises(page: Page, seconds: float = 20.0) -> None:
    """Pictures go on being decoded and sound goes on arriving from now on."""
    before = await figures(page)

    async def more() -> bool:
        now = await figures(page)
        return bool(now["frames"] >= before["frames"] + 15 and now["energy"] > before["energy"])

    await until(more, seconds)
