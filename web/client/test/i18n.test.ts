import { afterEach, describe, expect, it } from "vitest";
import { t, tn, useCatalogue } from "../src/i18n";

const FRENCH = {
  "Moved to %(column)s.": "Déplacée vers « %(column)s ».",
  "%(count)s card": ["%(count)s carte", "%(count)s cartes"],
};

describe("texts", () => {
  afterEach(() => {
    useCatalogue({}, "en");
  });

  it("are those of the catalogue, with their values", () => {
    useCatalogue(FRENCH, "fr");
    expect(t("Moved to %(column)s.", { column: "À faire" })).toBe("Déplacée vers « À faire ».");
  });

  it("are English where the catalogue has none", () => {
    useCatalogue(FRENCH, "fr");
    expect(t("Not translated, %(name)s", { name: "Zoë" })).toBe("Not translated, Zoë");
    expect(tn("one file", "%(count)s files", 3)).toBe("3 files");
  });

  it.each([
    [0, "0 carte", "0 cards"],
    [1, "1 carte", "1 card"],
    [2, "2 cartes", "2 cards"],
    [1_000_000, "1000000 cartes", "1000000 cards"],
  ])("count %i as each language does", (count, french, english) => {
    useCatalogue(FRENCH, "fr");
    expect(tn("%(count)s card", "%(count)s cards", count)).toBe(french);
    useCatalogue({}, "en");
    expect(tn("%(count)s card", "%(count)s cards", count)).toBe(english);
  });

  it("keep percent signs, unknown names and what values contain", () => {
    expect(t("%(share)s %% of %(what)s", { share: "%(what)s" })).toBe("%(what)s % of %(what)s");
  });
});
