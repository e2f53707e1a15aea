// Speed of a conversation with 10,000 parts: opening it, loading all of it, scrolling through it, and typing
// while an answer streams. Prints what it measured; fails past the bounds (generous: machines differ).
import { start } from "./browser.mjs";

const BOUNDS = {
  "moved while earlier turns came in, px": 2,

  "opened, ms": 4_000,
  "median frame, ms": 25,
  "95% of frames, ms": 70,
  "typing while streaming, 95%, ms": 100,
};
const app = await start();
const measured = {};

const id = await app.reset("full");
const page = await app.page();
const began = Date.now();
await page.goto(`${app.origin}/sessions/${id("Ten thousand")}`);
await page.getByText("One thing to decide").last().waitFor();
measured["opened, ms"] = Date.now() - began;

const log = page.getByRole("log");
const atEnd = await log.evaluate(
  (element) => element.scrollHeight - element.clientHeight - element.scrollTop,
);
if (atEnd > 60) throw new Error(`it opened ${atEnd} px above its end`);

// To the top, until every turn is here; what is read must not move while older turns come in above.
const anchor = page.getByText(/^Part 41 of the long way/);
await log.evaluate((element) => element.scrollTo(0, 420));
await anchor.waitFor();
const before = await anchor.boundingBox();
await page.waitForTimeout(1_500);
const after = await anchor.boundingBox();
const moved = Math.abs((after?.y ?? Number.NaN) - (before?.y ?? Number.NaN));
measured["moved while earlier turns came in, px"] = moved;
for (let tries = 0; tries < 20 && (await page.getByText("Part 1 of the long way.").count()) === 0; tries++) {
  await log.evaluate((element) => element.scrollTo(0, 0));
  await page.waitForTimeout(400);
}
await page.getByText("Part 1 of the long way.").waitFor();
measured["elements in the page"] = await page.evaluate(() => document.querySelectorAll("*").length);
measured["height, px"] = await log.evaluate((element) => element.scrollHeight);

const frames = await log.evaluate(async (element) => {
  const times = [];
  let last = performance.now();
  for (let frame = 0; frame < 300; frame++) {
    element.scrollBy(0, 150);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times;
});
Object.assign(measured, spread(frames, "median frame, ms", "95% of frames, ms", "longest frame, ms"));

// Typing while an answer streams quickly into the same long conversation.
const field = page.getByLabel("Prompt", { exact: true }).last();
await fetch(`${app.origin}/mock/pace`, { method: "POST", body: JSON.stringify({ pace: 4 }) });
await field.fill("Go on.");
await page.keyboard.press("Enter");
await page.getByRole("button", { name: "Stop" }).waitFor();
await field.focus();
await page.evaluate(() => {
  window.delays = [];
  const field = document.activeElement;
  field.addEventListener("keydown", () => {
    const pressed = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.delays.push(performance.now() - pressed)));
  });
});
for (const letter of "typing never waits for the stream that comes in beside it") {
  await page.keyboard.press(letter === " " ? "Space" : letter);
  await page.waitForTimeout(25);
}
const delays = await page.evaluate(() => window.delays);
Object.assign(
  measured,
  spread(
    delays,
    "typing while streaming, median, ms",
    "typing while streaming, 95%, ms",
    "typing, longest, ms",
  ),
);

console.table(measured);
await app.stop();
const slow = Object.entries(BOUNDS).filter(([name, bound]) => !(measured[name] <= bound));
if (slow.length > 0 || page.complaints.length > 0) {
  console.error("Too slow, or complaints:", slow, page.complaints);
  process.exitCode = 1;
}

function spread(values, median, most, longest) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10;
  return { [median]: at(0.5), [most]: at(0.95), [longest]: at(1) };
}
