// Terminal output: colours stay, progress bars overwrite themselves, the rest goes.
import { expect, it } from "vitest";
import { parseAnsi, stripAnsi } from "./ansi";

const E = "\u001b";

it("keeps colours over lines until they are reset", () => {
  expect(parseAnsi(`${E}[1;32mok\nstill${E}[0m plain`)).toEqual([
    [{ text: "ok", style: { bold: true, color: "var(--ansi-green)" } }],
    [
      { text: "still", style: { bold: true, color: "var(--ansi-green)" } },
      { text: " plain", style: {} },
    ],
  ]);
});

it("knows the 256 and the true colours", () => {
  const colors = parseAnsi(`${E}[38;5;196ma${E}[38;2;1;2;3mb${E}[48;5;240mc${E}[39;49md`)[0]?.map(
    ({ style }) => style,
  );
  expect(colors).toEqual([
    { color: "rgb(255 0 0)" },
    { color: "rgb(1 2 3)" },
    { color: "rgb(1 2 3)", background: "rgb(88 88 88)" },
    {},
  ]);
});

it("lets a carriage return overwrite the line", () => {
  expect(stripAnsi("10%\r50%\r100%\r\ndone\r")).toBe("100%\ndone");
});

it("drops titles, cursor moves and other control characters", () => {
  expect(stripAnsi(`${E}]0;title\u0007a${E}[2Kb${E}[?25lc\u0000d`)).toBe(
    `ab${E}[?25lcd`.replace(`${E}[?25l`, ""),
  );
});
