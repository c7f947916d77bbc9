/**
 * Two people's changes of one card, brought together, pure: fields one by one, descriptions by lines, people, services,
 * labels and members one by one. What both changed in the same place is for the person to decide.
 */
export interface Content {
  readonly title: string;
  readonly description: string;
  readonly start: string | null;
  readonly due: string | null;
  readonly assignees: readonly string[];
  readonly units: readonly string[];
  readonly labels: readonly string[];
  readonly members: readonly string[];
  readonly hidden: boolean;
}

export const FIELDS = ["title", "description", "start", "due", "assignees", "units", "labels", "members", "hidden"] as const;
export type Field = (typeof FIELDS)[number];

const MOST_COMPARED = 4_000_000;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The fields in which two contents differ, with the values of the first. The order of sets does not count. */
export function changes(mine: Content, before: Content): Partial<Content> {
  const sorted = (value: unknown): unknown => (Array.isArray(value) ? [...(value as string[])].sort() : value);
  return Object.fromEntries(
    FIELDS.filter((field) => !same(sorted(mine[field]), sorted(before[field]))).map((field) => [field, mine[field]]),
  );
}

/** What `mine` becomes on top of `theirs`, both made from `base`; the fields that both changed each in their way. */
export function merge(base: Content, mine: Content, theirs: Content): { merged: Content; conflicts: Field[] } {
  const conflicts: Field[] = [];
  const line = <T>(field: Field, was: T, my: T, their: T, both: () => T | null): T => {
    if (same(my, was) || same(my, their)) return their;
    if (same(their, was)) return my;
    const together = both();
    if (together !== null) return together;
    conflicts.push(field);
    return my;
  };
  const set = (field: "assignees" | "units" | "labels" | "members"): readonly string[] => {
    const added = mine[field].filter((one) => !base[field].includes(one));
    const gone = base[field].filter((one) => !mine[field].includes(one));
    return [...theirs[field].filter((one) => !gone.includes(one)), ...added.filter((one) => !theirs[field].includes(one))];
  };
  const merged = {
    title: line("title", base.title, mine.title, theirs.title, () => null),
    description: line("description", base.description, mine.description, theirs.description, () =>
      mergeLines(base.description, mine.description, theirs.description),
    ),
    start: line("start", base.start, mine.start, theirs.start, () => null),
    due: line("due", base.due, mine.due, theirs.due, () => null),
    assignees: set("assignees"),
    units: set("units"),
    labels: set("labels"),
    members: set("members"),
    hidden: line("hidden", base.hidden, mine.hidden, theirs.hidden, () => null),
  };
  return { merged, conflicts };
}

/** A three-way merge by lines; null where both changed the same lines, each in their way. */
export function mergeLines(base: string, mine: string, theirs: string): string | null {
  const [was, my, their] = [base.split("\n"), mine.split("\n"), theirs.split("\n")] as const;
  const inMine = matches(was, my);
  const inTheirs = matches(was, their);
  if (!inMine || !inTheirs) return null;
  const made: string[] = [];
  let [at, a, b] = [0, 0, 0];
  for (let next = 0; next <= was.length; next++) {
    const [toMine, toTheirs] = next < was.length ? [inMine[next], inTheirs[next]] : [my.length, their.length];
    if (toMine === undefined || toTheirs === undefined) continue;
    const chosen = pick(was.slice(at, next), my.slice(a, toMine), their.slice(b, toTheirs));
    if (!chosen) return null;
    made.push(...chosen, ...was.slice(next, next + 1));
    [at, a, b] = [next + 1, toMine + 1, toTheirs + 1];
  }
  return made.join("\n");
}

function pick(was: string[], my: string[], their: string[]): string[] | null {
  if (same(my, was)) return their;
  if (same(their, was) || same(my, their)) return my;
  return null;
}

/** For each line of `from` its place in `to`, in a longest common run of lines; null for texts too long to compare. */
function matches(from: readonly string[], to: readonly string[]): (number | undefined)[] | null {
  if (from.length * to.length > MOST_COMPARED) return null;
  const width = to.length + 1;
  const length = new Uint16Array((from.length + 1) * width);
  for (let i = from.length - 1; i >= 0; i--)
    for (let j = to.length - 1; j >= 0; j--)
      length[i * width + j] =
        from[i] === to[j]
          ? (length[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(length[(i + 1) * width + j] ?? 0, length[i * width + j + 1] ?? 0);
  const found = new Array<number | undefined>(from.length).fill(undefined);
  for (let i = 0, j = 0; i < from.length && j < to.length; ) {
    if (from[i] === to[j]) found[i++] = j++;
    else if ((length[(i + 1) * width + j] ?? 0) >= (length[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return found;
}
