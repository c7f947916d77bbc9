/** What one knows of a room without being in it: who is there, its chat and its polls. Whoever waits knows none of it. */
import type { Realtime } from "../realtime";
import { Chat } from "./chat";
import type { ChatState, Message } from "./messages";
import { Polls } from "./polls";

type Present = readonly { visit: string; name: string }[];

export class Around {
  readonly chat: Chat;
  readonly polls: Polls;
  private present: Present | null = null;
  private readonly leave: () => void;

  constructor(
    meeting: string,
    wire: Realtime,
    /** The names of those who are in the room, each once; null for who may not know. */
    presentChanged: (names: readonly string[] | null) => void,
    chatChanged: (state: ChatState, posted: Message | null) => void,
    pollsChanged: ConstructorParameters<typeof Polls>[2],
  ) {
    this.chat = new Chat(meeting, wire, chatChanged);
    this.polls = new Polls(meeting, wire, pollsChanged);
    const turn = (present: Present | null): void => {
      this.present = present;
      presentChanged(present && [...new Set(present.map(({ name }) => name))]);
    };
    this.leave = wire.subscribe<{ present: Present }>(`room:${meeting}`, {
      onSnapshot: ({ present }) => {
        turn(present);
      },
      onEvent: ({ type, data }) => {
        const { visit, name = "" } = data as { visit: string; name?: string };
        const others = (this.present ?? []).filter((one) => one.visit !== visit);
        turn(type === "room.entered" ? [...others, { visit, name }] : others);
      },
      onGone: () => {
        turn(null);
      },
    });
  }

  close(): void {
    this.leave();
    this.chat.close();
    this.polls.close();
  }
}
