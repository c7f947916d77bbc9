"""A page of another origin that speaks WHIP and WHEP with the browser's own RTCPeerConnection. tests/browser uses it.

`publish(url, token)` sends the fake camera and microphone, `look(url, token, pairs)` asks for so many slots; both leave
the session in `session`, which `restart()` and `end()` act upon.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

PAGE = """<!doctype html><meta charset="utf-8"><title>elsewhere</title><link rel="icon" href="data:,">
<script src="/whip.js"></script>"""
SCRIPT = """
let session;
async function open(url, token, peer) {
  await peer.setLocalDescription();
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" };
  const answer = await fetch(url, { method: "POST", headers, body: peer.localDescription.sdp });
  if (answer.status !== 201) throw new Error(`${answer.status}`);
  const place = new URL(answer.headers.get("Location"), url).href;
  session = { peer, token, place, tag: answer.headers.get("ETag"), sdp: await answer.text() };
  await peer.setRemoteDescription({ type: "answer", sdp: session.sdp });
}
async function publish(url, token) {
  const peer = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
  for (const track of stream.getTracks()) peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  await open(url, token, peer);
}
async function look(url, token, pairs) {
  const peer = new RTCPeerConnection();
  for (let index = 0; index < pairs; index++) for (const kind of ["audio", "video"])
    peer.addTransceiver(kind, { direction: "recvonly" });
  for (const { receiver } of peer.getTransceivers()) {
    const element = document.createElement(receiver.track.kind);
    Object.assign(element, { autoplay: true, srcObject: new MediaStream([receiver.track]) });
    document.body.append(element);
  }
  await open(url, token, peer);
}
const credentials = (sdp) => ["ice-ufrag", "ice-pwd"].map((name) => sdp.match(new RegExp(`a=${name}:(.*)`))[1].trim());
async function restart() {
  const { peer } = session;
  peer.restartIce();
  await peer.setLocalDescription();
  const [ufrag, password] = credentials(peer.localDescription.sdp);
  const lines = [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`, "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", ""];
  const body = lines.join("\\r\\n");
  const headers = { Authorization: `Bearer ${session.token}`, "Content-Type": "application/trickle-ice-sdpfrag",
    "If-Match": "*" };
  const answer = await fetch(session.place, { method: "PATCH", headers, body });
  if (answer.status !== 200) throw new Error(`${answer.status}`);
  const [theirs, secret] = credentials(await answer.text());
  session.sdp = session.sdp.replace(/a=ice-ufrag:.*/g, `a=ice-ufrag:${theirs}`);
  session.sdp = session.sdp.replace(/a=ice-pwd:.*/g, `a=ice-pwd:${secret}`);
  await peer.setRemoteDescription({ type: "answer", sdp: session.sdp });
  return answer.headers.get("ETag") !== session.tag;
}
const end = async () => (await fetch(session.place, { method: "DELETE",
  headers: { Authorization: `Bearer ${session.token}` } })).status;
async function received() {
  const found = { frames: 0, energy: 0, bytes: 0, pictures: 0 };
  for (const report of (await session.peer.getStats()).values()) {
    if (report.type !== "inbound-rtp") continue;
    found.bytes += report.bytesReceived;
    if (report.kind === "video") { found.frames += report.framesDecoded; found.pictures += report.framesDecoded > 0; }
    else found.energy += report.totalAudioEnergy ?? 0;
  }
  return found;
}
"""


@asynccontextmanager
async def elsewhere() -> AsyncIterator[str]:
    """The address of the page, on a port that is not the product's."""
    app = web.Application()

    def text(content: str, kind: str) -> web.Response:
        return web.Response(text=content, content_type=kind)

    async def page(_: web.Request) -> web.Response:
        return text(PAGE, "text/html")

    async def script(_: web.Request) -> web.Response:
        return text(SCRIPT, "text/javascript")

    app.router.add_get("/", page)
    app.router.add_get("/whip.js", script)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
