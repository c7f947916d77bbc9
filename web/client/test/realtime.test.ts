import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, Realtime, type Subscriber, type Wire, type WireError } from "../src/realtime";
import type { WireEvent } from "../src/topic";

/** A socket whose server side the test plays. */
class FakeWire implements Wire {
  connected = false;
  active = true;
  connects = 0;
  asked: string[] = [];
  sent: [string, unknown][] = [];
  answer: (topic: string) => unknown = () => new Promise(() => undefined);
  private readonly listeners = new Map<string, Set<(...args: unknown[]) => void>>();

  on(event: string, listener: (...args: never[]) => void): void {
    const heard = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, heard.add(listener as (...args: unknown[]) => void));
  }

  off(event: string, listener: (...args: never[]) => void): void {
    this.listeners.get(event)?.delete(listener as (...args: unknown[]) => void);
  }

  connect(): void {
    this.connects++;
  }

  disconnect(): void {
    this.drop("io client disconnect");
  }

  emit(event: string, payload: unknown): void {
    this.sent.push([event, payload]);
  }

  timeout(): { emitWithAck(event: string, payload: unknown): Promise<unknown> } {
    return {
      emitWithAck: (_event, payload) => {
        const { topic } = payload as { topic: string };
        this.asked.push(topic);
        return Promise.resolve(this.answer(topic));
      },
    };
  }

  tell(event: string, ...args: unknown[]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(...args);
  }

  open(): void {
    this.connected = true;
    this.tell("connect");
  }

  drop(reason: string): void {
    this.connected = false;
    this.tell("disconnect", reason);
  }
}

class Page implements Subscriber<string> {
  seen: (string | number)[] = [];
  gone: WireError | undefined;
  onSnapshot(snapshot: string): void {
    this.seen.push(snapshot);
  }
  onEvent(event: WireEvent): void {
    this.seen.push(event.rev);
  }
  onGone(error: WireError): void {
    this.gone = error;
  }
}

const moved = (rev: number): WireEvent => ({ topic: "board:1", rev, type: "card.moved", data: {} });

describe("realtime", () => {
  let wire: FakeWire;
  let realtime: Realtime;
  let page: Page;
  let rev: number;
  const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    vi.useFakeTimers();
    wire = new FakeWire();
    realtime = new Realtime(wire);
    page = new Page();
    rev = 3;
    wire.answer = () => ({ ok: true, rev, snapshot: `whole at ${rev}` });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("subscribes when the connection opens, and again at each reconnect", async () => {
    realtime.subscribe("board:1", page);
    expect(wire.asked).toEqual([]);
    wire.open();
    await settle();
    wire.tell("event", moved(4));
    wire.drop("transport close");
    rev = 9;
    wire.open();
    await settle();
    wire.tell("event", moved(9));
    wire.tell("event", moved(10));
    expect(page.seen).toEqual(["whole at 3", 4, "whole at 9", 10]);
  });

  it("repairs a gap with a new snapshot and loses nothing that arrives meanwhile", async () => {
    wire.open();
    realtime.subscribe("board:1", page);
    await settle();
    let release: (ack: unknown) => void = () => undefined;
    wire.answer = () => new Promise((resolve) => (release = resolve));
    wire.tell("event", moved(5));
    wire.tell("event", moved(6));
    release({ ok: true, rev: 5, snapshot: "whole at 5" });
    await settle();
    expect(page.seen).toEqual(["whole at 3", "whole at 5", 6]);
  });

  it("notices a lost last event by the heartbeat, but waits for one that is on its way", async () => {
    wire.open();
    realtime.subscribe("board:1", page);
    await settle();
    wire.tell("revs", { "board:1": 4, "board:other": 8 });
    wire.tell("event", moved(4));
    await settle(1_000);
    expect(wire.asked).toHaveLength(1);
    rev = 5;
    wire.tell("revs", { "board:1": 5 });
    await settle(1_000);
    expect(page.seen).toEqual(["whole at 3", 4, "whole at 5"]);
  });

  it("asks again after a late or failing answer, and stops after a refusal", async () => {
    wire.answer = () => Promise.reject(new Error("operation has timed out"));
    wire.open();
    realtime.subscribe("board:1", page);
    await settle();
    wire.answer = () => ({ ok: false, error: { code: "unexpected", title: "…", status: 500 } });
    await settle(1_000);
    wire.answer = () => ({ ok: false, error: { code: "not_found", title: "Rien", status: 404 } });
    await settle(2_000);
    expect(page.gone?.code).toBe("not_found");
    await settle(60_000);
    expect(wire.asked).toHaveLength(3);
    expect(page.seen).toEqual([]);
  });

  it("ends when access is withdrawn, and says so once", async () => {
    wire.open();
    realtime.subscribe("board:1", page);
    await settle();
    wire.tell("gone", { topic: "board:1", code: "not_found" });
    wire.tell("event", moved(4));
    wire.tell("revs", { "board:1": 9 });
    await settle(5_000);
    expect(page.gone?.code).toBe("not_found");
    expect(page.seen).toEqual(["whole at 3"]);
  });

  it("unsubscribes with the last follower of a topic", async () => {
    wire.open();
    const other = new Page();
    const leave = realtime.subscribe("board:1", page);
    const leaveToo = realtime.subscribe("board:1", other);
    await settle();
    leave();
    expect(wire.sent).toEqual([]);
    wire.tell("event", moved(4));
    leaveToo();
    expect(wire.sent).toEqual([["unsubscribe", { topic: "board:1" }]]);
    expect(page.seen).toEqual(["whole at 3"]);
    expect(other.seen).toEqual(["whole at 3", 4]);
  });

  it("comes back by itself after the server said goodbye, not after the session ended", async () => {
    const states: Connection[] = [];
    realtime.watch((connection) => states.push(connection));
    wire.open();
    wire.drop("io server disconnect");
    await settle(2_000);
    expect(wire.connects).toBe(1);
    wire.active = false;
    wire.tell("connect_error", new Error("unauthenticated"));
    await settle(10_000);
    expect(wire.connects).toBe(1);
    expect(states).toEqual(["connecting", "online", "offline", "signed-out"]);
  });

  it("waits for its turn while too many windows of the same person are open", async () => {
    const states: Connection[] = [];
    realtime.watch((connection) => states.push(connection));
    wire.active = false;
    wire.tell("connect_error", new Error("too_many_sockets"));
    expect(states).toEqual(["connecting", "crowded"]);
    await settle(10_000);
    expect(wire.connects).toBeGreaterThan(0);
    wire.open();
    expect(states.at(-1)).toBe("online");
  });
});
