/**
 * One peer connection with the server, which always answers. It renegotiates one offer at a time, restarts ICE when
 * the network is lost, and tells its owner when the server has forgotten it.
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
const RETRY_MS = [500, 1000, 2000, 3000];

export class Link {
  readonly pc: RTCPeerConnection;
  state: LinkState = "connecting";
  #options: LinkOptions;
  #chain: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #transport: RTCDtlsTransport | undefined;
  #end: () => void = () => undefined;
  #ended = new Promise<void>((resolve) => (this.#end = resolve));

  constructor(options: LinkOptions) {
    this.#options = options;
    this.pc = new RTCPeerConnection(this.#configuration());
    this.pc.addEventListener("connectionstatechange", () => { this.#changed(); });
    globalThis.addEventListener("online", this.#online);
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

  #online = (): void => {
    void this.restart();
  };

  #later(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.pc.connectionState !== "connected") void this.restart();
    }, delay);
  }

  #changed(): void {
    const state = this.pc.connectionState;
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.#attempt = 0;
      this.#set("connected");
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
