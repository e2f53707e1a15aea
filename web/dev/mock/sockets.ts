// The mock's session sockets: a view or the missed events first, then frames, and a reply to each command.
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { ClientCommand, ServerFrame } from "../../src/wire/types.ts";
import type { MockSession } from "./mock-session.ts";
import { runQueue } from "./play.ts";
import { ada, type World } from "./world.ts";

export function acceptSockets(world: World, server: Server | null): void {
  const sockets = new WebSocketServer({ noServer: true });
  server?.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? "/", "http://mock");
    const id = /^\/api\/sessions\/([^/]+)\/ws$/.exec(url.pathname)?.[1];
    if (id === undefined) return;
    const session = world.sessions.get(id);
    if (session === undefined || Date.now() < world.refuseSocketsUntil) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) =>
      serve(world, session, peer, url.searchParams.get("after")),
    );
  });
}

function serve(world: World, session: MockSession, peer: WebSocket, after: string | null): void {
  const send = (frame: ServerFrame) => peer.send(JSON.stringify(frame));
  if (after === null) send({ type: "view", ...session.view() });
  else for (const event of session.log) if (event.seq > Number(after)) send({ type: "event", event });
  for (const part of session.state.turns.at(-1)?.parts ?? []) {
    if (part.state !== "streaming" || part.type === "plan") continue;
    send({
      type: "delta",
      partId: part.id,
      offset: 0,
      text: part.type === "toolCall" ? part.output : part.text,
    });
  }
  send({ type: "presence", present: [{ person: ada, typing: false }, ...session.others] });
  const watcher = (frame: ServerFrame) =>
    (frame as { type: string }).type === "cut" ? peer.terminate() : send(frame);
  session.watchers.add(watcher);
  peer.on("close", () => session.watchers.delete(watcher));
  peer.on("message", (data) => obey(world, session, JSON.parse(String(data)) as ClientCommand, send));
}

function obey(
  world: World,
  session: MockSession,
  command: ClientCommand,
  send: (frame: ServerFrame) => void,
): void {
  if (command.type === "typing") return;
  const { requestId } = command;
  switch (command.type) {
    case "prompt": {
      const prompt = session.queue(command.text, command.mode ?? "queue", ada);
      if (command.mode === "steer") session.aborted = true;
      send({ type: "reply", requestId, status: "done", prompt });
      void runQueue(world, session);
      return;
    }
    case "cancelPrompt":
      session.publish({ type: "prompt.cancelled", promptId: command.promptId, by: ada });
      break;
    case "abort":
      session.aborted = true;
      session.answered?.();
      break;
    case "answer":
      session.publish({
        type: "question.answered",
        questionId: command.questionId,
        optionId: command.optionId,
        by: ada,
      });
      session.answered?.();
      break;
  }
  send({ type: "reply", requestId, status: "done" });
}
