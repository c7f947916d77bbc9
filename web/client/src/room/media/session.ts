/**
 * A participant's media in one room: publisher and receiver, kept alive by themselves. A lost network restarts ICE;
 * a server that forgot us (it restarted, or we were away too long) gets a new join and new connections.
 */

import type { LinkState } from "./link";
import { Publisher } from "./publisher";
import { Receiver, type Slot } from "./receiver";
import { NOT_ADMITTED, SignalError, type Label, type Signal, type SlotsEvent, type Wish } from "./signal";
import { readNetwork, type Network } from "./stats";

export type SessionState = "joining" | "connected" | "reconnecting" | "refused" | "left";

export interface SessionOptions {
  signal: Signal;
  /** False for those who only watch. */
  publish: boolean;
  onState: (state: SessionState) => void;
  onSlots: (slots: readonly Slot[]) => void;
  onNetwork?: (network: Network) => void;
  encodings?: RTCRtpEncodingParameters[];
}

const RETRY_MS = [300, 700, 1500, 3000];
const NETWORK_MS = 2000;

export class MediaSession {
  state: SessionState = "joining";
  #options: SessionOptions;
  #publisher: Publisher | undefined;
  #receiver: Receiver | undefined;
  #tracks: Partial<Record<Label, MediaStreamTrack | null>> = {};
  #wishes: readonly (Wish | null)[] = [];
  #heard: SlotsEvent = {};
  #servers: RTCIceServer[] = [];
  #generation = 0;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #network: ReturnType<typeof setInterval> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Join with these tracks and room for so many pictures. */
  async join(tracks: Partial<Record<"microphone" | "camera", MediaStreamTrack | null>>, videos: number): Promise<void> {
    this.#tracks = { ...tracks };
    this.#wishes = Array.from({ length: videos }, () => null);
    await this.#connect();
    if (this.#options.onNetwork && !this.#isLeft()) {
      let last: Network | undefined;
      this.#network = setInterval(async () => {
        if (!this.#receiver || this.state === "left") return;
        last = await readNetwork(this.#receiver.link.pc, this.#publisher?.link.pc, last);
        this.#options.onNetwork?.(last);
      }, NETWORK_MS);
    }
  }

  async set(label: "microphone" | "camera", track: MediaStreamTrack | null): Promise<void> {
    this.#tracks[label] = track;
    await this.#publisher?.set(label, track);
  }

  async share(screen: MediaStreamTrack | null, sound: MediaStreamTrack | null = null): Promise<void> {
    if (screen) this.#tracks.screen = screen;
    else delete this.#tracks.screen;
    if (sound) this.#tracks.screen_sound = sound;
    else delete this.#tracks.screen_sound;
    await this.#publisher?.share(screen, sound);
  }

  /** What the video slots shall show, in order. */
  async show(wishes: readonly (Wish | null)[]): Promise<void> {
    this.#wishes = wishes;
    await this.#receiver?.show(wishes);
  }

  /** Hand over the server's `slots` event. */
  heard(event: SlotsEvent): void {
    this.#heard = event;
    this.#receiver?.heard(event);
  }

  /** New passwords for the relays; connections use them when they next look for a path. */
  renew(servers: RTCIceServer[]): void {
    this.#servers = servers;
  }

  /** The signalling came back after an interruption: look at once instead of waiting for ICE to notice. */
  async recover(): Promise<void> {
    if (this.state === "left" || this.state === "joining") return;
    if (this.#timer !== undefined) {
      await this.#connect().catch(() => undefined);
      return;
    }
    await Promise.all([this.#publisher?.link.restart(), this.#receiver?.link.restart()]);
    // what cannot be said now is said at the next recovery
    await this.#publisher?.restate().catch(() => undefined);
  }

  leave(): void {
    this.#generation++;
    clearTimeout(this.#timer);
    clearInterval(this.#network);
    this.#drop();
    this.#set("left");
  }

  /** Read anew after an await: TypeScript would remember the answer of before. */
  #isLeft(): boolean {
    return this.state === "left";
  }

  #drop(): void {
    this.#publisher?.close();
    this.#receiver?.close();
    this.#publisher = this.#receiver = undefined;
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drop();
    this.#heard = {};
    const { signal, onSlots } = this.#options;
    const shared = {
      signal,
      servers: () => this.#servers,
      onState: (state: LinkState) => {
        if (generation === this.#generation) this.#changed(state);
      },
      onForgotten: () => {
        if (generation === this.#generation) this.#forgotten();
      },
    };
    try {
      this.#servers = (await signal({ type: "join" })).servers ?? [];
      if (generation !== this.#generation) return;
      const receiver = (this.#receiver = new Receiver({ ...shared, onSlots }));
      const publisher = this.#options.publish
        ? (this.#publisher = new Publisher({ ...shared, ...(this.#options.encodings ? { encodings: this.#options.encodings } : {}) }))
        : undefined;
      // both at once: the first picture waits for the slower of them, not for their sum
      await Promise.all([
        publisher?.start(this.#tracks),
        receiver.show(this.#wishes).then(() => { receiver.heard(this.#heard); }),
      ]);
      this.#attempt = 0;
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof SignalError && error.code !== NOT_ADMITTED) {
        this.#drop();
        this.#set("refused");
        throw error;
      }
      this.#set("reconnecting");
      this.#timer = setTimeout(() => { this.#again(); }, RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)]);
    }
  }

  #again(): void {
    // a refusal is shown as the state "refused"; there is nobody to throw it to
    this.#connect().catch(() => undefined);
  }

  #forgotten(): void {
    if (this.state === "left" || this.state === "refused") return;
    this.#set("reconnecting");
    this.#again();
  }

  #changed(state: LinkState): void {
    if (state === "lost") this.#set("reconnecting");
    const links = [this.#publisher?.link, this.#receiver?.link].filter((link) => link !== undefined);
    if (links.every((link) => link.state === "connected")) this.#set("connected");
  }

  #set(state: SessionState): void {
    if (state === this.state || this.state === "left") return;
    this.state = state;
    this.#options.onState(state);
  }
}
