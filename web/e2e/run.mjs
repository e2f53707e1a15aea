// Looks at every scene on a desktop in light and on a phone in dark (with `--all` in all four forms): takes a
// picture, asks axe, and fails on any finding or complaint in the console. `node e2e/run.mjs home` looks at one.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { start } from "./browser.mjs";
import { scenes } from "./scenes.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const out = new URL("./out/", import.meta.url);
await mkdir(out, { recursive: true });

const forms = [
  { name: "desktop-light", width: 1440, height: 900, theme: "light" },
  { name: "desktop-dark", width: 1440, height: 900, theme: "dark" },
  { name: "phone-light", width: 390, height: 844, theme: "light" },
  { name: "phone-dark", width: 390, height: 844, theme: "dark" },
];
const wanted = process.argv.slice(2).filter((name) => !name.startsWith("--"));
const shown = process.argv.includes("--all")
  ? forms
  : forms.filter(({ name }) => /desktop-light|phone-dark/.test(name));
const app = await start();
let findings = 0;

for (const [name, scene] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const form of shown) {
    const id = await app.reset(scene.scenario, scene.pace);
    const page = await app.page(form);
    const problems = [];
    try {
      await scene.go(page, app, id);
      await page.waitForTimeout(250);
    } catch (error) {
      problems.push(String(error).split("\n").slice(0, 4).join(" "));
    }
    await page.screenshot({ path: new URL(`${name}.${form.name}.png`, out).pathname });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      window.axe.run(document, { resultTypes: ["violations"] }),
    );
    for (const { id: rule, nodes } of violations) {
      problems.push(
        `axe ${rule}: ${nodes
          .slice(0, 3)
          .map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`)
          .join(" | ")}`,
      );
    }
    if (!scene.noisy) problems.push(...page.complaints.map((text) => `console: ${text}`));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    if (wide) problems.push("the page is wider than the screen");
    findings += problems.length;
    console.log(
      problems.length === 0 ? "ok  " : "BAD ",
      name,
      form.name,
      ...problems.map((text) => `\n      ${text}`),
    );
    await page.context().close();
  }
}

await app.stop();
if (findings > 0) {
  console.error(`${findings} findings`);
  process.exitCode = 1;
}
