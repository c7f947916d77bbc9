/**
 * Socket.IO, websocket only: subscriptions that repair themselves (house.md, section 4). A page subscribes to topics,
 * gets a snapshot, then the events after it; whatever is lost on the way is replaced by a new snapshot.
 */
import { io } from "socket.io-client";
import { type Step, type TopicInput, type TopicState, type WireEvent, step, unknownTopic } from "./topic";

const ACK_MS = 8_000;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];
/** A heartbeat may overtake the event it tells of: wait a little before asking for the whole. */
const HEARTBEAT_GRACE_MS = 400;

/** `signed-out`: the session has ended, and only the person can do something about it. */
export type Connection = "connecting" | "online" | "offline" | "signed-out" | "crowded";
export interface WireError {
  code: string;
  title: string;
  status?: number;
}
type SubscribeAck = { ok: true; rev: number; snapshot: unknown } | { ok: false; error: WireError };

export interface Subscriber<S> {
  /** The whole, first and after every repair. */
  onSnapshot(snapshot: S, rev: number): void;
  onEvent(event: WireEvent): void;
  /** Access is refused or withdrawn: nothing more will come. */
  onGone?(error: WireError): void;
}

// Socket.IO types its listeners with any[].
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Listener = (...args: any[]) => void;

/** What of a Socket.IO client is used; tests give their own. */
export interface Wire {
  readonly connected: boolean;
  /** Whether the client will try again by itself. */
  readonly active: boolean;
  connect(): unknown;
  disconnect(): unknown;
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
}

/** A refusal that time does not heal; a server that is late, busy or at fault is asked again. */
const isFinal = ({ status }: WireError): boolean => status !== undefined && status < 500 && status !== 429;

class Subscription {
  private state: TopicState = unknownTopic;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private asking = 0;

  constructor(
    private readonly wire: Wire,
    readonly topic: string,
    private readonly subscriber: Subscriber<unknown>,
  ) {}

  /** Ask for the snapshot; only the last of several questions counts. */
  async ask(): Promise<void> {
    if (this.closed || !this.wire.connected) return;
    clearTimeout(this.timer);
    const question = ++this.asking;
    this.take({ kind: "asked" });
    let ack: SubscribeAck;
    try {
      ack = (await this.wire.timeout(ACK_MS).emitWithAck("subscribe", { topic: this.topic })) as SubscribeAck;
    } catch {
      ack = { ok: false, error: { code: "timeout", title: "" } };
    }
    if (question !== this.asking || this.isClosed()) return;
    if (ack.ok) {
      this.attempts = 0;
      this.subscriber.onSnapshot(ack.snapshot, ack.rev);
      this.take({ kind: "snapshot", rev: ack.rev });
    } else if (isFinal(ack.error)) {
      this.take({ kind: "failed" });
      this.end(ack.error);
    } else {
      this.take({ kind: "failed" });
      this.later(RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)] ?? ACK_MS);
    }
  }

  event(event: WireEvent): void {
    this.take({ kind: "event", event });
  }

  heartbeat(rev: number): void {
    if (step(this.state, { kind: "heartbeat", rev }).refetch) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        if (step(this.state, { kind: "heartbeat", rev }).refetch) void this.ask();
      }, HEARTBEAT_GRACE_MS);
    }
  }

  end(error?: WireError): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.timer);
    if (error) this.subscriber.onGone?.(error);
  }

  /** Read anew after an await: TypeScript would remember the answer of before. */
  private isClosed(): boolean {
    return this.closed;
  }

  private take(input: TopicInput): void {
    const next: Step = step(this.state, input);
    this.state = next.state;
    for (const event of next.apply) this.subscriber.onEvent(event);
    if (next.refetch) void this.ask();
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), ms);
  }
}

export class Realtime {
  private readonly subscriptions = new Set<Subscription>();
  private readonly watchers = new Set<(connection: Connection) => void>();
  private connection: Connection = "connecting";

  constructor(private readonly wire: Wire) {
    wire.on("connect", () => {
      this.turn("online");
      for (const subscription of this.subscriptions) void subscription.ask();
    });
    wire.on("disconnect", (reason: string) => {
      this.turn("offline");
      // The client does not come back by itself from a server that said goodbye: it restarts, or the session ended.
      if (reason === "io server disconnect") this.reconnect();
    });
    wire.on("connect_error", (error: Error) => {
      if (error.message === "unauthenticated") {
        this.turn("signed-out");
        return;
      }
      this.turn(error.message === "too_many_sockets" ? "crowded" : "offline");
      if (!wire.active) this.reconnect();
    });
    wire.on("event", (event: WireEvent) => {
      for (const subscription of this.of(event.topic)) subscription.event(event);
    });
    wire.on("revs", (revs: Record<string, number>) => {
      for (const [topic, rev] of Object.entries(revs)) {
        for (const subscription of this.of(topic)) subscription.heartbeat(rev);
      }
    });
    // One may hear more of the topic, or less, than when it was subscribed to.
    wire.on("again", ({ topic }: { topic: string }) => {
      for (const subscription of this.of(topic)) void subscription.ask();
    });
    wire.on("gone", ({ topic, code }: { topic: string; code: string }) => {
      for (const subscription of this.of(topic)) {
        this.subscriptions.delete(subscription);
        subscription.end({ code, title: "" });
      }
    });
  }

  /** Follow a topic until the returned function is called. */
  subscribe<S>(topic: string, subscriber: Subscriber<S>): () => void {
    const subscription = new Subscription(this.wire, topic, subscriber);
    this.subscriptions.add(subscription);
    void subscription.ask();
    return () => {
      subscription.end();
      this.subscriptions.delete(subscription);
      if (this.of(topic).length === 0 && this.wire.connected) this.wire.emit("unsubscribe", { topic });
    };
  }

  /** Told at once and at every change. */
  watch(watcher: (connection: Connection) => void): () => void {
    this.watchers.add(watcher);
    watcher(this.connection);
    return () => this.watchers.delete(watcher);
  }

  /** For what is not a topic: presence and the signalling of a meeting. Rejects when no answer comes in time. */
  call(event: string, payload: unknown, timeoutMs = ACK_MS): Promise<unknown> {
    return this.wire.timeout(timeoutMs).emitWithAck(event, payload);
  }

  /** Begin a new connection at once: the present one does not answer, and would take a minute to notice by itself. */
  renew(): void {
    this.wire.disconnect();
    this.wire.connect();
  }

  /** Messages of the server that are not events of a topic; the returned function stops listening. */
  on(event: string, listener: Listener): () => void {
    this.wire.on(event, listener);
    return () => this.wire.off(event, listener);
  }

  /** After one or two seconds, by chance, so that a whole town hall does not come back in the same instant. */
  private reconnect(): void {
    setTimeout(() => {
      if (!this.wire.connected) this.wire.connect();
    }, 800 + Math.random() * 1_200);
  }

  private of(topic: string): Subscription[] {
    return [...this.subscriptions].filter((subscription) => subscription.topic === topic);
  }

  private turn(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    for (const watcher of this.watchers) watcher(connection);
  }
}

let shared: Realtime | undefined;

/** The page's one connection, opened by the first who needs it. */
export function realtime(): Realtime {
  // the page of a guest speaks for the guest, also where somebody is signed in
  const guest = document.querySelector("hc-room[guest]")?.getAttribute("meeting");
  const auth = guest ? { guest } : {};
  shared ??= new Realtime(io({ transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 1_500, auth }));
  return shared;
}
