// Every state of the app worth looking at: how to get there, and what must be on screen then.

/** @type {Record<string, { scenario: string, pace?: number, noisy?: boolean, go(page: any, app: any, id: (title: string) => string): Promise<void> }>} */
export const scenes = {
  "sign-in": {
    scenario: "signed-out",
    noisy: true,
    async go(page, app) {
      await page.goto(`${app.origin}/sign-in?error=link_expired`);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
    },
  },
  "signed-out": {
    scenario: "signed-out",
    noisy: true,
    async go(page, app) {
      let asked = 0;
      page.on("request", (request) => {
        if (request.url().endsWith("/api/auth/me")) asked += 1;
      });
      await page.goto(`${app.origin}/sessions/ses_1?panel=changes`);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.waitForTimeout(500);
      if (asked > 4) throw new Error(`asked ${asked} times who is signed in`);
      if (!decodeURIComponent(page.url()).includes("to=/sessions/ses_1?panel=changes"))
        throw new Error(page.url());
    },
  },
  "home-empty": {
    scenario: "empty",
    async go(page, app) {
      await page.goto(app.origin);
      await page.getByRole("heading", { name: "Three steps" }).waitFor();
    },
  },
  home: {
    scenario: "full",
    async go(page, app) {
      await page.goto(app.origin);
      await page.getByRole("region", { name: "Latest sessions" }).waitFor();
    },
  },
  "home-repository": {
    scenario: "full",
    async go(page, app) {
      await page.goto(app.origin);
      await page.getByRole("button", { name: "Repository" }).click();
      await page.getByPlaceholder("https://github.com/owner/repository").fill("github.com/o/r");
    },
  },
  session: {
    scenario: "full",
    async go(page, app, id) {
      await page.goto(`${app.origin}/sessions/${id("Retry temporary")}`);
      await page.getByText("One thing to decide").waitFor();
    },
  },
  "session-steps": {
    scenario: "full",
    async go(page, app, id) {
      await page.goto(`${app.origin}/sessions/${id("Retry temporary")}`);
      await page.getByText("One thing to decide").waitFor();
      await page.getByRole("button", { name: /Read 1 file/ }).click();
      await page.getByRole("button", { name: /cargo test failed/ }).click();
      await page
        .getByRole("button", { name: /src\/backoff.rs/ })
        .first()
        .click();
    },
  },
  "session-changes": {
    scenario: "full",
    async go(page, app, id) {
      await page.goto(`${app.origin}/sessions/${id("Retry temporary")}?panel=changes&file=src%2Fclient.rs`);
      await page.getByRole("region", { name: "Changed lines" }).waitFor();
      await page.waitForTimeout(600);
    },
  },
  "session-changes-split": {
    scenario: "full",
    async go(page, app, id) {
      await page.goto(`${app.origin}/sessions/${id("Retry temporary")}?panel=changes&layout=split`);
      await page.getByRole("region", { name: "Changed lines" }).waitFor();
      await page.waitForTimeout(600);
    },
  },
  "session-question": {
    scenario: "full",
    async go(page, app, id) {
      await page.goto(`${app.origin}/sessions/${id("Upgrade to axum")}`);
      await page.getByRole("region", { name: "Question of the agent" }).waitFor();
    },
  },
  "session-errors": {
    scenario: "full",
    async go(page, app, id) {
      await page.goto(`${app.origin}/sessions/${id("Flaky test")}`);
      await page.getByText("too many requests").waitFor();
    },
  },
  "session-failed": {
    scenario: "full",
    async go(page, app, id) {
      await page.goto(`${app.origin}/sessions/${id("Port the worker")}`);
      await page.getByRole("button", { name: /Sandbox/ }).click();
      await page.getByRole("button", { name: "Try again" }).last().waitFor();
    },
  },
  "session-streaming": {
    scenario: "empty",
    pace: 12,
    async go(page, app) {
      await page.goto(app.origin);
      await page
        .getByLabel("What should be done?")
        .fill("Retry temporary failures with backoff, and add tests.");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Stop" }).waitFor();
      await page.getByRole("region", { name: "Plan" }).waitFor();
      await page.getByLabel("Prompt", { exact: true }).last().fill("Also update the changelog.");
      await page.keyboard.press("Enter");
      await page
        .getByText(/Running/)
        .first()
        .waitFor();
    },
  },
  "session-reconnecting": {
    scenario: "full",
    noisy: true,
    async go(page, app, id) {
      await page.goto(`${app.origin}/sessions/${id("Retry temporary")}`);
      await page.getByText("One thing to decide").waitFor();
      await app.cut(8_000);
      await page.getByLabel("Prompt", { exact: true }).last().fill("Leave POST out, please.");
      await page.keyboard.press("Enter");
      await page.getByText("Reconnecting…").waitFor();
    },
  },
  palette: {
    scenario: "full",
    async go(page, app) {
      await page.goto(app.origin);
      await page.getByRole("heading", { name: "What should be done?" }).waitFor();
      await page.keyboard.press("Control+k");
      await page.getByPlaceholder("Search sessions").fill("re");
    },
  },
  keys: {
    scenario: "full",
    async go(page, app) {
      await page.goto(app.origin);
      await page.getByRole("heading", { name: "What should be done?" }).click();
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
  lost: {
    scenario: "full",
    noisy: true,
    async go(page, app) {
      await page.goto(`${app.origin}/sessions/ses_nowhere`);
      await page.getByRole("heading", { name: "not here" }).waitFor();
    },
  },
  archive: {
    scenario: "full",
    async go(page, app) {
      await page.goto(`${app.origin}/archive`);
      await page.getByText("An experiment").waitFor();
    },
  },
};
