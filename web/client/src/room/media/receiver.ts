/**
 * The receiving side: a fixed number of slots, each a MediaStreamTrack that stays the same while the server changes
 * what it carries. Audio slots carry the loudest; what a video slot shows is chosen with `show`.
 */

import { Link, type LinkState } from "./link";
import { preferRedundant } from "./repair";
import type { Signal, SlotsEvent, Wish } from "./signal";

export const AUDIO_SLOTS = 3;

const DEPENDENCY = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
/** Chromium lists the MID of a later m-line as stopped, and refuses to be told so. */
const ASKED = [DEPENDENCY, "urn:ietf:params:rtp-hdrext:sdes:mid"];

interface HeaderExtension {
  uri: string;
  direction: RTCRtpTransceiverDirection | "stopped";
}

/** WebRTC Extensions 5.1; not in every browser, and not in TypeScript's library yet. */
type Negotiable = RTCRtpTransceiver & {
  getHeaderExtensionsToNegotiate?: () => HeaderExtension[];
  setHeaderExtensionsToNegotiate?: (extensions: HeaderExtension[]) => void;
};

/** The layers of an AV1 picture are told apart by a header extension that browsers do not offer to receive by themselves. */
function offerLayers(transceiver: Negotiable): void {
  const known = transceiver.getHeaderExtensionsToNegotiate?.();
  if (!known?.some(({ uri }) => uri === DEPENDENCY)) return;
  transceiver.setHeaderExtensionsToNegotiate?.(
    known.map((extension) => (ASKED.includes(extension.uri) ? { ...extension, direction: "sendrecv" } : extension)),
  );
}

export interface Slot {
  kind: "audio" | "video";
  media: MediaStreamTrack;
  /** The id of the published track it carries now. */
  carries: string | null;
}

export interface ReceiverOptions {
  signal: Signal;
  onState: (state: LinkState) => void;
  onForgotten: () => void;
  servers: () => RTCIceServer[];
  /** The slots, or what they carry, changed. */
  onSlots: (slots: readonly Slot[]) => void;
}

export class Receiver {
  readonly link: Link;
  #options: ReceiverOptions;
  #slots: (Slot & { transceiver: RTCRtpTransceiver })[] = [];
  #wishes: (Wish | null)[] = [];
  #carried: SlotsEvent = {};

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.link = new Link({
      exchange: async (sdp) => (await options.signal({ type: "receive", sdp })).sdp ?? "",
      onState: options.onState,
      onForgotten: options.onForgotten,
      servers: options.servers,
    });
    for (let index = 0; index < AUDIO_SLOTS; index++) this.#open("audio");
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Connect with room for so many pictures. */
  async start(videos: number): Promise<void> {
    while (this.#videos().length < videos) this.#open("video");
    await this.link.negotiate();
    this.heard(this.#carried);
    await this.#select();
  }

  /** What each video slot shall show, in order; more wishes than slots make the connection grow. */
  async show(wishes: readonly (Wish | null)[]): Promise<void> {
    const before = this.#videos().length;
    this.#wishes = [...wishes];
    if (wishes.length > before) await this.start(wishes.length);
    else await this.#select();
  }

  /** The server says what the slots carry. */
  heard(event: SlotsEvent): void {
    this.#carried = event;
    for (const slot of this.#slots) slot.carries = event[slot.transceiver.mid ?? ""] ?? null;
    this.#options.onSlots(this.#slots);
  }

  close(): void {
    this.link.close();
  }

  #videos(): (Slot & { transceiver: RTCRtpTransceiver })[] {
    return this.#slots.filter((slot) => slot.kind === "video");
  }

  #open(kind: "audio" | "video"): void {
    const transceiver = this.link.pc.addTransceiver(kind, { direction: "recvonly" });
    if (kind === "audio") preferRedundant(transceiver, false);
    else offerLayers(transceiver);
    this.#slots.push({ kind, media: transceiver.receiver.track, carries: null, transceiver });
  }

  async #select(): Promise<void> {
    const wishes: Record<string, Wish | null> = {};
    this.#videos().forEach((slot, index) => {
      if (slot.transceiver.mid) wishes[slot.transceiver.mid] = this.#wishes[index] ?? null;
    });
    if (Object.keys(wishes).length > 0) await this.#options.signal({ type: "select", wishes });
  }
}
