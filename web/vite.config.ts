// How the app is built and served in development: the server's paths are proxied, or answered by
// the mock when Vite runs with `--mode mock`.
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { mockServer } from "./dev/mock-plugin.ts";

const server = "http://localhost:8787";

export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss(), mode === "mock" ? mockServer() : null],
  server: {
    proxy:
      mode === "mock"
        ? {}
        : { "/api": { target: server, ws: true, changeOrigin: true }, "/auth": { target: server, changeOrigin: true } },
  },
  build: {
    target: "es2023",
    sourcemap: false,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      onwarn(warning, warn) {
        // Libraries mark their modules for server components; a browser bundle has no use for it.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
}));
