/**
 * The texts of the client. `t` and `tn` take the English text, which is the key; the catalogue of the page's language is
 * named by <html data-catalogue> and holds only what the client uses. Compiled by web/render/catalogue.py.
 */
export type Catalogue = Readonly<Record<string, string | readonly string[]>>;
type Params = Readonly<Record<string, string | number>>;

let catalogue: Catalogue = {};
let plural = new Intl.PluralRules("en");

export const language = (): string => document.documentElement.lang || "fr";

/** How dates, hours and numbers are written: as the server writes them, the English ones as in Britain. */
export const locale = (): string => (language() === "en" ? "en-GB" : language());

export function useCatalogue(texts: Catalogue, lang: string): void {
  catalogue = texts;
  plural = new Intl.PluralRules(lang);
}

/** The text in the person's language, its `%(name)s` replaced. */
export function t(text: string, params: Params = {}): string {
  const found = catalogue[text];
  return fill(typeof found === "string" ? found : text, params);
}

/** The form for `count`, which the text may show as `%(count)s`. */
export function tn(singular: string, many: string, count: number, params: Params = {}): string {
  const found = catalogue[singular];
  const [one, other] = typeof found === "object" ? found : [singular, many];
  const form = plural.select(count) === "one" ? one : other;
  return fill(form ?? many, { count, ...params });
}

function fill(text: string, params: Params): string {
  return text.replace(/%\((\w+)\)s|%%/g, (match, name: string | undefined) =>
    name === undefined ? "%" : String(params[name] ?? match),
  );
}

/** Loads the page's catalogue. Texts stay English when it cannot be had: a page without words would be worse. */
async function load(): Promise<void> {
  const url = document.documentElement.dataset.catalogue;
  if (url === undefined) return;
  try {
    const response = await fetch(url);
    if (response.ok) useCatalogue((await response.json()) as Catalogue, language());
  } catch {
    useCatalogue({}, "en");
  }
}

await load();
