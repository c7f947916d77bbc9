import { type PropertyValues, type TemplateResult, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { announce } from "../announce";
import { ApiError } from "../api";
import type { Participant } from "../generated/events";
import { LightElement } from "../elements/light";
import { t } from "../i18n";
import { realtime } from "../realtime";
import { toast } from "../toast";
import { Around } from "./around";
import { Call, type HostAct, Refusal, keptOutWords, reasonWords } from "./call";
import { type Network, type Slot, canShareScreen } from "./media";
import { type Lobby, Wait, nobodyWaits, watchLobby } from "./lobby";
import { type ChatState, type Message, silence } from "./messages";
import { canFloat } from "./floating";
import type { Owned } from "./own";
import { type Poll, accepted } from "./polls";
import { remember, remembered } from "./preferences";
import { Reactions } from "./reactions";
import { Sending } from "./sending";
import { type Command, Shortcuts } from "./shortcuts";
import { Meter, route } from "./sound";
import { Stage } from "./stage";
import { isSure } from "./sure";
import { tellChanges } from "./told";
import { followFloor } from "./turns";
import { type Panel, type RoomState, atTheDoor, isHost } from "./state";
import { connection } from "./views/connection";
import { type ControlActions, controls } from "./views/controls";
import { display } from "./views/display";
import { door } from "./views/door";
import { floating } from "./views/floating";
import * as panels from "./views/panels";
import { speaker } from "./views/floor";
import { people } from "./views/people";
import { polls } from "./views/polls";
import { streamOf } from "./views/streams";
import { onAir } from "./views/onair";
import { recording } from "./views/recording";
import { quality } from "./views/quality";
import { settings } from "./views/settings";
import { nameOf, pictureOf, tiles } from "./views/tiles";

/** <hc-room meeting heading person name>: the door of a meeting's room, and the room. */
@customElement("hc-room")
export class RoomElement extends LightElement {
  @property() meeting = "";
  @property() heading = "";
  @property() person = "";
  @property({ type: Boolean }) guest = false;
  /** Whether the meeting may be shown to the public. */
  @property({ type: Boolean }) public = false;

  @state() private room: RoomState = atTheDoor;
  @state() private owned!: Owned;
  @state() private chat: ChatState = silence;
  @state() private answered: Message | null = null;
  @state() private polls: readonly Poll[] = [];
  @state() private slots: readonly Slot[] = [];
  @state() private level = 0;
  @state() private network: Network["quality"] = 3;
  @state() private screen: MediaStreamTrack | null = null;
  @state() private present: readonly string[] | null = null;
  @state() private lobby: Lobby = nobodyWaits;
  @state() private said = "";

  private sending!: Sending;
  private call!: Call;
  private stage!: Stage;
  private around: Around | undefined;
  private wait: Wait | undefined;
  private leaveLobby: (() => void) | undefined;
  private readonly reactions = new Reactions(() => {
    this.requestUpdate();
  });
  private readonly shortcuts = new Shortcuts({
    isOn: () => this.usesKeys && this.room.phase === "in",
    command: (command) => this.command(command),
    talk: (on) => void this.sending.talk(on),
  });
  private readonly meter = new Meter((level) => {
    this.level = level;
  });
  private usesKeys = remembered().shortcuts;
  private opener: HTMLElement | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.call = new Call(this.meeting, realtime(), {
      onState: (now, before) => {
        this.turned(now, before);
      },
      onSlots: (slots) => {
        this.slots = slots;
      },
      onNetwork: ({ quality }) => {
        this.network = quality;
      },
      onSilenced: (label, by) => void this.sending.silenced(label, by),
      onReaction: (participant, reaction) => {
        const one = this.room.participants.find(({ id }) => id === participant);
        if (one) this.reactions.take(participant, reaction, nameOf(one));
      },
    }, this.guest);
    this.stage = new Stage(this, this.call, () => {
      this.requestUpdate();
    });
    this.sending = new Sending(this.call, (owned) => {
      this.owned = owned;
    });
    this.owned = this.sending.devices.now;
    const { microphone, camera } = remembered();
    this.call.take({ kind: "own", microphone, camera });
    this.listen();
    globalThis.addEventListener("pagehide", this.#hide);
    globalThis.addEventListener("pageshow", this.#shown);
    if (microphone) void this.sending.devices.open("microphone");
    if (camera) void this.sending.devices.open("camera");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    globalThis.removeEventListener("pagehide", this.#hide);
    globalThis.removeEventListener("pageshow", this.#shown);
    this.stage.close();
    this.meter.close();
    this.shortcuts.close();
    this.reactions.close();
    this.around?.close();
    this.leaveLobby?.();
    this.wait?.close();
    this.call.close();
    this.sending.devices.closeAll();
  }

  private listen(): void {
    this.around?.close();
    if (this.guest) return;
    this.around = new Around(
      this.meeting,
      realtime(),
      (names) => {
        this.present = names;
      },
      (chat, posted) => {
        this.chat = chat;
        if (posted) this.posted(posted);
      },
      (list, event, poll) => {
        this.polls = list;
        if (event && poll) this.polled(event, poll);
      },
    );
  }

  #hide = (): void => {
    this.call.leave();
  };

  /** The way back found the page as it was left, without a connection. */
  #shown = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) location.reload();
  };

  protected override render(): TemplateResult {
    return this.room.phase === "in" ? this.renderRoom() : this.renderDoor();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("room") || changed.has("owned")) this.listenToOneself();
    // a loudspeaker that was unplugged since: the browser's own choice
    route(this.querySelectorAll("audio"), this.owned.chosen.speaker, () => {
      this.sending.devices.chooseSpeaker("");
    });
    if (this.room.phase === "in") this.stage.settle();
    if (changed.has("chat") || changed.has("room")) this.scrollChat();
  }

  private renderDoor(): TemplateResult {
    const { phase, reason, refusal, microphone, camera } = this.room;
    const outside = phase === "left" || phase === "out";
    const notice = phase === "refused" ? refusal : outside ? reasonWords(reason) : "";
    return door(
      {
        heading: this.heading,
        meeting: this.meeting,
        back: this.guest ? "" : `/meetings/${this.meeting}`,
        owned: this.owned,
        level: this.level,
        microphone,
        camera,
        joining: phase === "joining",
        waiting: phase === "waiting" ? this.said : null,
        notice,
        canJoin: reason !== "removed" && reason !== "closed",
        present: this.present,
      },
      {
        join: () => void this.join(),
        stop: () => {
          this.call.leave();
        },
        toggle: (kind) => void this.sending.toggle(kind),
        choose: (kind, id) => void this.sending.choose(kind, id),
      },
    );
  }

  private renderRoom(): TemplateResult {
    const { room } = this;
    const pictures = { slots: this.slots, camera: room.camera ? this.owned.camera : null, screen: this.screen };
    const composed = this.stage.compose(room);
    const bar = this.bar();
    const { main, floating: small } = this.stage;
    if (small.isOpen && main) small.show(main.id, floating(main, pictureOf(main, pictures), room, bar));
    return html`<div class="room ${room.panel ? "with-panel" : ""}">
      <header class="room__head">
        <h1 tabindex="-1">${this.heading}</h1>
        ${speaker(room, (act) => void this.host(act))} ${connection(room.connected, this.network, room.lines.find(({ participant }) => participant === room.me))}
        ${onAir(room, this.public, (act) => void this.host(act))} ${recording(room, (act) => void this.host(act), () => { this.call.leave(); })}
        ${this.renderDisplay()}
      </header>
      <main class="room__stage" id="content">
        ${tiles({ ...composed, ...pictures, reactions: this.reactions.shown }, {
          pin: (tile) => this.stage.pin(tile),
          turn: (by) => this.stage.turn(by),
        })}
      </main>
      ${room.panel ? this.renderPanel(room.panel) : nothing}
      ${controls(room, { canShare: canShareScreen(), hasChat: !this.guest, waiting: this.lobby.waiting.length }, bar)}
      ${settings(this.owned, this.usesKeys, {
        choose: (kind, id) => void this.sending.choose(kind, id),
        shortcuts: (on) => {
          this.usesKeys = remember({ shortcuts: on }).shortcuts;
        },
      })}
      ${this.slots
        .filter(({ kind }) => kind === "audio")
        .map(({ media }) => html`<audio autoplay .srcObject=${streamOf(media)}></audio>`)}
    </div>`;
  }

  private bar(): ControlActions {
    return {
      microphone: () => void this.sending.toggle("microphone"),
      camera: () => void this.sending.toggle("camera"),
      share: () => void this.sending.share(),
      hand: () => void this.hand(!this.room.hands.includes(this.room.me)),
      react: (reaction) => void this.asking(this.call.react(reaction)),
      panel: (panel) => {
        this.open(panel);
      },
      leave: () => {
        this.call.leave();
      },
    };
  }

  private command(command: Command): void {
    const bar = this.bar();
    if (command === "help") this.querySelector<HTMLDialogElement>(".room-settings")?.showModal();
    else if (command === "arrange") this.stage.arrangeNext();
    else if (command === "people") bar.panel("people");
    else if (command === "chat" && !this.guest) bar.panel("chat");
    else if (command === "share" && canShareScreen()) bar.share();
    else if (command === "microphone" || command === "camera" || command === "hand") bar[command]();
  }

  private renderDisplay(): TemplateResult {
    const { arrangement, hidesSelf, floating: small } = this.stage;
    return display({ arrangement, hidesSelf, floats: canFloat() ? small.isOpen : null }, {
      arrange: (arrangement) => this.stage.arrangeAs(arrangement),
      hideSelf: (hides) => this.stage.hideSelf(hides),
      float: () => void this.stage.float(),
      settings: () => this.command("help"),
    });
  }

  private renderPanel(which: Panel): TemplateResult {
    const close = (): void => {
      this.open(null);
    };
    if (which === "people") {
      const { meeting } = this;
      const content = people(this.room, this.lobby, {
        letIn: (wait) => void this.host({ type: "let_in", meeting, wait }),
        refuse: ({ wait }) => void this.host({ type: "refuse", meeting, wait }),
        tellWaiting: (text) => void this.host({ type: "tell_waiting", meeting, text }),
        lower: (participant) => void this.hand(false, participant),
        host: (act, one) => void this.host(act, one),
        quality: () => {
          this.open("quality");
        },
      });
      return panels.panel(t("People"), close, content);
    }
    if (which === "quality") return panels.panel(t("Connection quality"), close, quality(this.room));
    const asked = this.around?.polls;
    return panels.panel(
      t("Chat"),
      close,
      html`${asked &&
      polls(this.polls, isHost(this.room), {
        ask: (input) => accepted(asked.ask(input)),
        vote: ({ id }, choices) => void accepted(asked.vote(id, choices)),
        end: ({ id }) => void accepted(asked.end(id)),
      })}
      ${panels.chat(this.chat, this.person, this.answered, {
        write: (text) => void this.write(text),
        older: () => void this.around?.chat.older(),
        answer: (message) => {
          this.answered = message;
          this.querySelector<HTMLElement>("#room-message")?.focus();
        },
      })}`,
    );
  }

  private async join(): Promise<void> {
    const microphone = this.room.microphone ? this.owned.microphone : null;
    const camera = this.room.camera ? this.owned.camera : null;
    this.call.take({ kind: "own", microphone: microphone !== null, camera: camera !== null });
    await this.call.join(microphone, camera);
  }

  private async hand(raised: boolean, participant: string | null = null): Promise<void> {
    await this.asking(this.call.hand(raised, participant === this.room.me ? null : participant));
  }

  /** What a host does; what cannot be taken back at once is asked about first. */
  private async host(act: HostAct, one?: Participant): Promise<void> {
    if (!(await isSure(act, one))) return;
    await this.asking(this.call.host(act));
  }

  private async asking(asked: Promise<void>): Promise<void> {
    try {
      await asked;
    } catch (error) {
      if (error instanceof TypeError) throw error;
      const said = error instanceof Refusal ? error.title : t("The server did not answer: nothing was changed. Please try again.");
      toast(said, { kind: "danger" });
    }
  }

  private async write(text: string): Promise<void> {
    try {
      const { answered } = this;
      this.answered = null;
      await this.around?.chat.write(text, answered);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message, { kind: "danger" });
    }
  }

  /** A poll that is new or over: said, and counted like a message. */
  private polled(event: "asked" | "closed", poll: Poll): void {
    if (this.room.phase !== "in") return;
    announce(event === "asked" ? t("New poll: %(question)s", { question: poll.question }) : t("The poll is closed: %(question)s", { question: poll.question }));
    this.call.take({ kind: "message", mine: false });
  }

  private open(which: Panel | null): void {
    const panel = which === this.room.panel ? null : which;
    // a panel that another one opened gives the focus back to the bar
    if (panel && this.room.panel === null) this.opener = document.activeElement as HTMLElement | null;
    if ((panel === "quality") !== (this.room.panel === "quality")) this.call.watch(panel === "quality");
    this.call.take({ kind: "panel", panel });
    void this.updateComplete.then(() => {
      if (panel) this.querySelector<HTMLElement>(panel === "chat" ? "#room-message" : "#room-panel-title")?.focus();
      else this.opener?.focus();
    });
  }

  private turned(now: RoomState, before: RoomState): void {
    this.room = now;
    this.stage.follow(now);
    this.screen = this.call.screen;
    if (now.phase !== before.phase) this.movedTo(now, before);
    if (now.phase !== "in" || before.phase !== "in") return;
    tellChanges(now, before);
    const opens = followFloor(now, before);
    if (opens !== null && opens !== now.microphone) void this.sending.toggle("microphone");
  }

  private movedTo(now: RoomState, before: RoomState): void {
    const { phase } = now;
    this.wait?.close();
    this.wait = undefined;
    if (phase === "waiting") this.queue();
    this.leaveLobby?.();
    this.leaveLobby = phase === "in" && isHost(now) ? this.watchDoor() : undefined;
    if (phase === "in") {
      if (this.present === null) this.listen();
      announce(t("You are in the meeting."));
      void this.updateComplete.then(() => this.querySelector<HTMLElement>("h1")?.focus());
    } else if (before.phase === "in") {
      this.slots = [];
      void this.updateComplete.then(() => {
        const button = this.querySelector<HTMLElement>(".door__join") ?? this.querySelector<HTMLElement>(".door__back");
        button?.focus();
      });
    }
  }

  /** Wait until a host opens, then come in with what the devices are by then. */
  private queue(): void {
    this.said = "";
    announce(t("Please wait: somebody who organises the meeting will let you in."));
    this.wait = new Wait(this.meeting, realtime(), {
      letIn: () => void this.join(),
      keptOut: () => {
        this.said = keptOutWords();
      },
      said: (message) => {
        this.said = message;
      },
      refused: (title) => {
        this.call.take({ kind: "refused", title: title || t("Those who organise the meeting did not let you in.") });
      },
    });
  }

  private watchDoor(): () => void {
    return watchLobby(this.meeting, realtime(), (lobby, asked) => {
      this.lobby = lobby;
      if (asked) toast(t("%(name)s is waiting to be let in.", { name: asked.name }), { kind: "info" });
    });
  }

  private posted(message: Message): void {
    const mine = message.author_id === this.person;
    if (!mine && this.room.phase === "in") {
      announce(t("%(name)s writes: %(text)s", { name: message.author_name, text: message.text }));
    }
    this.call.take({ kind: "message", mine });
  }

  /** The meter of one's voice runs at the door alone. */
  private listenToOneself(): void {
    this.meter.follow(this.room.phase === "in" || !this.room.microphone ? null : this.owned.microphone);
  }

  private scrollChat(): void {
    const log = this.querySelector<HTMLElement>(".room-chat");
    if (log) log.scrollTop = log.scrollHeight;
  }
}
