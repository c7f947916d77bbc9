/** What one knows of a room without being in it: who is there, and its chat. Whoever waits to be let in knows neither. */
import type { Realtime } from "../realtime";
import { Chat } from "./chat";
import type { ChatState, Message } from "./messages";

type Present = readonly { visit: string; name: string }[];

export class Around {
  readonly chat: Chat;
  private present: Present | null = null;
  private readonly leave: () => void;

  constructor(
    meeting: string,
    wire: Realtime,
    /** The names of those who are in the room, each once; null for who may not know. */
    presentChanged: (names: readonly string[] | null) => void,
    chatChanged: (state: ChatState, posted: Message | null) => void,
  ) {
    this.chat = new Chat(meeting, wire, chatChanged);
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
  }
}
