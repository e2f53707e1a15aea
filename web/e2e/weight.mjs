// What a first visit loads, as the server sends it: text gzipped, fonts as they are. Fails past the bound.
import { gzipSync } from "node:zlib";
import { start } from "./browser.mjs";

const BOUND_KB = 250;
const app = await start();
const id = await app.reset("full");
const visits = {
  "/": app.origin,
  "a session": `${app.origin}/sessions/${id("Retry temporary")}`,
  changes: `${app.origin}/sessions/${id("Retry temporary")}?panel=changes`,
};
let heaviest = 0;

for (const [name, address] of Object.entries(visits)) {
  const page = await app.page();
  const files = [];
  page.on("response", async (response) => {
    const url = new URL(response.url());
    if (url.pathname.startsWith("/api/")) return;
    const body = await response.body().catch(() => Buffer.alloc(0));
    files.push({
      file: url.pathname.split("/").at(-1) || "/",
      bytes: /woff2$/.test(url.pathname) ? body.length : gzipSync(body, { level: 9 }).length,
    });
  });
  await page.goto(address);
  await page.waitForLoadState("networkidle").catch(() => {});
  await page.waitForTimeout(1_500);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024;
  const sum = (list) => `${(list.reduce((kb, { bytes }) => kb + bytes, 0) / 1024).toFixed(0)} KB`;
  const fonts = files.filter(({ file }) => file.endsWith("woff2"));
  const rest = files.filter(({ file }) => !file.endsWith("woff2"));
  console.log(
    `${name}: ${total.toFixed(0)} KB in ${files.length} files (fonts ${sum(fonts)}, the rest ${sum(rest)})`,
  );
  for (const { file, bytes } of files.toSorted((a, b) => b.bytes - a.bytes).slice(0, 14))
    console.log(`   ${(bytes / 1024).toFixed(1).padStart(6)}  ${file}`);
  if (name === "/") heaviest = total;
  await page.context().close();
}

await app.stop();
if (heaviest > BOUND_KB) {
  console.error(`The first load is over ${BOUND_KB} KB.`);
  process.exitCode = 1;
}
