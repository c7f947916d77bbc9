/** Figures for the network indicator and the server's statistics, read from getStats of both connections. */

export interface Network {
  /** Seconds; null while unknown. */
  roundTrip: number | null;
  /** Share of packets lost on the way to us since the last reading, 0 to 1. */
  loss: number;
  downBps: number;
  upBps: number;
  /** 3 good, 2 fair, 1 poor, 0 nothing arrives. */
  quality: 0 | 1 | 2 | 3;
  /** Since the last reading: how often and for how many seconds a picture stood still, and the share of made-up sound. */
  freezes: number;
  frozen: number;
  concealed: number;
  totals: Totals;
}

interface Totals {
  at: number;
  down: number;
  up: number;
  received: number;
  lost: number;
  freezes: number;
  frozen: number;
  samples: number;
  concealed: number;
}

/** The fields read here, of whatever kind a report is. */
interface Report {
  type: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
  bytesReceived?: number;
  bytesSent?: number;
  packetsReceived?: number;
  packetsLost?: number;
  freezeCount?: number;
  totalFreezesDuration?: number;
  totalSamplesReceived?: number;
  concealedSamples?: number;
  silentConcealedSamples?: number;
}

async function reports(pc: RTCPeerConnection | undefined): Promise<Report[]> {
  return pc ? ([...(await pc.getStats()).values()] as Report[]) : [];
}

/** One reading; `last` is the one before. */
export async function readNetwork(down: RTCPeerConnection, up: RTCPeerConnection | undefined, last?: Network): Promise<Network> {
  const totals: Totals = {
    at: performance.now(), down: 0, up: 0, received: 0, lost: 0, freezes: 0, frozen: 0, samples: 0, concealed: 0,
  };
  let roundTrip: number | null = null;
  for (const report of await reports(down)) {
    if (report.type === "inbound-rtp") {
      totals.down += report.bytesReceived ?? 0;
      totals.received += report.packetsReceived ?? 0;
      totals.lost += Math.max(0, report.packetsLost ?? 0);
      totals.freezes += report.freezeCount ?? 0;
      totals.frozen += report.totalFreezesDuration ?? 0;
      totals.samples += report.totalSamplesReceived ?? 0;
      // what a sender who is silent leaves out is made up as silence, and missed by nobody
      totals.concealed += (report.concealedSamples ?? 0) - (report.silentConcealedSamples ?? 0);
    } else if (report.type === "candidate-pair" && report.nominated) {
      roundTrip = report.currentRoundTripTime ?? null;
    }
  }
  for (const report of await reports(up)) {
    if (report.type === "outbound-rtp") totals.up += report.bytesSent ?? 0;
  }
  const before = last?.totals ?? { ...totals, at: totals.at - 1000 };
  const seconds = Math.max((totals.at - before.at) / 1000, 0.001);
  const lost = Math.max(0, totals.lost - before.lost);
  const received = Math.max(0, totals.received - before.received);
  const loss = lost + received > 0 ? lost / (lost + received) : 0;
  return {
    roundTrip,
    loss,
    downBps: Math.max(0, Math.round((8 * (totals.down - before.down)) / seconds)),
    upBps: Math.max(0, Math.round((8 * (totals.up - before.up)) / seconds)),
    quality: judge(down.connectionState, loss, roundTrip),
    ...(last ? suffered(last.totals, totals) : { freezes: 0, frozen: 0, concealed: 0 }),
    totals,
  };
}

/** What stood still or was made up between two readings; a connection made anew counts from zero. */
export function suffered(before: Totals, now: Totals): Pick<Network, "freezes" | "frozen" | "concealed"> {
  const since = (key: "freezes" | "frozen" | "samples" | "concealed"): number =>
    now[key] >= before[key] ? now[key] - before[key] : now[key];
  const samples = since("samples");
  return {
    freezes: since("freezes"),
    frozen: since("frozen"),
    concealed: samples > 0 ? Math.min(1, Math.max(0, since("concealed")) / samples) : 0,
  };
}

/** What one bar, two or three mean. */
export function judge(state: RTCPeerConnectionState, loss: number, roundTrip: number | null): Network["quality"] {
  if (state !== "connected") return 0;
  if (loss > 0.1 || (roundTrip ?? 0) > 0.6) return 1;
  if (loss > 0.03 || (roundTrip ?? 0) > 0.25) return 2;
  return 3;
}
