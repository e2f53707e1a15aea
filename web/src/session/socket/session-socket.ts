// One session's WebSocket, for as long as somebody looks at it: connects, notices silence, comes back
// with `?after=`. Knows nothing of what the frames mean; the store does.
import type { ClientCommand, ServerFrame } from "../../wire/types";
import { backoffMs } from "./backoff";

export type Connection =
  /** The first attempt. */
  | { status: "connecting" }
  | { status: "open" }
  /** It was lost; the next attempt comes at `retryAt` (milliseconds of the clock) or is under way. */
  | { status: "lost"; retryAt: number };

export interface SocketOptions {
  /** The address, given the number of the newest event that is here (null: from the start). */
  url(after: number | null): string;
  /** The number of the newest event that is here; null when there is no state yet. */
  lastSeq(): number | null;
  onFrame(frame: ServerFrame): void;
  onConnection(connection: Connection): void;
  /** An attempt failed before a first frame came: perhaps nobody is signed in any more. */
  onFailure(): void;
  newSocket?(url: string): WebSocket;
}

const PING_EVERY_MS = 20_000;
const SILENCE_MS = 30_000;
const ATTEMPTS_WITH_CURSOR = 3;

export class SessionSocket {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private running = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private lastFrameAt = 0;
  private heard = false;

  constructor(private readonly options: SocketOptions) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.attempt = 0;
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.options.onConnection({ status: "connecting" });
    this.connect();
  }

  stop(): void {
    this.running = false;
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    clearTimeout(this.retryTimer);
    this.drop();
  }

  /** Sends at once, or not at all when the connection is not open. */
  send(command: ClientCommand): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  /** Drops the connection and comes back from the newest event that is here. */
  reconnect(): void {
    this.drop();
    this.lost();
  }

  private connect(): void {
    const after = this.attempt < ATTEMPTS_WITH_CURSOR ? this.options.lastSeq() : null;
    const url = this.options.url(after);
    const socket = this.options.newSocket?.(url) ?? new WebSocket(url);
    this.socket = socket;
    this.heard = false;
    socket.onopen = () => this.opened();
    socket.onmessage = ({ data }) => this.received(data);
    socket.onclose = () => this.lost();
    socket.onerror = () => socket.close();
  }

  private opened(): void {
    this.lastFrameAt = Date.now();
    clearInterval(this.pingTimer);
    this.pingTimer = setInterval(() => this.checkAlive(), PING_EVERY_MS / 2);
    this.options.onConnection({ status: "open" });
  }

  private received(data: unknown): void {
    const frame = parseFrame(data);
    if (frame === null) return;
    this.lastFrameAt = Date.now();
    this.heard = true;
    this.attempt = 0;
    this.options.onFrame(frame);
  }

  private lost(): void {
    this.drop();
    if (!this.running) return;
    if (!this.heard) this.options.onFailure();
    const wait = backoffMs(this.attempt++, Math.random());
    this.options.onConnection({ status: "lost", retryAt: Date.now() + wait });
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), wait);
  }

  private checkAlive(): void {
    const silent = Date.now() - this.lastFrameAt;
    if (silent > SILENCE_MS) this.reconnect();
    else if (silent > PING_EVERY_MS / 2) this.send({ type: "ping", requestId: "ping" });
  }

  private readonly hurry = (): void => {
    if (document.visibilityState === "hidden" || this.socket?.readyState === WebSocket.OPEN) return;
    if (this.socket?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(this.retryTimer);
    this.connect();
  };

  private drop(): void {
    clearInterval(this.pingTimer);
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }
}

function parseFrame(data: unknown): ServerFrame | null {
  if (typeof data !== "string") return null;
  try {
    return JSON.parse(data) as ServerFrame;
  } catch {
    return null;
  }
}
