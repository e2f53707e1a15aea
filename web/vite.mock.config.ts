// The app without a server: a mock answers in its place. For looking at every state, and for the checks in `e2e/`.
import { defineConfig, mergeConfig } from "vite";
import { mockServer } from "./dev/mock-plugin.ts";
import config from "./vite.config.ts";

export default mergeConfig(
  { ...config, server: {}, preview: {} },
  defineConfig({ plugins: [mockServer()], build: { outDir: "dist-e2e" } }),
);
