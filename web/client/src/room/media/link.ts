/**
 * One peer connection with the server, which always answers. It renegotiates one offer at a time, restarts ICE when
 * the network is lost, and tells its owner when the server has forgotten it. A path that falls silent is lost long
 * before the browser says so: the server sends something every half second.
 */

import { withFeedback } from "./repair";
import { NOT_ADMITTED, SignalError } from "./signal";

export type LinkState = "connecting" | "connected" | "lost" | "closed";

export interface LinkOptions {
  /** Send the offer, get the answer. */
  exchange: (sdp: string) => Promise<string>;
  onState: (state: LinkState) => void;
  /** The server no longer knows us: everything has to be set up anew. */
  onForgotten: () => void;
  /** The relays there are now. */
  servers: () => RTCIceServer[];
}

const PATIENCE_MS = 1000;
const LOOK_MS = 300;
const SILENT_MS = 1100;
const RETRY_MS = [500, 1000, 2000, 3000];

export class Link {
  readonly pc: RTCPeerConnection;
  state: LinkState = "connecting";
  #options: LinkOptions;
  #chain: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #hearing = new Hearing();
  #look: ReturnType<typeof setInterval>;
  #transport: RTCDtlsTransport | undefined;
  #end: () => void = () => undefined;
  #ended = new Promise<void>((resolve) => (this.#end = resolve));

  constructor(options: LinkOptions) {
    this.#options = options;
    this.pc = new RTCPeerConnection(this.#configuration());
    this.pc.addEventListener("connectionstatechange", () => { this.#changed(); });
    globalThis.addEventListener("online", this.#online);
    this.#look = setInterval(() => void this.#listen(), LOOK_MS);
  }

  /** Offer what the connection holds now; offers queue up behind each other. */
  negotiate(iceRestart = false): Promise<void> {
    const run = this.#chain.then(async () => {
      if (this.state === "closed") return;
      await this.#offer(iceRestart);
      try {
        const sdp = await this.#options.exchange(this.pc.localDescription?.sdp ?? "");
        await this.pc.setRemoteDescription({ type: "answer", sdp });
        this.#watchTransport();
      } catch (error) {
        // give the offer back, so that the next one starts from a stable state
        if (this.pc.signalingState === "have-local-offer") await this.pc.setLocalDescription({ type: "rollback" });
        throw error;
      }
    });
    // a closed connection never settles its promises: closing ends the wait
    const done = Promise.race([run, this.#ended]);
    this.#chain = done.catch(() => undefined);
    return done;
  }

  async #offer(iceRestart: boolean): Promise<void> {
    const offer = await this.pc.createOffer({ iceRestart });
    try {
      await this.pc.setLocalDescription({ type: "offer", sdp: withFeedback(offer.sdp ?? "") });
    } catch {
      // a browser that takes its offer only as it wrote it
      await this.pc.setLocalDescription(offer);
    }
  }

  /** Restart ICE now, and again until it works or the server says that it forgot us. */
  async restart(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.state === "closed") return;
    try {
      this.pc.setConfiguration(this.#configuration());
      await this.negotiate(true);
      if (this.#isClosed()) return;
      this.#attempt = 0;
      // an answer is not yet a path: look again later
      this.#later(3000);
    } catch (error) {
      if (error instanceof SignalError && error.code === NOT_ADMITTED) {
        this.#options.onForgotten();
        return;
      }
      this.#later(RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)] ?? PATIENCE_MS);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#look);
    globalThis.removeEventListener("online", this.#online);
    this.#set("closed");
    this.pc.close();
    this.#end();
  }

  #configuration(): RTCConfiguration {
    return { bundlePolicy: "max-bundle", rtcpMuxPolicy: "require", iceServers: this.#options.servers() };
  }

  /** The server's goodbye shows in the DTLS state alone; the connection would take seconds to call itself lost. */
  #watchTransport(): void {
    const transport = this.pc.getTransceivers()[0]?.receiver.transport ?? this.pc.getSenders()[0]?.transport;
    if (!transport || transport === this.#transport) return;
    this.#transport = transport;
    transport.addEventListener("statechange", () => {
      if (transport.state === "closed" && transport === this.#transport) this.#dismissed();
    });
  }

  #dismissed(): void {
    if (this.#isClosed()) return;
    this.#set("lost");
    this.#options.onForgotten();
  }

  #isClosed(): boolean {
    return this.state === "closed";
  }

  async #listen(): Promise<void> {
    if (this.pc.connectionState !== "connected") return;
    let octets = 0;
    for (const report of (await this.pc.getStats()).values() as Iterable<{ type: string; bytesReceived?: number }>) {
      if (report.type === "transport") octets += report.bytesReceived ?? 0;
    }
    const heard = this.#hearing.take(octets, performance.now());
    if (heard === "silence" && this.state === "connected") {
      this.#set("lost");
      await this.restart();
    } else if (heard === "something" && this.state === "lost") {
      this.#heard();
    }
  }

  #online = (): void => {
    void this.restart();
  };

  #later(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.state !== "connected") void this.restart();
    }, delay);
  }

  #heard(): void {
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#hearing = new Hearing();
    this.#set("connected");
  }

  #changed(): void {
    const state = this.pc.connectionState;
    if (state === "connected") {
      this.#heard();
    } else if (state === "disconnected") {
      this.#set("lost");
      this.#later(PATIENCE_MS);
    } else if (state === "failed") {
      this.#set("lost");
      void this.restart();
    } else if (state === "closed") {
      this.#dismissed();
    }
  }

  #set(state: LinkState): void {
    if (state === this.state || this.state === "closed") return;
    this.state = state;
    this.#options.onState(state);
  }
}

/** Whether a path that was heard of evenly is heard of no more. Times in milliseconds. */
export class Hearing {
  #octets = -1;
  #at = 0;
  /** The longest pause of late, at first that of a path of which nothing is known. */
  #pause = 5000;

  /** So many octets have come so far; "silence" is said once. */
  take(octets: number, now: number): "something" | "nothing" | "silence" {
    if (octets !== this.#octets) {
      const known = this.#octets >= 0;
      if (known) this.#pause = Math.max(now - this.#at, 0.8 * this.#pause);
      this.#octets = octets;
      this.#at = now;
      return known ? "something" : "nothing";
    }
    if (now - this.#at < Math.max(SILENT_MS, 2 * this.#pause)) return "nothing";
    this.#at = now;
    this.#pause = Infinity;
    return "silence";
  }
}
