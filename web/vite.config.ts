// How the app is built and served in development: the server's paths are proxied, or answered by
// the mock when Vite runs with `--mode mock`.
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type UserConfig } from "vite";

const server = process.env.ROUNDHOUSE_URL ?? "http://localhost:8787";
// The server takes changes only from its own origin.
const target = { target: server, changeOrigin: true, headers: { origin: server } };
const proxy = { "/api": { ...target, ws: true }, "/auth": target };

export default defineConfig(
  async ({ mode }): Promise<UserConfig> => ({
    plugins: [
      react(),
      tailwindcss(),
      mode === "mock" ? (await import("./dev/mock-plugin.ts")).mockServer() : null,
    ],
    server: { proxy: mode === "mock" ? {} : proxy },
    preview: { proxy: mode === "mock" ? {} : proxy },
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
  }),
);
