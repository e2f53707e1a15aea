// The whole product: the built server with the real agent and the scripted demo model, from the printed link to
// the diff, with the server killed in the middle. `make e2e` builds the server and installs the agent.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const TURN_MS = 120_000;
const root = new URL("../../", import.meta.url).pathname;
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const program = join(target, "debug", "roundhouse");
const hasAgent = spawnSync("opencode", ["--version"]).status === 0;
assert.ok(existsSync(program), `${program} is not built: run make build`);
assert.ok(hasAgent, "opencode is not in the PATH: `make e2e` puts it there");

const port = await freePort();
const origin = `http://localhost:${port}`;
const data = await mkdtemp(join(tmpdir(), "roundhouse-e2e-"));
let server = await startServer();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

try {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(origin);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto(server.link);
  await page.getByRole("button", { name: "Start the demo" }).click();
  await page
    .getByText(/tokens/)
    .first()
    .waitFor({ timeout: TURN_MS });
  console.log("ok   the demo from the printed link to its end");

  await page
    .getByRole("button", { name: /Show the changes|Changes/ })
    .first()
    .click();
  await page.getByRole("region", { name: "Changed lines" }).getByText("#!/bin/sh").waitFor();
  console.log("ok   its change is shown as a diff");

  const field = page.getByLabel("Prompt", { exact: true }).last();
  await field.fill("Once more.");
  await field.press("Enter");
  await page
    .getByText(/Running/)
    .first()
    .waitFor({ timeout: TURN_MS });
  server.child.kill("SIGKILL");
  await page.getByText("Reconnecting…").waitFor();
  await field.fill("And again.");
  await field.press("Enter");
  await page.getByText("Waits for the connection").waitFor();
  server = await startServer();
  await page.getByText("Waits for the connection").waitFor({ state: "detached", timeout: 60_000 });
  await page
    .getByRole("article", { name: /Prompt/ })
    .getByText("And again.")
    .waitFor({ timeout: TURN_MS });
  await page.getByRole("button", { name: /^Stop/ }).waitFor({ state: "detached", timeout: TURN_MS });
  const turns = await page.evaluate(async () => {
    const response = await fetch(`${location.pathname.replace("/sessions", "/api/sessions")}/messages`);
    return (await response.json()).items;
  });
  const asked = turns.toReversed().map(({ messages, parts }) => {
    const spoken = messages.filter(({ role }) => role === "user").map(({ id }) => id);
    return parts.filter(({ messageId }) => spoken.includes(messageId)).map(({ text }) => text);
  });
  assert.deepEqual(asked.slice(1), [["Once more."], ["And again."]]);
  assert.ok(turns.every(({ turn }) => turn.outcome !== null));
  console.log("ok   a killed server loses nothing and does nothing twice");
} finally {
  await browser.close();
  server.child.kill("SIGTERM");
  await rm(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }).catch(() => {});
}
process.exit(process.exitCode ?? 0);

function startServer() {
  const child = spawn(program, {
    cwd: data,
    env: {
      ...process.env,
      PORT: String(port),
      PUBLIC_URL: origin,
      DATA_DIR: join(data, "data"),
      RUNNER_ORPHAN_TIMEOUT: "30s",
    },
  });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const link = /http\S+token=\S+/.exec(text)?.[0];
      if (link !== undefined) resolve({ child, link });
    });
    child.stderr.resume();
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
