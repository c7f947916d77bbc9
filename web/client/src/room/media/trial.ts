/**
 * Tries one's connection to the media engine before the door: which of UDP, TCP and relays gets through, then what the line
 * carries both ways, with the layers that a camera would have. What one sends comes back to oneself alone.
 */
import { withFeedback } from "./repair";
import { LAYERS } from "./publisher";

export type PathKind = "udp" | "tcp" | "relay";

/** How long the way there and back took, in seconds; null: nothing gets through. */
export type Paths = Readonly<Partial<Record<PathKind, number | null>>>;

export interface Carried {
  upBps: number;
  downBps: number;
  /** Share of what came back that was lost. */
  loss: number;
  /** The computer could not make as many pictures as the line was to be tried with. */
  busy: boolean;
}

export interface TrialSignal {
  send(sdp: string, labels: Record<string, "camera">): Promise<string>;
  receive(sdp: string): Promise<string>;
}

const PATIENCE_MS = 4_000;
/** In which the browser finds out how much it may send. */
const LOAD_MS = 7_000;
const READING_MS = 1_000;
const PICTURES_PER_SECOND = 20;
/** Of those it is to make, a computer that makes fewer is busy with something else. */
const FEW = 0.6;

const candidate = (line: string): string | undefined => /^a=candidate:\S+ \d+ (udp|tcp) /i.exec(line)?.[1]?.toLowerCase();

/** The answer with candidates of this protocol alone; those over a relay reach the server over UDP. */
export function only(sdp: string, kind: PathKind): string {
  const protocol = kind === "tcp" ? "tcp" : "udp";
  return sdp
    .split("\r\n")
    .filter((line) => (candidate(line) ?? protocol) === protocol)
    .join("\r\n");
}

/** Whether this kind of path gets through, and how fast. */
export async function tryPath(kind: PathKind, servers: RTCIceServer[], signal: TrialSignal): Promise<number | null> {
  const relayed = kind === "relay";
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: relayed ? servers : [], iceTransportPolicy: relayed ? "relay" : "all" });
  try {
    pc.addTransceiver("video", { direction: "recvonly" });
    await pc.setLocalDescription(await pc.createOffer());
    const sdp = only(await signal.receive(pc.localDescription?.sdp ?? ""), kind);
    await pc.setRemoteDescription({ type: "answer", sdp });
    return (await connects(pc)) ? ((await roundTrip(pc)) ?? 0) : null;
  } finally {
    pc.close();
  }
}

/** What the line carries; null where no connection comes about. */
export async function tryLoad(servers: RTCIceServer[], signal: TrialSignal): Promise<Carried | null> {
  const moving = new Moving();
  const make = (): RTCPeerConnection => new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: servers });
  const [up, down] = [make(), make()];
  try {
    const sends = up.addTransceiver(moving.track, { direction: "sendonly", sendEncodings: LAYERS });
    const offer = await up.createOffer();
    await up.setLocalDescription({ type: "offer", sdp: withFeedback(offer.sdp ?? "") });
    const answer = await signal.send(up.localDescription?.sdp ?? "", { [sends.mid ?? "0"]: "camera" });
    await up.setRemoteDescription({ type: "answer", sdp: answer });
    down.addTransceiver("video", { direction: "recvonly" });
    await down.setLocalDescription(await down.createOffer());
    await down.setRemoteDescription({ type: "answer", sdp: await signal.receive(down.localDescription?.sdp ?? "") });
    if (!(await connects(up)) || !(await connects(down))) return null;
    return await measure(up, down);
  } finally {
    moving.stop();
    up.close();
    down.close();
  }
}

async function measure(up: RTCPeerConnection, down: RTCPeerConnection): Promise<Carried> {
  let before = await totals(up, down);
  const best = { upBps: 0, downBps: 0 };
  const end = performance.now() + LOAD_MS;
  const start = before;
  while (performance.now() < end) {
    await later(READING_MS);
    const now = await totals(up, down);
    const seconds = (now.at - before.at) / 1000;
    best.upBps = Math.max(best.upBps, Math.round((8 * (now.sent - before.sent)) / seconds));
    best.downBps = Math.max(best.downBps, Math.round((8 * (now.came - before.came)) / seconds));
    before = now;
  }
  const lost = Math.max(0, before.lost - start.lost);
  const received = before.received - start.received;
  const made = (before.made - start.made) / ((before.at - start.at) / 1000);
  const busy = before.limited || made < FEW * PICTURES_PER_SECOND;
  return { ...best, loss: lost + received > 0 ? lost / (lost + received) : 0, busy };
}

interface Report {
  type: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
  bytesSent?: number;
  bytesReceived?: number;
  packetsReceived?: number;
  packetsLost?: number;
  framesEncoded?: number;
  qualityLimitationReason?: string;
}

const reports = async (pc: RTCPeerConnection): Promise<Report[]> => [...(await pc.getStats()).values()] as Report[];

async function totals(up: RTCPeerConnection, down: RTCPeerConnection) {
  const sum = { at: performance.now(), sent: 0, came: 0, received: 0, lost: 0, made: 0, limited: false };
  for (const one of await reports(up)) {
    if (one.type !== "outbound-rtp") continue;
    sum.sent += one.bytesSent ?? 0;
    sum.made = Math.max(sum.made, one.framesEncoded ?? 0);
    sum.limited ||= one.qualityLimitationReason === "cpu";
  }
  for (const one of await reports(down)) {
    if (one.type !== "inbound-rtp") continue;
    sum.came += one.bytesReceived ?? 0;
    sum.received += one.packetsReceived ?? 0;
    sum.lost += one.packetsLost ?? 0;
  }
  return sum;
}

async function roundTrip(pc: RTCPeerConnection): Promise<number | undefined> {
  return (await reports(pc)).find(({ type, nominated }) => type === "candidate-pair" && nominated)?.currentRoundTripTime;
}

const later = (delay: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delay));

function connects(pc: RTCPeerConnection): Promise<boolean> {
  const state = (): boolean | null => (pc.connectionState === "connected" ? true : pc.connectionState === "failed" ? false : null);
  return new Promise((resolve) => {
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(() => settle(false), PATIENCE_MS);
    const look = (): void => {
      const now = state();
      if (now !== null) settle(now);
    };
    pc.addEventListener("connectionstatechange", look);
    look();
  });
}

/** A picture that is hard to make small: coarse noise, new in every frame. */
class Moving {
  readonly track: MediaStreamTrack;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 960, height: 540 });
    const small = Object.assign(document.createElement("canvas"), { width: 80, height: 45 });
    const [large, coarse] = [canvas.getContext("2d"), small.getContext("2d")];
    const noise = new ImageData(small.width, small.height);
    const draw = (): void => {
      for (let at = 0; at < noise.data.length; at++) noise.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
      coarse?.putImageData(noise, 0, 0);
      large?.drawImage(small, 0, 0, canvas.width, canvas.height);
    };
    draw();
    this.#timer = setInterval(draw, 1000 / PICTURES_PER_SECOND);
    const track = canvas.captureStream(PICTURES_PER_SECOND).getVideoTracks()[0];
    if (!track) throw new Error("no canvas");
    this.track = track;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.track.stop();
  }
}
