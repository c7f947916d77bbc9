/**
 * The sending side: microphone and camera have their m-lines from the start, so that switching them negotiates
 * nothing; the screen gets its own when it is first shared and keeps them for the next time.
 */

import { Link, type LinkState } from "./link";
import { preferRedundant } from "./repair";
import type { Label, Signal } from "./signal";

export interface PublisherOptions {
  signal: Signal;
  onState: (state: LinkState) => void;
  onForgotten: () => void;
  servers: () => RTCIceServer[];
  /** Camera layers; one entry sends a single stream. */
  encodings?: RTCRtpEncodingParameters[];
}

/**
 * A small picture and a large one: the server sends each viewer the one that fits its tile. The small one stands first:
 * Chromium gives the first the least bitrate that it begins at, and would begin the large one at 30 kbit/s.
 */
export const LAYERS: RTCRtpEncodingParameters[] = [
  { rid: "l", maxBitrate: 180_000, scaleResolutionDownBy: 3 },
  { rid: "h", maxBitrate: 1_500_000 },
];

/** What everybody has, muted or not. */
const OWN = ["microphone", "camera"] as const;

const SCREEN: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000 }];

export class Publisher {
  readonly link: Link;
  #options: PublisherOptions;
  #transceivers = new Map<Label, RTCRtpTransceiver>();
  #started = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.link = new Link({
      exchange: async (sdp) => (await options.signal({ type: "publish", sdp, labels: this.#labels() })).sdp ?? "",
      onState: options.onState,
      onForgotten: options.onForgotten,
      servers: options.servers,
    });
    this.#open("microphone", "audio");
    this.#open("camera", "video", options.encodings ?? LAYERS);
  }

  /** Connect with what is there: tracks may be null and come later. */
  async start(tracks: Partial<Record<Label, MediaStreamTrack | null>>): Promise<void> {
    for (const [label, track] of Object.entries(tracks) as [Label, MediaStreamTrack | null][]) {
      if (label === "screen" || label === "screen_sound") this.#openScreen(label);
      await this.#transceivers.get(label)?.sender.replaceTrack(track);
    }
    await this.link.negotiate();
    this.#started = true;
    for (const label of OWN) if (!tracks[label]) await this.#mute(label, true);
  }

  /** Say again what is muted: a message about it may have been lost with the connection. */
  async restate(): Promise<void> {
    if (!this.#started) return;
    await Promise.all(OWN.map((label) => this.#mute(label, !this.#transceivers.get(label)?.sender.track)));
  }

  /** Send another track under this label, or nothing. */
  async set(label: "microphone" | "camera", track: MediaStreamTrack | null): Promise<void> {
    await this.#transceivers.get(label)?.sender.replaceTrack(track);
    if (this.#started) await this.#mute(label, track === null);
  }

  /** Share a screen (with its sound where there is one), or stop. */
  async share(screen: MediaStreamTrack | null, sound: MediaStreamTrack | null = null): Promise<void> {
    for (const [label, track] of [["screen", screen], ["screen_sound", sound]] as const) {
      if (track === null && !this.#transceivers.has(label)) continue;
      const transceiver = this.#openScreen(label);
      await transceiver.sender.replaceTrack(track);
      transceiver.direction = track === null ? "inactive" : "sendonly";
    }
    await this.link.negotiate();
  }

  close(): void {
    this.link.close();
  }

  #mute(label: Label, muted: boolean): Promise<unknown> {
    return this.#options.signal({ type: "mute", label, muted });
  }

  #openScreen(label: "screen" | "screen_sound"): RTCRtpTransceiver {
    return this.#transceivers.get(label) ?? this.#open(label, label === "screen" ? "video" : "audio", label === "screen" ? SCREEN : undefined);
  }

  #open(label: Label, kind: "audio" | "video", sendEncodings?: RTCRtpEncodingParameters[]): RTCRtpTransceiver {
    const transceiver = this.link.pc.addTransceiver(kind, { direction: "sendonly", ...(sendEncodings ? { sendEncodings } : {}) });
    if (kind === "audio") preferRedundant(transceiver, true);
    this.#transceivers.set(label, transceiver);
    return transceiver;
  }

  #labels(): Record<string, Label> {
    const labels: Record<string, Label> = {};
    for (const [label, transceiver] of this.#transceivers) if (transceiver.mid) labels[transceiver.mid] = label;
    return labels;
  }
}
