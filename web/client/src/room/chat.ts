/** The meeting's chat: kept on the server, live through its topic, and what one writes is sent until it has arrived. */
import { ApiError, NetworkError, api, wordsFor } from "../api";
import { toast } from "../toast";
import type { Realtime } from "../realtime";
import type { WireEvent } from "../topic";
import { type ChatInput, type ChatState, type Message, say, silence } from "./messages";

interface Page {
  items: Message[];
  next: string | null;
}

const RETRY_MS = 3_000;

export class Chat {
  private state: ChatState = silence;
  private readonly leave: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly meeting: string,
    wire: Realtime,
    private readonly changed: (state: ChatState, posted: Message | null) => void,
  ) {
    this.leave = wire.subscribe<{ messages: Message[]; before: string | null }>(`chat:${meeting}`, {
      onSnapshot: ({ messages, before }) => {
        this.take({ kind: "snapshot", messages, before });
        this.sendAgain();
      },
      onEvent: (event: WireEvent) => {
        if (event.type !== "message.posted") return;
        const message = event.data as Message;
        this.take({ kind: "posted", message }, message);
      },
    });
  }

  close(): void {
    clearTimeout(this.timer);
    this.leave();
  }

  /** Write; rejects with an ApiError when the server does not want it, and then nothing is kept of it here. */
  async write(text: string, answered: Message | null = null): Promise<void> {
    const nonce = crypto.randomUUID();
    const reply = answered && { id: answered.id, author_name: answered.author_name, text: answered.text };
    this.take({ kind: "written", nonce, text, reply });
    await this.send(nonce, text, reply);
  }

  async older(): Promise<void> {
    if (this.state.before === null) return;
    const page = await api.get<Page>(`${this.path}?before=${this.state.before}`);
    this.take({ kind: "older", messages: page.items, before: page.next === null ? null : (page.items[0]?.id ?? null) });
  }

  private get path(): string {
    return `/api/v1/meetings/${this.meeting}/messages`;
  }

  private async send(nonce: string, text: string, reply: Message["reply"]): Promise<void> {
    try {
      const message = await api.post<Message>(this.path, { nonce, text, reply_to: reply?.id ?? null });
      this.take({ kind: "posted", message });
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) {
        this.take({ kind: "dropped", nonce });
        throw error;
      }
      if (!(error instanceof NetworkError) && !(error instanceof ApiError)) throw error;
      this.take({ kind: "failed", nonce });
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.sendAgain();
      }, RETRY_MS);
    }
  }

  private sendAgain(): void {
    for (const { nonce, text, reply, failed } of this.state.unsent) {
      // The nonce makes sending twice harmless.
      if (!failed) continue;
      this.send(nonce, text, reply).catch((error: unknown) => {
        toast(`${wordsFor(error)} « ${text} »`, { kind: "danger" });
      });
    }
  }

  private take(input: ChatInput, posted: Message | null = null): void {
    this.state = say(this.state, input);
    this.changed(this.state, posted);
  }
}
