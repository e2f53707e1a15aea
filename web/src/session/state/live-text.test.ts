// Deltas: offsets in bytes of UTF-8, overlaps, gaps, replacement, and cuts at any place.
import { describe, expect, it } from "vitest";
import type { Part } from "../../wire/types";
import { textPart, toolPart } from "./fixtures";
import { applyDelta, liveText, utf8Length } from "./live-text";

const words = "ASCII, ümläut, 漢字かな, emoji 👩‍👩‍👧 🎉, math 𝔘, end";

const delta = (offset: number, text: string) => ({ partId: "prt_1", offset, text });

describe("utf8Length", () => {
  it("agrees with the platform's encoder", () => {
    for (const text of ["", "a", "é", "漢", "🎉", words]) {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }
  });
});

describe("applyDelta", () => {
  it("appends at the end, whatever the characters", () => {
    let part: Part = textPart("prt_1", "");
    let offset = 0;
    for (const character of words) {
      part = applyDelta(part, delta(offset, character));
      offset += utf8Length(character);
    }
    expect(liveText(part)).toBe(words);
  });

  it("drops any overlap, cut at every character", () => {
    const characters = [...words];
    for (let have = 1; have <= characters.length; have++) {
      const head = characters.slice(0, have).join("");
      for (let from = 1; from <= have; from++) {
        const offset = utf8Length(characters.slice(0, from).join(""));
        const part = applyDelta(textPart("prt_1", head), delta(offset, characters.slice(from).join("")));
        expect(liveText(part)).toBe(words);
      }
    }
  });

  it("gives the same part back when nothing is new", () => {
    const part = textPart("prt_1", "abcdef");
    expect(applyDelta(part, delta(2, "cd"))).toBe(part);
    expect(applyDelta(part, delta(2, "cdef"))).toBe(part);
    expect(applyDelta(part, delta(6, ""))).toBe(part);
    expect(applyDelta(part, delta(0, "abcdef"))).toBe(part);
  });

  it("waits out a gap until the text is whole again", () => {
    const start = textPart("prt_1", "abc");
    expect(applyDelta(start, delta(5, "fg"))).toBe(start);
    expect(applyDelta(start, delta(7, "h"))).toBe(start);
    expect(liveText(applyDelta(start, delta(0, "abcdefgh")))).toBe("abcdefgh");
    expect(liveText(applyDelta(start, delta(3, "def")))).toBe("abcdef");
  });

  it("replaces all at offset 0, also by something shorter", () => {
    expect(liveText(applyDelta(textPart("prt_1", "abcdef"), delta(0, "x")))).toBe("x");
  });

  it("refuses an overlap that ends inside a character", () => {
    const part = textPart("prt_1", "aé");
    expect(applyDelta(part, delta(1, "漢b"))).toBe(part);
  });

  it("leaves finished parts and plans alone", () => {
    const done = textPart("prt_1", "abc", { state: "done" });
    expect(applyDelta(done, delta(3, "d"))).toBe(done);
    const plan = { ...textPart("prt_1", ""), type: "plan", entries: [] } as Part;
    expect(applyDelta(plan, delta(0, "d"))).toBe(plan);
  });

  it("grows a tool's output", () => {
    const part = applyDelta(applyDelta(toolPart("prt_1"), delta(0, "línea 1\n")), delta(9, "2"));
    expect(liveText(part)).toBe("línea 1\n2");
  });

  it("stays fast over a long text", () => {
    let part: Part = textPart("prt_1", "");
    const began = performance.now();
    for (let i = 0; i < 20_000; i++) part = applyDelta(part, delta(i * 20, "abcdefghij klmnopqr "));
    expect(liveText(part)?.length).toBe(400_000);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
