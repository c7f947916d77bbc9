/**
 * A part of a card that is changed in place, in the table or by a move between lanes: saved on top of what others saved
 * meanwhile where the two do not meet, and given with it where they do.
 */
import { StaleError } from "../api";
import { contentOf } from "./content";
import type { CardDetails, LiveBoard } from "./live";
import { type Change, type Content, changes, merge } from "./merge";
import type { Card } from "./state";

/** Two versions of a card that meet in one place, and the one from which both began. */
export interface Clash {
  readonly base: CardDetails;
  readonly mine: Content;
  readonly theirs: CardDetails;
}

/** Save a change of what was `seen`; gives both versions where somebody else has changed the same thing. */
export async function saveCell(live: LiveBoard, seen: Card, change: Change): Promise<Clash | undefined> {
  try {
    await live.changeCard(seen, change);
    return undefined;
  } catch (error) {
    if (!(error instanceof StaleError)) throw error;
    const theirs = error.body.current as CardDetails;
    // What the row showed is what was changed; of the rest only the saved version matters.
    const { title, start, due, assignees, units, labels, values } = seen;
    const base: CardDetails = { ...theirs, title, start, due, assignees, units, labels, values };
    const mine = changed(contentOf(base), change);
    const { merged, conflicts } = merge(contentOf(base), mine, contentOf(theirs));
    if (conflicts.length > 0) return { base, mine, theirs };
    const rest = changes(merged, contentOf(theirs));
    return Object.keys(rest).length === 0 ? undefined : saveCell(live, theirs, rest);
  }
}

/** A content with a change on top. Pure. */
export function changed(content: Content, { values, ...plain }: Change): Content {
  const said = Object.entries({ ...content.values, ...values }).flatMap(([id, one]) => (one === null ? [] : [[id, one]]));
  return { ...content, ...plain, values: Object.fromEntries(said) as Record<string, string> };
}
