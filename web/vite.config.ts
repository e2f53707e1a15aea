// How the app is built and served in development: the server's paths are proxied. `vite.mock.config.ts` is the
// same with a mock instead of a server.
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.ROUNDHOUSE_URL ?? "http://localhost:8787";
// The server takes changes only from its own origin.
const target = { target: server, changeOrigin: true, headers: { origin: server } };
const proxy = { "/api": { ...target, ws: true }, "/auth": target };

export default defineConfig({
  plugins: [react(), tailwindcss()],
  server: { proxy },
  preview: { proxy },
  build: {
    target: "es2023",
    rollupOptions: {
      onwarn(warning, warn) {
        // Libraries mark their modules for server components; a browser bundle has no use for it.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
});
