/**
 * One's place in a room: signalling over Socket.IO, the media session, and the state that views render. Whatever breaks
 * (socket, network, server), it works on being back in the room without a click.
 */
import type { RoomEvent, TrackView, Welcome } from "../generated/events";
import { t } from "../i18n";
import type { Connection, Realtime, WireError } from "../realtime";
import { ALL_SEEN, type View } from "./attention";
import { KEPT_OUT, LOBBY } from "./lobby";
import { MOST_PICTURES, assign, spokenLast, tilesOf, wanted } from "./layout";
import {
  type MediaReply,
  type MediaRequest,
  MediaSession,
  NOT_ADMITTED,
  type Network,
  SignalError,
  type Slot,
  openScreen,
} from "./media";
import { agreeing } from "./recorded";
import type { Reaction } from "./reactions";
import { type RoomInput, type RoomState, atTheDoor, reduce } from "./state";

type Ack = ({ ok: true } & Partial<Welcome> & MediaReply) | { ok: false; error: WireError };

/** Pictures there is room for from the start, so that the first people to come renegotiate nothing. */
const FIRST_SLOTS = 4;
const ACK_MS = 5_000;
/** While the media path is silent: a connection that is just as dead would not say so for a minute. */
const HASTE_MS = 1_000;
const RETRY_MS = 1_000;
const REPORT_MS = 5_000;
/** Until tiles have been measured. */
const UNMEASURED = { person: 360, screen: 720 };
/** More is not sent, whatever the window. */
const TALLEST = 4320;

export type Label = TrackView["label"];
export type HostAct =
  | { type: "silence"; label: Label; participant: string | null }
  | { type: "send_out"; participant: string; back: boolean }
  | { type: "lock"; locked: boolean }
  | { type: "turn"; participant: string | null; next: boolean }
  | { type: "floor"; fair: boolean; opens: boolean; limit: number | null }
  | { type: "let_in"; meeting: string; wait: string | null }
  | { type: "refuse"; meeting: string; wait: string }
  | { type: "tell_waiting"; meeting: string; text: string }
  | { type: "record" | "broadcast"; on: boolean }
  | { type: "consent"; agrees: boolean }
  | { type: "end" };

export interface CallListener {
  onState(state: RoomState, before: RoomState): void;
  onSlots(slots: readonly Slot[]): void;
  onNetwork(network: Network): void;
  /** A host stopped what one sends. */
  onSilenced(label: Label, by: string): void;
  onReaction(participant: string, reaction: Reaction): void;
}

export class Call {
  private state: RoomState = atTheDoor;
  private session: MediaSession | undefined;
  private online = false;
  private resuming = false;
  private hurried = false;
  private slots: (string | null)[] = [];
  private heights: ReadonlyMap<string, number> = new Map();
  private view: View = ALL_SEEN;
  private spoke: readonly string[] = [];
  private shown: MediaStreamTrack | null = null;
  private shownSound: MediaStreamTrack | null = null;
  private suffered = unhurt();
  private readonly stop: (() => void)[];

  constructor(
    private readonly meeting: string,
    private readonly wire: Realtime,
    private readonly listener: CallListener,
    /** A guest is nobody any more when their link ends, and cannot sign in again. */
    private readonly guest = false,
  ) {
    this.stop = [
      wire.on("room.event", (message: RoomEvent) => {
        this.heard(message);
      }),
      wire.watch((connection) => {
        this.turned(connection);
      }),
    ];
  }

  get now(): RoomState {
    return this.state;
  }

  /** The screen one shares. */
  get screen(): MediaStreamTrack | null {
    return this.shown;
  }

  /** Enter with these tracks; null sends nothing. */
  async join(microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null): Promise<void> {
    this.session?.leave();
    this.slots = Array.from({ length: FIRST_SLOTS }, () => null);
    this.take({ kind: "joining" });
    const session = (this.session = new MediaSession({
      signal: (message) => this.signal(message),
      publish: true,
      onState: (state) => {
        if (session !== this.session) return;
        if (state === "connected") this.hurried = false;
        this.take({ kind: "media", state });
      },
      onSlots: (slots) => {
        this.listener.onSlots([...slots]);
      },
      onNetwork: (network) => {
        this.listener.onNetwork(network);
        this.report(network);
      },
    }));
    try {
      await session.join({ microphone, camera }, FIRST_SLOTS);
    } catch (error) {
      // A refusal is in the state already; anything else the session goes on trying by itself.
      if (!(error instanceof SignalError)) throw error;
    }
    this.show();
  }

  leave(): void {
    if (this.state.me) this.tell("room.leave", {});
    this.end();
    this.take({ kind: "left" });
  }

  close(): void {
    this.leave();
    for (const stop of this.stop) stop();
  }

  async send(label: "microphone" | "camera", track: MediaStreamTrack | null): Promise<void> {
    this.take({ kind: "own", [label]: track !== null });
    await this.session?.set(label, track).catch(ignoreLost);
  }

  /** Share a screen, or stop; throws what the device says when none was given. */
  async share(on: boolean): Promise<void> {
    const given = on ? await openScreen() : null;
    this.stopScreen();
    if (given && this.state.phase !== "in") {
      // one has left, or was put out, while the browser asked which screen
      given.screen.stop();
      given.sound?.stop();
      return;
    }
    given?.screen.addEventListener("ended", () => void this.share(false));
    this.shown = given?.screen ?? null;
    this.shownSound = given?.sound ?? null;
    this.take({ kind: "own", sharing: given !== null });
    await this.session?.share(given?.screen ?? null, given?.sound ?? null).catch(ignoreLost);
  }

  /** How high the tiles (by id) are, in device pixels: nobody is sent more than they can see. */
  setHeights(measured: ReadonlyMap<string, number>): void {
    const heights = new Map([...measured].map(([tile, height]) => [tile, stepped(height)]));
    const same = heights.size === this.heights.size && [...heights].every(([tile, height]) => this.heights.get(tile) === height);
    if (same) return;
    this.heights = heights;
    this.show();
  }

  /** What the person can see: pictures of the rest are not sent. */
  look(view: View): void {
    this.view = view;
    this.show();
  }

  take(input: RoomInput): void {
    const before = this.state;
    this.state = reduce(before, input);
    if (this.state === before) return;
    if (this.state.phase === "out") this.end();
    if (this.state.speaking !== before.speaking) this.spoke = spokenLast(this.spoke, this.state.speaking);
    const { tracks, participants, speaking } = this.state;
    const crowded = tracks.length > MOST_PICTURES;
    if (tracks !== before.tracks || participants !== before.participants || (crowded && speaking !== before.speaking)) {
      this.show();
    }
    this.listener.onState(this.state, before);
    if (this.state.stale && !before.stale) void this.resume();
  }

  /** Every few seconds: how sound and picture were for this browser. */
  private report({ freezes, frozen, concealed }: Network): void {
    const sum = this.suffered;
    this.suffered = {
      ...sum,
      freezes: sum.freezes + freezes,
      frozen: sum.frozen + frozen,
      concealed: sum.concealed + concealed,
      readings: sum.readings + 1,
    };
    if (performance.now() - sum.since < REPORT_MS || this.state.phase !== "in") return;
    const { readings, ...all } = this.suffered;
    this.suffered = unhurt();
    this.tell("room.report", {
      freezes: Math.min(1000, all.freezes),
      frozen: Math.min(600, all.frozen),
      concealed: all.concealed / readings,
    });
  }

  /** Raise one's hand or lower it; a host lowers that of another. */
  async hand(raised: boolean, participant: string | null = null): Promise<void> {
    await this.ask("room.hand", { raised, participant });
  }

  /** Show everybody a sign; throws a Refusal where there were too many. */
  async react(reaction: Reaction): Promise<void> {
    await this.ask("room.react", { reaction });
  }

  /** What hosts do; it is done when this resolves, and throws a Refusal with the reason. */
  async host(act: HostAct): Promise<void> {
    const { type, ...body } = act;
    await this.ask(`room.${type}`, body);
  }

  /** A host begins or ends to look at everybody's connection. */
  watch(on: boolean): void {
    this.tell("room.watch", { on });
  }

  private end(): void {
    this.session?.leave();
    this.session = undefined;
    this.stopScreen();
  }

  private stopScreen(): void {
    this.shown?.stop();
    this.shownSound?.stop();
    this.shown = this.shownSound = null;
  }

  private heard(message: RoomEvent): void {
    if (message.meeting !== this.meeting) return;
    if (message.event.type === "slots") this.session?.heard(message.event.slots);
    else if (message.event.type === "silenced") this.listener.onSilenced(message.event.label, message.event.by);
    else if (message.event.type === "reacted") this.listener.onReaction(message.event.participant, message.event.reaction);
    else this.take({ kind: "event", event: message });
    // The engine lost us: ICE would take seconds to notice.
    // Kept out by the assembly: one waits in the lobby, and is let in again by itself.
    if (message.event.type === "put_out" && message.event.reason === "kept_out") this.take({ kind: "waiting" });
    if (message.event.type === "put_out" && message.event.reason === "lost") void this.session?.recover();
  }

  /** Ask for the pictures of the others. */
  private show(): void {
    const session = this.session;
    if (!session || this.state.phase !== "in") return;
    const tiles = tilesOf(this.state);
    const next = assign(this.slots, wanted(tiles, this.view, this.spoke));
    this.slots = next;
    const wishes = next.map((track) => {
      const tile = tiles.find((one) => one.track === track);
      return track === null || !tile ? null : { track, height: this.heights.get(tile.id) ?? UNMEASURED[tile.kind] };
    });
    void session.show(wishes).catch(ignoreLost);
  }

  private turned(connection: Connection): void {
    if (connection === "signed-out" && this.guest) {
      this.end();
      this.take({ kind: "refused", title: t("Your link to this meeting is not valid any more.") });
      return;
    }
    const back = connection === "online" && !this.online;
    this.online = connection === "online";
    if (back && this.state.phase === "in") void this.resume();
  }

  /** The socket is another one, or something was missed: say who one is and get the whole. */
  private async resume(): Promise<void> {
    if (this.resuming || this.state.phase !== "in") return;
    this.resuming = true;
    try {
      const welcome = await this.ask("room.resume", { meeting: this.meeting, participant: this.state.me });
      this.welcomed(welcome);
      this.session?.renew(welcome.servers ?? []);
    } catch (error) {
      // The server has forgotten us: the media session finds the same and joins anew.
      if (!(error instanceof SignalError)) {
        setTimeout(() => void this.resume(), RETRY_MS);
        return;
      }
    } finally {
      this.resuming = false;
    }
    await this.session?.recover();
  }

  private async signal(message: MediaRequest): Promise<MediaReply> {
    if (message.type === "join") {
      const previous = this.state.me || null;
      try {
        const welcome = await agreeing((recorded) => this.ask("room.join", { meeting: this.meeting, previous, recorded }));
        this.welcomed(welcome);
        return { servers: welcome.servers ?? [] };
      } catch (error) {
        if (error instanceof Refusal) this.take(error.code === LOBBY || error.code === KEPT_OUT ? { kind: "waiting" } : { kind: "refused", title: error.title });
        throw error;
      }
    }
    const { type, ...body } = message;
    return this.ask(`room.${type}`, body);
  }

  private welcomed(ack: Partial<Welcome>): void {
    if (ack.participant === undefined || ack.room === undefined) return;
    if (this.state.panel === "quality") this.watch(true);
    this.take({ kind: "welcome", welcome: { participant: ack.participant, room: ack.room, servers: ack.servers ?? [] } });
  }

  private async ask(event: string, body: unknown): Promise<Partial<Welcome> & MediaReply> {
    // A message that waits for the next socket would be told to a server that has forgotten what it is about.
    if (!this.online) throw new Error("offline");
    const ack = (await this.soon(event, body)) as Ack;
    if (ack.ok) return ack;
    if ((ack.error.status ?? 500) >= 500) throw new Error(ack.error.code);
    throw ack.error.code === NOT_ADMITTED ? new SignalError(NOT_ADMITTED) : new Refusal(ack.error.code, ack.error.title);
  }

  /** The first question after the media were lost is answered soon, or another connection is tried: once, for a line may
   * just be slow. */
  private async soon(event: string, body: unknown): Promise<unknown> {
    const hurry = !this.hurried && this.session?.state === "reconnecting";
    try {
      return await this.wire.call(event, body, hurry ? HASTE_MS : ACK_MS);
    } catch (error) {
      if (hurry && !this.hurried) {
        this.hurried = true;
        this.wire.renew();
      }
      throw error;
    }
  }

  /** Say something whose answer nobody waits for. */
  private tell(event: string, body: unknown): void {
    if (this.online) this.wire.call(event, body, ACK_MS).catch(ignoreLost);
  }
}

const unhurt = () => ({ freezes: 0, frozen: 0, concealed: 0, readings: 0, since: performance.now() });

/** In steps, so that a window that is being resized does not ask anew at every pixel. */
const stepped = (height: number): number => Math.min(Math.max(90, Math.round(height / 90) * 90), TALLEST);

/** The server says no, and why. */
export class Refusal extends SignalError {
  constructor(
    code: string,
    readonly title: string,
  ) {
    super(code);
  }
}

/** What does not arrive while the connection is away is said again by the session when it is back. */
function ignoreLost(error: unknown): void {
  if (error instanceof TypeError) throw error;
}

/** That the assembly which sits in the room keeps one out of it for now. */
export function keptOutWords(): string {
  return t("The assembly keeps you out of its room for now: you withdrew from what is discussed, or it sits in closed session. You are let in again when that is over. Your vote on other items stays yours.");
}

/** Why one is outside, in words. */
export function reasonWords(reason: RoomState["reason"]): string {
  switch (reason) {
    case "kept_out":
      return keptOutWords();
    case "removed":
      return t("You can no longer take part in this meeting.");
    case "sent_out":
      return t("Somebody who organises the meeting has put you out of the room. You may come back.");
    case "ended":
      return t("The meeting was ended for everybody.");
    case "closed":
      return t("This meeting is cancelled.");
    case "lost":
      return t("The connection was lost for too long.");
    case "left":
    case null:
      return t("You have left the meeting.");
  }
}

/** What a host did to what one sends, in words. */
export function silencedWords(label: Label, by: string): string {
  switch (label) {
    case "microphone":
      return t("%(name)s has switched your microphone off. You can switch it on again.", { name: by });
    case "camera":
      return t("%(name)s has switched your camera off. You can switch it on again.", { name: by });
    case "screen":
    case "screen_sound":
      return t("%(name)s has stopped your shared screen.", { name: by });
  }
}
