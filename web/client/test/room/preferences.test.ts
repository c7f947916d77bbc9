import { beforeEach, describe, expect, it } from "vitest";
import { AT_FIRST, read, remember, remembered } from "../../src/room/preferences";

describe("what is remembered", () => {
  beforeEach(() => localStorage.clear());

  it("is what was chosen, beside what was not", () => {
    remember({ arrangement: "sidebar" });
    remember({ hidesSelf: true });
    expect(remembered()).toEqual({ ...AT_FIRST, arrangement: "sidebar", hidesSelf: true });
  });

  it.each(["", "null", "[]", "7", '{"arrangement": "circus", "shortcuts": "no"}'])("makes sense of %j", (stored) => {
    expect(read(stored)).toEqual(AT_FIRST);
  });
});
