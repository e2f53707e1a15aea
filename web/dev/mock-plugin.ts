// Answers the server's paths in development and in visual checks.
import type { Plugin } from "vite";
export function mockServer(): Plugin { return { name: "mock" }; }
