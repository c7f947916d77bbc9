/** Figures for the network indicator, read from getStats of both connections. */

export interface Network {
  /** Seconds; null while unknown. */
  roundTrip: number | null;
  /** Share of packets lost on the way to us since the last reading, 0 to 1. */
  loss: number;
  downBps: number;
  upBps: number;
  /** 3 good, 2 fair, 1 poor, 0 nothing arrives. */
  quality: 0 | 1 | 2 | 3;
  totals: { at: number; down: number; up: number; received: number; lost: number };
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
}

async function reports(pc: RTCPeerConnection | undefined): Promise<Report[]> {
  return pc ? ([...(await pc.getStats()).values()] as Report[]) : [];
}

/** One reading; `last` is the one before. */
export async function readNetwork(down: RTCPeerConnection, up: RTCPeerConnection | undefined, last?: Network): Promise<Network> {
  const totals = { at: performance.now(), down: 0, up: 0, received: 0, lost: 0 };
  let roundTrip: number | null = null;
  for (const report of await reports(down)) {
    if (report.type === "inbound-rtp") {
      totals.down += report.bytesReceived ?? 0;
      totals.received += report.packetsReceived ?? 0;
      totals.lost += Math.max(0, report.packetsLost ?? 0);
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
    totals,
  };
}

/** What one bar, two or three mean. */
export function judge(state: RTCPeerConnectionState, loss: number, roundTrip: number | null): Network["quality"] {
  if (state !== "connected") return 0;
  if (loss > 0.1 || (roundTrip ?? 0) > 0.6) return 1;
  if (loss > 0.03 || (roundTrip ?? 0) > 0.25) return 2;
  return 3;
}
