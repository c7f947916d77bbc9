/**
 * A cell of the table that is changed in place. What is being typed stays, whatever others save meanwhile; it is saved on
 * top of that where the two do not meet, and shown beside it where they do.
 */
import { type TemplateResult, html, noChange, nothing } from "lit";
import { type ElementPart, Directive, type DirectiveResult, directive } from "lit/directive.js";
import { setCommittedValue } from "lit/directive-helpers.js";
import { StaleError } from "../api";
import { contentOf } from "./content";
import type { CardDetails, LiveBoard } from "./live";
import { type Content, merge } from "./merge";
import type { Card } from "./state";

export type CellChange = Partial<Pick<Content, "title" | "due">>;

/** Two versions of a card that meet in one place, and the one from which both began. */
export interface Clash {
  readonly base: CardDetails;
  readonly mine: Content;
  readonly theirs: CardDetails;
}

/** Save a cell; gives both versions where somebody else has changed the same thing. */
export async function saveCell(live: LiveBoard, seen: Card, change: CellChange): Promise<Clash | undefined> {
  try {
    await live.changeCard(seen, change);
    return undefined;
  } catch (error) {
    if (!(error instanceof StaleError)) throw error;
    const theirs = error.body.current as CardDetails;
    // What the row showed is what was changed; of the rest only the saved version matters.
    const base: CardDetails = { ...theirs, title: seen.title, due: seen.due };
    const mine = { ...contentOf(base), ...change };
    const { conflicts } = merge(contentOf(base), mine, contentOf(theirs));
    return conflicts.length > 0 ? { base, mine, theirs } : saveCell(live, theirs, change);
  }
}

/** What was there when somebody began to type in a field; nothing once it is saved. */
const begun = new WeakMap<Element, Card>();

class Kept extends Directive {
  render(value: string): string {
    return value;
  }

  override update(part: ElementPart, [value]: [string]): unknown {
    const input = part.element as HTMLInputElement;
    if (begun.has(input) || input.value === value) return noChange;
    setCommittedValue(part);
    return value;
  }
}

const kept: (value: string) => DirectiveResult = directive(Kept);

export interface CellDeeds {
  /** Save one field of a card as it was seen; gives whether the matter is settled. */
  change(seen: Card, change: CellChange): Promise<boolean>;
  /** What is shown has to be looked at again. */
  redraw(): void;
}

/** A field for the title or the due date of a card. */
export function cell(card: Card, field: "title" | "due", words: string, deeds: CellDeeds): TemplateResult {
  const of = (one: Card): string => one[field] ?? "";
  const type = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    if (!begun.has(input)) begun.set(input, card);
  };
  const leave = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const seen = begun.get(input);
    if (seen && input.value === of(seen)) begun.delete(input);
  };
  const change = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const seen = begun.get(input) ?? card;
    const typed = input.value.trim();
    if (field === "title" && typed === "") input.value = seen.title;
    else if (typed !== of(seen) && !(await deeds.change(seen, field === "due" ? { due: typed || null } : { title: typed }))) return;
    begun.delete(input);
    deeds.redraw();
  };
  return html`<input class="input" type=${field === "due" ? "date" : "text"} .value=${kept(of(card))} maxlength=${field === "due" ? nothing : "200"}
    aria-label=${words} @input=${type} @blur=${leave} @change=${change} />`;
}
