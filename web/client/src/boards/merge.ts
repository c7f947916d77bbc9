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
  /** What is said in the board's own fields, by their ids; nothing for an empty one. */
  readonly values: Readonly<Record<string, string>>;
}

export const FIELDS = ["title", "description", "start", "due", "assignees", "units", "labels", "members", "hidden"] as const;
/** A part of a content; one of the board's own fields by its id. */
export type Field = (typeof FIELDS)[number] | `values.${string}`;

/** What is sent to the server of a content: what changes alone; null empties a field of the board's own. */
export type Change = Partial<Omit<Content, "values">> & { readonly values?: Readonly<Record<string, string | null>> };

const MOST_COMPARED = 4_000_000;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The fields in which two contents differ, with the values of the first. The order of sets does not count. */
export function changes(mine: Content, before: Content): Change {
  const sorted = (value: unknown): unknown => (Array.isArray(value) ? [...(value as string[])].sort() : value);
  const changed = Object.fromEntries(
    FIELDS.filter((field) => !same(sorted(mine[field]), sorted(before[field]))).map((field) => [field, mine[field]]),
  );
  const said = ids(mine.values, before.values).filter((id) => (mine.values[id] ?? "") !== (before.values[id] ?? ""));
  if (said.length === 0) return changed;
  return { ...changed, values: Object.fromEntries(said.map((id) => [id, (mine.values[id] ?? "") || null])) };
}

/** Of a change, those fields alone that another one changes too. */
export function within(change: Change, other: Change): Change {
  const kept = Object.fromEntries(FIELDS.filter((field) => field in change && field in other).map((field) => [field, change[field]]));
  const said = Object.entries(change.values ?? {}).filter(([id]) => id in (other.values ?? {}));
  return said.length === 0 ? kept : { ...kept, values: Object.fromEntries(said) };
}

/** A content with these fields as another one has them. */
export function taking(mine: Content, theirs: Content, fields: readonly Field[]): Content {
  const own = fields.filter((field) => field.startsWith("values.")).map((field) => field.slice("values.".length));
  const plain = FIELDS.filter((field) => fields.includes(field));
  const values = { ...mine.values, ...Object.fromEntries(own.map((id) => [id, theirs.values[id] ?? ""])) };
  return { ...mine, ...Object.fromEntries(plain.map((field) => [field, theirs[field]])), values };
}

const ids = (...all: readonly Readonly<Record<string, string>>[]): string[] => [...new Set(all.flatMap((one) => Object.keys(one)))].sort();

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
    values: Object.fromEntries(
      ids(base.values, mine.values, theirs.values).flatMap((id) => {
        const [was, my, their] = [base.values[id] ?? "", mine.values[id] ?? "", theirs.values[id] ?? ""];
        const said = line(`values.${id}`, was, my, their, () => null);
        return said === "" ? [] : [[id, said]];
      }),
    ),
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
