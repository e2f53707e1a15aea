// Colours for code: Shiki with a fixed set of languages, each loaded when first met. Everything here is
// outside of the first load; until it is there, code is shown plain.
import {
  createCssVariablesTheme,
  createHighlighterCore,
  type HighlighterCore,
  type LanguageInput,
} from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

export interface Token {
  readonly text: string;
  readonly color: string | undefined;
}

const languages: Record<string, () => Promise<{ default: LanguageInput }>> = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

const theme = createCssVariablesTheme({ name: "variables", variablePrefix: "--code-", variableDefaults: {} });
const engine = createJavaScriptRegexEngine({ forgiving: true });
const ready: Promise<HighlighterCore> = createHighlighterCore({ themes: [theme], langs: [], engine });
const loaded = new Map<string, Promise<void>>();

/** Lines of coloured tokens; null when the language is not one of ours. */
export async function tokenize(code: string, language: string): Promise<Token[][] | null> {
  const load = languages[language];
  if (load === undefined) return null;
  const highlighter = await ready;
  let loading = loaded.get(language);
  if (loading === undefined) {
    loading = load().then(({ default: grammar }) => highlighter.loadLanguage(grammar));
    loaded.set(language, loading);
  }
  await loading;
  const { tokens } = highlighter.codeToTokens(code, { lang: language, theme: "variables" });
  return tokens.map((line) => line.map(({ content, color }) => ({ text: content, color: ours(color) })));
}

/** Shiki's names of variables, as our style sheet calls them. */
function ours(color: string | undefined): string | undefined {
  if (color === undefined || color === "var(--code-foreground)") return undefined;
  return color
    .replace("token-string-expression", "string")
    .replace("token-punctuation", "ink")
    .replace("token-link", "string")
    .replace("token-inserted", "string")
    .replace("token-deleted", "keyword")
    .replace("token-changed", "parameter")
    .replace("token-", "");
}
