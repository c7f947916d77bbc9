/** The meeting's polls as this page knows them: told on their topic, voted in over HTTP; what one chose stays one's own. */
import { api, wordsFor } from "../api";
import type { PollChanged } from "../generated/events";
import type { Realtime } from "../realtime";
import { toast } from "../toast";
import type { WireEvent } from "../topic";

export type PollShown = PollChanged["poll"];
export type Poll = PollShown & { voted: boolean; mine: number[] | null };

export interface PollInput {
  question: string;
  options: string[];
  anonymous: boolean;
  live: boolean;
  multiple: boolean;
  minutes: number | null;
}

/** The list with this one in it, newest first; what one has voted is kept where the server does not say it. */
export function put(polls: readonly Poll[], shown: PollShown & Partial<Poll>): Poll[] {
  const before = polls.find(({ id }) => id === shown.id);
  const poll: Poll = { voted: before?.voted ?? false, mine: before?.mine ?? null, ...shown };
  return [poll, ...polls.filter(({ id }) => id !== shown.id)].sort((a, b) => (a.id < b.id ? 1 : -1));
}

export class Polls {
  private polls: readonly Poll[] = [];
  private readonly leave: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly meeting: string,
    wire: Realtime,
    private readonly changed: (polls: readonly Poll[], event: "asked" | "closed" | null, poll: Poll | null) => void,
  ) {
    this.leave = wire.subscribe<{ polls: Poll[] }>(`polls:${meeting}`, {
      onSnapshot: ({ polls }) => {
        this.set([...polls].reverse());
      },
      onEvent: ({ type, data }: WireEvent) => {
        if (type === "poll.changed") this.take((data as PollChanged).poll);
      },
    });
  }

  close(): void {
    clearTimeout(this.timer);
    this.leave();
  }

  /** Rejects with an ApiError where the server refuses, as the two below. */
  async ask(input: PollInput): Promise<void> {
    this.take(await api.post<Poll>(this.path, input));
  }

  async vote(poll: string, choices: number[]): Promise<void> {
    this.take(await api.put<Poll>(`${this.path}/${poll}/vote`, { choices }));
  }

  async end(poll: string): Promise<void> {
    this.take(await api.put<Poll>(`${this.path}/${poll}/closing`, {}));
  }

  private get path(): string {
    return `/api/v1/meetings/${this.meeting}/polls`;
  }

  private take(shown: PollShown & Partial<Poll>): void {
    const before = this.polls.find(({ id }) => id === shown.id);
    const polls = put(this.polls, shown);
    const event = before === undefined ? "asked" : shown.closed && !before.closed ? "closed" : null;
    this.set(polls, event, polls.find(({ id }) => id === shown.id) ?? null);
  }

  private set(polls: readonly Poll[], event: "asked" | "closed" | null = null, poll: Poll | null = null): void {
    this.polls = polls;
    this.changed(polls, event, poll);
    this.wait();
  }

  /** The time of a poll closes it without a word from the server: what is shown then must be asked for. */
  private wait(): void {
    clearTimeout(this.timer);
    const times = this.polls.flatMap(({ closed, closes_at }) => (closed || closes_at === null ? [] : [Date.parse(closes_at)]));
    if (times.length === 0) return;
    const delay = Math.min(Math.max(Math.min(...times) - Date.now(), 0) + 1000, 2 ** 31 - 1);
    this.timer = setTimeout(() => void this.look(), delay);
  }

  private async look(): Promise<void> {
    try {
      const { items } = await api.get<{ items: Poll[] }>(this.path);
      for (const poll of items) this.take(poll);
    } catch (error) {
      if (error instanceof TypeError) throw error; // else the network is away: the next snapshot says it
    }
  }
}

/** Whether the server took it; its refusal is said. */
export async function accepted(asked: Promise<void>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (error instanceof TypeError) throw error;
    toast(wordsFor(error), { kind: "danger" });
    return false;
  }
}
