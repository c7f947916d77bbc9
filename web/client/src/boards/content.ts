/** What a card says, as the form and the merge take it. Pure. */
import type { CardDetails } from "./live";
import type { Content } from "./merge";
import type { Card } from "./state";

/** What a card says in the fields of its board, somebody by their id. */
export function saidIn(values: Card["values"]): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([field, said]) => [field, typeof said === "string" ? said : said.id]));
}

export function contentOf({ title, description, start, due, assignees, units, labels, members, hidden, values }: CardDetails): Content {
  const ids = (things: readonly { id: string }[]): string[] => things.map(({ id }) => id);
  return { title, description, start, due, assignees: ids(assignees), units: ids(units), labels, members: ids(members), hidden, values: saidIn(values) };
}
