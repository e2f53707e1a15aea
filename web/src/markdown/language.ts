// Which of our highlighter's languages a fence's word or a file's name means. C++ is coloured as C: its own
// grammar is heavier than all others together.

const byName: Record<string, string> = {
  bash: "bash",
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  console: "bash",
  shellscript: "bash",
  fish: "bash",
  c: "c",
  h: "c",
  cpp: "c",
  "c++": "c",
  cc: "c",
  hpp: "c",
  css: "css",
  scss: "css",
  less: "css",
  diff: "diff",
  patch: "diff",
  dockerfile: "docker",
  docker: "docker",
  go: "go",
  golang: "go",
  html: "html",
  htm: "html",
  svg: "html",
  xml: "html",
  vue: "html",
  java: "java",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  javascript: "javascript",
  json: "json",
  jsonc: "json",
  jsonl: "json",
  lock: "toml",
  jsx: "javascript",
  md: "markdown",
  mdx: "markdown",
  markdown: "markdown",
  py: "python",
  python: "python",

  rs: "rust",
  rust: "rust",
  sql: "sql",
  toml: "toml",
  ini: "toml",
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  typescript: "typescript",
  tsx: "tsx",
  yaml: "yaml",
  yml: "yaml",
};

/** "rs", "Rust" or "rust,ignore" as "rust"; undefined when it is none of ours. */
export function languageOfFence(info: string | undefined): string | undefined {
  const word = info
    ?.trim()
    .split(/[\s,{]/)[0]
    ?.toLowerCase();
  return word === undefined ? undefined : byName[word];
}

export function languageOfPath(path: string): string | undefined {
  const name = path.split("/").at(-1)?.toLowerCase() ?? "";
  if (name.startsWith("dockerfile")) return "docker";
  return byName[name.split(".").at(-1) ?? ""];
}
