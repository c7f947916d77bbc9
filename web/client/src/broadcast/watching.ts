/** Looking on in a room by WHEP (docs/protocol.md), without an account: asks for a token, connects, comes back. */
import { ApiError, api } from "../api";

export type Showing = "connecting" | "off" | "on" | "lost";

export interface Picture {
  readonly track: MediaStreamTrack;
  /** Whether something comes. */
  readonly live: boolean;
}

interface Token {
  token: string;
  whep: string;
}

/** M-lines: so many pictures and voices the page can show at once. */
const PICTURES = 6;
const VOICES = 3;
const AGAIN_MS = 3_000;
const LOOK_MS = 1_000;
/** For so long after its last frame a picture stays. */
const LIVE_MS = 3_000;
const OFF = "broadcast.off";

async function decoded(peer: RTCPeerConnection, track: MediaStreamTrack): Promise<number> {
  const reports = [...(await peer.getStats(track)).values()] as { type: string; framesDecoded?: number }[];
  return reports.find(({ type }) => type === "inbound-rtp")?.framesDecoded ?? 0;
}

export class Watching {
  private peer: RTCPeerConnection | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private readonly seen = new Map<MediaStreamTrack, { frames: number; since: number }>();

  constructor(
    private readonly broadcast: string,
    private readonly changed: (showing: Showing, pictures: readonly Picture[], voices: readonly MediaStreamTrack[]) => void,
  ) {
    void this.begin();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.peer?.close();
  }

  private async begin(): Promise<void> {
    try {
      const token = await api.post<Token>(`/api/v1/broadcasts/${this.broadcast}/tokens`);
      if (!this.closed) await this.connect(token);
    } catch (error) {
      this.end(error instanceof ApiError && error.code === OFF ? "off" : "lost");
    }
  }

  private async connect({ token, whep }: Token): Promise<void> {
    const peer = (this.peer = new RTCPeerConnection());
    for (let index = 0; index < PICTURES; index++) peer.addTransceiver("video", { direction: "recvonly" });
    for (let index = 0; index < VOICES; index++) peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addEventListener("connectionstatechange", () => {
      if (this.peer !== peer) return;
      if (peer.connectionState === "connected") void this.look(peer);
      else if (["failed", "closed", "disconnected"].includes(peer.connectionState)) this.end("lost");
    });
    await peer.setLocalDescription();
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" };
    const answer = await fetch(whep, { method: "POST", headers, body: peer.localDescription?.sdp ?? "", credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  }

  /** Again and again: of which pictures something comes, for a slot that is empty says nothing. */
  private async look(peer: RTCPeerConnection): Promise<void> {
    const tracks = peer.getReceivers().map(({ track }) => track);
    const pictures: Picture[] = [];
    for (const track of tracks.filter(({ kind }) => kind === "video")) {
      const frames = await decoded(peer, track);
      const before = this.seen.get(track) ?? { frames: 0, since: -LIVE_MS };
      const now = performance.now();
      if (frames > before.frames) this.seen.set(track, { frames, since: now });
      pictures.push({ track, live: frames > before.frames || now - before.since < LIVE_MS });
    }
    if (this.peer !== peer) return;
    this.changed("on", pictures, tracks.filter(({ kind }) => kind === "audio"));
    this.timer = setTimeout(() => void this.look(peer), LOOK_MS);
  }

  /** Nothing is seen any more; try again in a while. */
  private end(showing: "off" | "lost"): void {
    if (this.closed) return;
    const { peer } = this;
    this.peer = undefined;
    this.seen.clear();
    peer?.close();
    this.changed(showing, [], []);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.begin(), AGAIN_MS);
  }
}
