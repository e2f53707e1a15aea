// The built app behind the mock server, and a Chromium to look at it with.
import { chromium } from "playwright-core";
import { preview } from "vite";

// The mock is read by Vite from the app's own sources, whose imports have no endings.
process.env.VITE_CONFIG_NATIVE_IGNORE_WARNING = "true";

const configFile = new URL("../vite.mock.config.ts", import.meta.url).pathname;

export async function start() {
  const server = await preview({ configFile, preview: { port: 4310 } });
  const origin = server.resolvedUrls.local[0].replace(/\/$/, "");
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  return {
    origin,
    browser,
    /** Begins anew; gives the ids of the sessions by title. */
    async reset(scenario, pace) {
      const response = await fetch(`${origin}/mock/reset`, {
        method: "POST",
        body: JSON.stringify({ scenario, pace }),
      });
      const sessions = await response.json();
      return (title) => sessions.find((session) => session.title.startsWith(title))?.id;
    },
    async cut(ms) {
      await fetch(`${origin}/mock/cut`, { method: "POST", body: JSON.stringify({ ms }) });
    },
    async page({ width = 1440, height = 900, theme = "light" } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        reducedMotion: "reduce",
        hasTouch: width < 600,
        deviceScaleFactor: width < 600 ? 2 : 1,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      const complaints = [];
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      return Object.assign(page, { complaints });
    },
    async stop() {
      await browser.close();
      await server.close();
    },
  };
}
