/** What a card says, as the form and the merge take it. Pure. */
import type { CardDetails } from "./live";
import type { Content } from "./merge";

export function contentOf({ title, description, start, due, assignees, units, labels, members, hidden }: CardDetails): Content {
  const ids = (things: readonly { id: string }[]): string[] => things.map(({ id }) => id);
  return { title, description, start, due, assignees: ids(assignees), units: ids(units), labels, members: ids(members), hidden };
}
