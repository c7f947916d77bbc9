/**
 * The door of a room with a lobby, from both sides: waiting until a host lets one in, and, for hosts, who waits. Both
 * repair themselves like every subscription; who waits knocks again on each new connection.
 */
import type { LobbyAsked, LobbyMessage, LobbyPassed, WaitChanged } from "../generated/events";
import type { Connection, Realtime, WireError } from "../realtime";

export type Waiting = LobbyAsked["waiting"];
type KnockAck = { ok: true; wait: string | null; state: WaitChanged["state"] } | { ok: false; error: WireError };

/** `rooms.lobby`: what `room.join` is answered with by a door that a host has to open. */
export const LOBBY = "rooms.lobby";
/** The same of a room from which the assembly that sits in it keeps one out: no host lets one in, the end of it does. */
export const KEPT_OUT = "rooms.kept_out";

export interface WaitListener {
  letIn(): void;
  /** The assembly keeps one out for now. */
  keptOut(): void;
  /** What hosts say to those who wait; empty for nothing. */
  said(message: string): void;
  /** Not let in; the server's words where it has some. */
  refused(title: string): void;
}

export class Wait {
  private following: (() => void) | undefined;
  private readonly unwatch: () => void;
  private closed = false;

  constructor(
    private readonly meeting: string,
    private readonly wire: Realtime,
    private readonly listener: WaitListener,
  ) {
    this.unwatch = wire.watch((connection: Connection) => {
      if (connection === "online") void this.knock();
    });
  }

  /** Go away from the door. */
  close(): void {
    if (this.closed) return;
    this.end();
    this.wire.call("room.stop_waiting", {}).catch(() => undefined);
  }

  private end(): void {
    this.closed = true;
    this.unwatch();
    this.following?.();
  }

  private async knock(): Promise<void> {
    let ack: KnockAck;
    try {
      ack = (await this.wire.call("room.knock", { meeting: this.meeting })) as KnockAck;
    } catch {
      return; // the next connection knocks again
    }
    if (this.closed) return;
    if (!ack.ok) this.over(() => { this.listener.refused(ack.error.title); });
    else if (ack.state === "let_in" || ack.wait === null) this.over(() => { this.listener.letIn(); });
    else this.follow(ack.wait);
  }

  private follow(wait: string): void {
    this.following?.();
    this.following = this.wire.subscribe<WaitChanged>(`wait:${wait}`, {
      onSnapshot: (now) => { this.turned(now); },
      onEvent: ({ data }) => { this.turned(data as WaitChanged); },
    });
  }

  private turned({ state, message }: WaitChanged): void {
    if (this.closed) return;
    if (state === "let_in") this.over(() => { this.listener.letIn(); });
    else if (state === "refused") this.over(() => { this.listener.refused(""); });
    else if (state === "kept_out") this.listener.keptOut();
    else this.listener.said(message);
  }

  private over(tell: () => void): void {
    this.end();
    tell();
  }
}

export interface Lobby {
  readonly waiting: readonly Waiting[];
  readonly message: string;
}

export const nobodyWaits: Lobby = { waiting: [], message: "" };

/** Follow who waits, as a host, until the returned function is called. */
export function watchLobby(meeting: string, wire: Realtime, changed: (now: Lobby, asked?: Waiting) => void): () => void {
  let now = nobodyWaits;
  const turn = (next: Lobby, asked?: Waiting): void => {
    now = next;
    changed(now, asked);
  };
  return wire.subscribe<Lobby>(`lobby:${meeting}`, {
    onSnapshot: (whole) => { turn(whole); },
    onEvent: ({ type, data }) => {
      if (type === "lobby.asked") {
        const { waiting } = data as LobbyAsked;
        turn({ ...now, waiting: [...now.waiting.filter(({ wait }) => wait !== waiting.wait), waiting] }, waiting);
      } else if (type === "lobby.passed") {
        const { wait } = data as LobbyPassed;
        turn({ ...now, waiting: now.waiting.filter((one) => one.wait !== wait) });
      } else if (type === "lobby.message") {
        turn({ ...now, message: (data as LobbyMessage).message });
      }
    },
  });
}
