/** Reactions: what is shown on whose tile for a few seconds, and said to a screen reader, many of them in one breath. */
import { announce } from "../announce";
import type { Reacted } from "../generated/events";
import { t, tn } from "../i18n";

export type Reaction = Reacted["reaction"];

export const REACTIONS = ["agreed", "applause", "heart", "laughter", "surprise", "question"] as const satisfies readonly Reaction[];

export const SIGNS: Readonly<Record<Reaction, string>> = {
  agreed: "👍",
  applause: "👏",
  heart: "❤️",
  laughter: "😄",
  surprise: "😮",
  question: "❓",
};

const SHOWN_MS = 4_000;
const BREATH_MS = 1_500;

export class Reactions {
  /** By participant. */
  readonly shown = new Map<string, Reaction>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private unsaid: { name: string; reaction: Reaction }[] = [];
  private breath: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly changed: () => void) {}

  /** Somebody reacts; `name` is said. */
  take(participant: string, reaction: Reaction, name: string): void {
    clearTimeout(this.timers.get(participant));
    this.shown.set(participant, reaction);
    this.timers.set(
      participant,
      setTimeout(() => {
        this.shown.delete(participant);
        this.timers.delete(participant);
        this.changed();
      }, SHOWN_MS),
    );
    this.unsaid.push({ name, reaction });
    this.breath ??= setTimeout(() => this.#say(), BREATH_MS);
    this.changed();
  }

  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    clearTimeout(this.breath);
    this.breath = undefined;
    this.timers.clear();
    this.shown.clear();
    this.unsaid = [];
  }

  #say(): void {
    this.breath = undefined;
    announce(saying(this.unsaid));
    this.unsaid = [];
  }
}

export function saying(all: readonly { name: string; reaction: Reaction }[]): string {
  const [first] = all;
  const reactions = [...new Set(all.map(({ reaction }) => reaction))].map(reactionWords).join(", ");
  const names = new Set(all.map(({ name }) => name));
  if (first && names.size === 1) return t("%(name)s reacts: %(reaction)s", { name: first.name, reaction: reactions });
  return tn("%(count)s person reacts: %(reactions)s", "%(count)s people react: %(reactions)s", names.size, { reactions });
}

export function reactionWords(reaction: Reaction): string {
  switch (reaction) {
    case "agreed":
      return t("Thumbs up");
    case "applause":
      return t("Applause");
    case "heart":
      return t("Heart");
    case "laughter":
      return t("Laughter");
    case "surprise":
      return t("Surprise");
    case "question":
      return t("Question");
  }
}
