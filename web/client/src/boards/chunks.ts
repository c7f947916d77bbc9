/**
 * The cards of a column in parts: what is out of sight is neither laid out nor painted, part by part, and of a long
 * column only the first part is there at once. Ten thousand boxes cost a frame more than it has, even when all are empty.
 */
import { type TemplateResult, html } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import type { Card } from "./state";

const PART = 25;
const MORE = 1;

export const partsOf = (cards: readonly Card[]): number => Math.ceil(cards.length / PART);

/** The first `ready` parts of the cards. `on`: what the look of every card depends on besides itself. */
export function inParts(cards: readonly Card[], ready: number, on: readonly unknown[], show: (card: Card) => TemplateResult): TemplateResult[] {
  const count = partsOf(cards);
  return Array.from({ length: Math.min(count, ready) }, (_, part) => {
    const here = cards.slice(part * PART, (part + 1) * PART);
    return html`<div class="board-part" ?data-many=${count > 1}>${guard([...here, ...on], () => repeat(here, ({ id }) => id, (card) => guard([card, ...on], () => show(card))))}</div>`;
  });
}

/** Ask for more parts, whenever there is time for it, until all `count()` of them are there. */
export function growing(ready: number, count: () => number, show: (ready: number) => void): void {
  const later = (what: () => void): unknown => (typeof requestIdleCallback === "function" ? requestIdleCallback(what) : setTimeout(what));
  later(() => {
    if (ready >= count()) return;
    show(ready + MORE);
    growing(ready + MORE, count, show);
  });
}
