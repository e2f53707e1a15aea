// A Vite plugin that stands in for the server (`npm run mock`): for looking at every state of the app, and
// for the visual, accessibility and speed checks in `e2e/`. It is never part of a build.
import type { Server } from "node:http";
import type { Plugin } from "vite";
import { answer } from "./mock/http.ts";
import { acceptSockets } from "./mock/sockets.ts";
import { World } from "./mock/world.ts";

export function mockServer(): Plugin {
  const world = new World("full");
  return {
    name: "roundhouse-mock",
    configureServer(server) {
      server.middlewares.use((request, response, next) => void answer(world, request, response, next));
      acceptSockets(world, server.httpServer as Server | null);
    },
    configurePreviewServer(server) {
      server.middlewares.use((request, response, next) => void answer(world, request, response, next));
      acceptSockets(world, server.httpServer as Server);
    },
  };
}
