// What people do, in a real browser against the mock: each flow starts from a fresh page and asserts.
import assert from "node:assert/strict";
import { start } from "./browser.mjs";

const wanted = process.argv.slice(2);
const app = await start();
const field = (page) => page.getByLabel("Prompt", { exact: true }).last();

const flows = {
  async "the palette and keys lead everywhere"(page) {
    await app.reset("full");
    await page.goto(app.origin);
    await page.getByRole("region", { name: "Latest sessions" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Search sessions").fill("lock order");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /Explain the lock order/ }).waitFor();
    await field(page).waitFor();
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByText("One thing to decide").waitFor();
    await field(page).press("Escape");
    await page.keyboard.press("]");
    await page.getByRole("region", { name: "Changed lines" }).waitFor();
    assert.match(page.url(), /panel=changes/);
    await page.keyboard.press("[");
    await page.getByRole("complementary", { name: "Sidebar" }).waitFor({ state: "detached" });
    await page.keyboard.press("c");
    await page.getByRole("heading", { name: "What should be done?" }).waitFor();
  },

  async "a title is changed where it stands"(page) {
    const id = await app.reset("full");
    await page.goto(`${app.origin}/sessions/${id("Flaky")}`);
    await page.getByRole("button", { name: /Rename/ }).click();
    await page.getByLabel("Title of the session").fill("A better title");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A better title" }).waitFor();
    await page.getByRole("navigation", { name: "Sessions" }).getByText("A better title").waitFor();
  },

  async "an archived session takes no prompts until it is taken out"(page) {
    const id = await app.reset("full");
    await page.goto(`${app.origin}/sessions/${id("Flaky")}`);
    await page.getByRole("button", { name: "More about this session" }).click();
    await page.getByRole("menuitem", { name: "Archive" }).click();
    await page.getByText("This session is archived").waitFor();
    assert.equal(await field(page).count(), 0);
    await page.getByRole("button", { name: "Take it out" }).click();
    await field(page).waitFor();
  },

  async "a turn from the first word to its end, with queue, withdrawal and stop"(page) {
    await app.reset("empty", 20);
    await page.goto(app.origin);
    await page.getByLabel("What should be done?").fill("Retry temporary failures.");
    await page.keyboard.press("Enter");
    await page
      .getByRole("article", { name: /Prompt/ })
      .getByText("Retry temporary failures.")
      .waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor();
    for (const text of ["First in the queue", "Second in the queue"]) {
      await field(page).fill(text);
      await page.keyboard.press("Enter");
      await page.getByRole("region", { name: "Queue" }).getByText(text).waitFor();
    }
    const queue = page.getByRole("region", { name: "Queue" });
    // The second of two: a prompt that is still being sent cannot be withdrawn yet.
    await queue.getByRole("button", { name: "Withdraw" }).nth(1).click();
    await queue.getByText("Second in the queue").waitFor({ state: "detached" });
    await queue.getByRole("button", { name: "Edit" }).click();
    await queue.waitFor({ state: "detached" });
    assert.equal(await field(page).inputValue(), "First in the queue");
    await page
      .getByText(/Running/)
      .first()
      .waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Esc again to stop").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Stopped", { exact: true }).waitFor();
    assert.equal(await field(page).inputValue(), "First in the queue");
  },

  async "steering stops the turn and goes next"(page) {
    await app.reset("empty", 20);
    await page.goto(app.origin);
    await page.getByLabel("What should be done?").fill("Go left.");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await field(page).fill("No, right.");
    await page.keyboard.press("Control+Enter");
    await page.getByText("Stopped", { exact: true }).waitFor();
    await page.getByRole("article").getByText("No, right.").waitFor();
  },

  async "a question is answered while writing, and says who answered"(page) {
    const id = await app.reset("full");
    await page.goto(`${app.origin}/sessions/${id("Upgrade to axum")}`);
    await page.getByRole("region", { name: "The agent waits for you" }).waitFor();
    await field(page).fill("1 thing I write");
    await page.keyboard.press("Alt+3");
    await page.getByText("Ada Lovelace: Reject").waitFor();
    assert.equal(await field(page).inputValue(), "1 thing I write");
    await page.reload();
    assert.equal(await field(page).inputValue(), "1 thing I write");
  },

  async "a lost connection loses no word, and ends where one that held does"(page) {
    const id = await app.reset("empty", 10);
    assert.equal(id("x"), undefined);
    await page.goto(app.origin);
    await page.getByLabel("What should be done?").fill("Retry temporary failures.");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop" }).waitFor();
    const other = await app.page();
    await other.goto(page.url());
    await other.getByRole("button", { name: "Stop" }).waitFor();
    await page.context().setOffline(true);
    await app.cut(700);
    await page.getByText(/You are offline|Reconnecting/).waitFor();
    await field(page).fill("Sent while offline");
    await page.keyboard.press("Enter");
    await page.getByText("Waits for the connection").waitFor();
    await page.context().setOffline(false);
    await page.getByText("Waits for the connection").waitFor({ state: "detached" });
    for (const one of [page, other]) await one.getByText("tokens").nth(1).waitFor({ timeout: 60_000 });
    const [mine, theirs] = await Promise.all([page, other].map((one) => one.getByRole("log").textContent()));
    assert.equal(mine, theirs);
    await other.context().close();
  },

  async "a session that comes to rest elsewhere is marked unread"(page) {
    const id = await app.reset("full", 2);
    await page.goto(app.origin);
    await page.getByRole("region", { name: "Latest sessions" }).waitFor();
    await fetch(`${app.origin}/api/sessions/${id("Flaky")}/prompts`, {
      method: "POST",
      body: JSON.stringify({ text: "Again" }),
    });
    const row = page
      .getByRole("navigation", { name: "Sessions" })
      .getByRole("link", { name: /Flaky test.*unread/ });
    await row.waitFor({ timeout: 60_000 });
    await row.click();
    await page.getByText("tokens").nth(1).waitFor();
    await page
      .getByRole("navigation", { name: "Sessions" })
      .getByRole("link", { name: /unread/ })
      .waitFor({ state: "detached" });
  },

  async "on a phone the drawer and the bottom bar lead around"() {
    const id = await app.reset("full");
    const phone = await app.page({ width: 390, height: 844 });
    await phone.goto(`${app.origin}/sessions/${id("Retry temporary")}`);
    await phone.getByRole("button", { name: "Changes" }).click();
    await phone.getByRole("region", { name: "Changed lines" }).waitFor();
    assert.equal(await field(phone).count(), 0);
    await phone.getByRole("button", { name: "Conversation" }).click();
    await phone.getByRole("button", { name: "Show the sidebar" }).click();
    await phone.getByRole("dialog", { name: "Sidebar" }).getByText("Flaky test").click();
    await phone.getByRole("heading", { name: /Flaky test/ }).waitFor();
    assert.equal(await phone.getByRole("dialog").count(), 0);
    await phone.context().close();
  },
};

let failed = 0;
for (const [name, flow] of Object.entries(flows)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const page = await app.page();
  try {
    await flow(page);
    console.log("ok  ", name);
  } catch (error) {
    failed += 1;
    await page
      .screenshot({ path: new URL(`./out/failed-${failed}.png`, import.meta.url).pathname })
      .catch(() => {});
    console.log("BAD ", name, "\n     ", String(error).split("\n").slice(0, 6).join("\n      "));
  }
  await page.context().close();
}
await app.stop();
if (failed > 0) process.exitCode = 1;
