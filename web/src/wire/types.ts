// Generated from the Rust crate `shared` by `make types`. Do not edit.

/**
 * What goes on in a session.
 */
export type Activity = "idle" | "queued" | "working" | "waiting";

/**
 * An agent to choose.
 */
export type AgentChoice = { 
/**
 * Give this as `agent`.
 */
id: string, 
/**
 * What to call it.
 */
name: string, 
/**
 * Whether it is installed.
 */
available: boolean, 
/**
 * How to install it when it is not.
 */
hint: string | null, };

/**
 * `POST /api/sessions/:id/questions/:id/answer`.
 */
export type AnswerQuestion = { 
/**
 * The chosen option's id.
 */
optionId: string, };

/**
 * What this installation can do.
 */
export type Capabilities = { 
/**
 * The server's version.
 */
version: string, 
/**
 * How sandboxes are made here.
 */
sandbox: SandboxCapabilities, 
/**
 * Agents to choose from; the default first.
 */
agents: Array<AgentChoice>, 
/**
 * Models to choose from; the default first.
 */
models: Array<ModelChoice>, 
/**
 * The bounds of requests.
 */
limits: Limits, };

/**
 * A changed file.
 */
export type ChangedFile = { 
/**
 * Relative to the workspace.
 */
path: string, 
/**
 * Where it was before, when it moved.
 */
oldPath: string | null, 
/**
 * What happened to it.
 */
status: FileStatus, 
/**
 * Lines added; 0 for a binary file.
 */
additions: number, 
/**
 * Lines removed; 0 for a binary file.
 */
deletions: number, 
/**
 * True when git takes it for binary.
 */
binary: boolean, };

/**
 * The workspace against the commit that the session began with.
 */
export type Changes = { 
/**
 * At most 2,000, by path.
 */
files: Array<ChangedFile>, 
/**
 * Lines added in all files, also in those not listed.
 */
additions: number, 
/**
 * Lines removed.
 */
deletions: number, 
/**
 * True when files are missing here or the patch was cut.
 */
truncated: boolean, };

/**
 * What a client sends. `requestId` comes back in the reply; for a prompt it is also its
 * idempotency key, so that a client may send it again after a lost connection.
 */
export type ClientCommand = { "type": "prompt", 
/**
 * Comes back in the reply.
 */
requestId: string, 
/**
 * 1 byte to 64 KiB.
 */
text: string, 
/**
 * What it does when a turn runs already.
 */
mode?: PromptMode, } | { "type": "cancelPrompt", 
/**
 * Comes back in the reply.
 */
requestId: string, 
/**
 * Which.
 */
promptId: PromptId, } | { "type": "abort", 
/**
 * Comes back in the reply.
 */
requestId: string, } | { "type": "answer", 
/**
 * Comes back in the reply.
 */
requestId: string, 
/**
 * Which.
 */
questionId: QuestionId, 
/**
 * The chosen option.
 */
optionId: string, } | { "type": "typing" } | { "type": "ping", 
/**
 * Comes back in the reply.
 */
requestId: string, };

/**
 * `POST /api/sessions/:id/prompts`.
 */
export type CreatePrompt = { 
/**
 * What it says: 1 byte to 64 KiB.
 */
text: string, 
/**
 * What it does when a turn runs already.
 */
mode?: PromptMode, };

/**
 * `POST /api/sessions`. Every field may be left out.
 */
export type CreateSession = { 
/**
 * At most 200 characters.
 */
title?: string, 
/**
 * What to clone into the workspace.
 */
repository?: Repository, 
/**
 * A preset's name from `/api/capabilities`.
 */
agent?: string, 
/**
 * `<provider>/<model>`.
 */
model?: string, 
/**
 * Whether the agent asks before it acts.
 */
permissions?: Permissions, 
/**
 * A first prompt, at most 64 KiB.
 */
prompt?: string, 
/**
 * Variables for the agent and its commands. Not secret: they are stored and shown in clear.
 */
environment?: { [key in string]: string }, };

/**
 * Text that was appended to a part.
 */
export type Delta = { 
/**
 * Which part.
 */
partId: PartId, 
/**
 * Where in the part's text it goes, in bytes of UTF-8. A client that has more already drops
 * the overlap; 0 replaces all.
 */
offset: number, 
/**
 * What to put there.
 */
text: string, };

/**
 * `GET /api/sessions/:id/diff`.
 */
export type Diff = { 
/**
 * The summary.
 */
changes: Changes, 
/**
 * The unified patch, `git diff`'s own format, at most 2 MiB; empty when nothing changed.
 */
patch: string, 
/**
 * When it was taken; null before the first turn ended.
 */
takenAt: Timestamp | null, };

/**
 * An event: `{"seq": 7, "at": "…", "type": "…", …}`.
 */
export type Event = { 
/**
 * Its number in its session: 1, 2, 3, … without gaps.
 */
seq: number, 
/**
 * When it was.
 */
at: Timestamp, } & ({ "type": "session.created", 
/**
 * Its title.
 */
title: string, 
/**
 * Its agent.
 */
agent: string, 
/**
 * Its model.
 */
model: string, 
/**
 * Whether the agent asks before it acts.
 */
permissions: Permissions, 
/**
 * Its repository.
 */
repository: Repository | null, 
/**
 * Who made it.
 */
createdBy: Person, } | { "type": "session.updated", 
/**
 * The new title.
 */
title?: string, 
/**
 * The new model.
 */
model?: string, 
/**
 * The new status.
 */
status?: SessionStatus, } | { "type": "session.archived", 
/**
 * By whom.
 */
by: Person, } | { "type": "sandbox.status", 
/**
 * Where it is now.
 */
sandbox: Sandbox, } | { "type": "prompt.queued", 
/**
 * The prompt.
 */
prompt: Prompt, } | { "type": "prompt.cancelled", 
/**
 * Which.
 */
promptId: PromptId, 
/**
 * By whom.
 */
by: Person, } | { "type": "turn.started", 
/**
 * The turn.
 */
turn: Turn, } | { "type": "turn.completed", 
/**
 * Which.
 */
turnId: TurnId, 
/**
 * Why it ended.
 */
stopReason: StopReason, 
/**
 * What it took, from the providers' own responses; null when no provider said.
 */
usage: Usage | null, 
/**
 * What that cost in US dollars; null when a price or a usage is unknown.
 */
cost: number | null, 
/**
 * When it ended.
 */
completedAt: Timestamp, } | { "type": "message.created", 
/**
 * The message, without its parts.
 */
message: Message, } | { "type": "part.updated", 
/**
 * The whole part.
 */
part: Part, } | { "type": "question.asked", 
/**
 * The question.
 */
question: Question, } | { "type": "question.answered", 
/**
 * Which question.
 */
questionId: QuestionId, 
/**
 * The chosen option.
 */
optionId: string, 
/**
 * By whom.
 */
by: Person, } | { "type": "question.expired", 
/**
 * Which question.
 */
questionId: QuestionId, } | { "type": "git.changed", 
/**
 * The turn after which it was.
 */
turnId: TurnId, 
/**
 * What differs; the patch itself is at `GET …/diff`.
 */
changes: Changes, } | { "type": "error" } & SessionError);

/**
 * What was wrong with one field of a request.
 */
export type FieldError = { 
/**
 * The field, as a path: `repository.url`.
 */
field: string, 
/**
 * What to change.
 */
message: string, };

/**
 * A change of one file as the agent tells it.
 */
export type FileDiff = { 
/**
 * Relative to the workspace where it is in it.
 */
path: string, 
/**
 * The text before; null when the file is new.
 */
oldText: string | null, 
/**
 * The text after.
 */
newText: string, };

/**
 * What happened to a file.
 */
export type FileStatus = "added" | "modified" | "deleted" | "renamed";

/**
 * The bounds of requests.
 */
export type Limits = { 
/**
 * Bytes of a prompt.
 */
promptBytes: number, 
/**
 * Prompts in a queue.
 */
queueLength: number, };

/**
 * An authored entry of the conversation. Its content is its parts.
 */
export type Message = { 
/**
 * Its id.
 */
id: MessageId, 
/**
 * The turn that it belongs to.
 */
turnId: TurnId, 
/**
 * Who speaks.
 */
role: Role, 
/**
 * The person, when one speaks.
 */
author: Person | null, 
/**
 * When it began.
 */
createdAt: Timestamp, };

/**
 * A message of a conversation.
 */
export type MessageId = string;

/**
 * A model to choose.
 */
export type ModelChoice = { 
/**
 * Give this as `model`: `<provider>/<model>`.
 */
id: string, 
/**
 * What to call it.
 */
name: string, 
/**
 * What to call its provider.
 */
providerName: string, 
/**
 * True for the built-in scripted model: a demonstration, not an intelligence.
 */
demo: boolean, };

/**
 * What an answer does.
 */
export type OptionKind = "allowOnce" | "allowAlways" | "rejectOnce" | "rejectAlways";

/**
 * Where a prompt came from.
 */
export type Origin = "web" | "api";

/**
 * One page of a list: `?limit=&cursor=` ask for it.
 */
export type Page<T> = { 
/**
 * The entries, in the order that the list promises.
 */
items: Array<T>, 
/**
 * Give this back as `cursor` for the next page; null on the last one.
 */
nextCursor: string | null, };

/**
 * A typed piece of a message. A `part.updated` event carries the whole part and replaces it.
 */
export type Part = { 
/**
 * Its id.
 */
id: PartId, 
/**
 * The message that it belongs to.
 */
messageId: MessageId, 
/**
 * The turn that it belongs to.
 */
turnId: TurnId, 
/**
 * Whether more of it will come.
 */
state: PartState, } & ({ "type": "text", 
/**
 * The Markdown.
 */
text: string, } | { "type": "thinking", 
/**
 * The Markdown.
 */
text: string, } | { "type": "toolCall" } & ToolCall | { "type": "plan", 
/**
 * In order.
 */
entries: Array<PlanEntry>, });

/**
 * A typed piece of a message.
 */
export type PartId = string;

/**
 * Whether more of a part will come.
 */
export type PartState = "streaming" | "done" | "interrupted";

/**
 * Whether the agent asks before it runs commands and changes files.
 */
export type Permissions = "allow" | "ask";

/**
 * A person, as others see them.
 */
export type Person = { 
/**
 * Their id.
 */
id: UserId, 
/**
 * What to call them.
 */
name: string, };

/**
 * One line of a plan.
 */
export type PlanEntry = { 
/**
 * What is to be done.
 */
content: string, 
/**
 * How far it is.
 */
status: PlanStatus, };

/**
 * How far a line of a plan is.
 */
export type PlanStatus = "pending" | "inProgress" | "completed" | "cancelled";

/**
 * Somebody who watches.
 */
export type Presence = { 
/**
 * Who.
 */
person: Person, 
/**
 * Whether they typed within the last few seconds.
 */
typing: boolean, };

/**
 * The body of every answer that is not a success (`application/problem+json`).
 */
export type Problem = { 
/**
 * Where the code is explained: a path of this server's documentation.
 */
type: string, 
/**
 * The status in words.
 */
title: string, 
/**
 * The HTTP status code.
 */
status: number, 
/**
 * What happened and what to do about it.
 */
detail: string, 
/**
 * The stable name of this error: `session_not_found`, `queue_full`, …
 */
code: string, 
/**
 * Quote this when asking for help; the server's log carries it too.
 */
requestId?: string, 
/**
 * One entry per field that was wrong.
 */
errors?: Array<FieldError>, };

/**
 * A prompt.
 */
export type Prompt = { 
/**
 * Its id.
 */
id: PromptId, 
/**
 * What it says.
 */
text: string, 
/**
 * How it came in.
 */
mode: PromptMode, 
/**
 * Where it is.
 */
status: PromptStatus, 
/**
 * Where it came from.
 */
origin: Origin, 
/**
 * Whose it is.
 */
author: Person, 
/**
 * When it was accepted.
 */
createdAt: Timestamp, };

/**
 * A prompt.
 */
export type PromptId = string;

/**
 * What a prompt does when a turn runs already.
 */
export type PromptMode = "queue" | "steer";

/**
 * Where a prompt is.
 */
export type PromptStatus = "queued" | "running" | "completed" | "cancelled";

/**
 * A question of the agent.
 */
export type Question = { 
/**
 * Its id.
 */
id: QuestionId, 
/**
 * The turn that waits.
 */
turnId: TurnId, 
/**
 * The tool call that waits, when it is a permission.
 */
partId: PartId | null, 
/**
 * What is asked, in words: "Run `cargo test`?"
 */
title: string, 
/**
 * The answers to choose from.
 */
options: Array<QuestionOption>, 
/**
 * When it was asked.
 */
askedAt: Timestamp, };

/**
 * A question of the agent to a human.
 */
export type QuestionId = string;

/**
 * An answer to choose.
 */
export type QuestionOption = { 
/**
 * Give this back to choose it.
 */
id: string, 
/**
 * What it says.
 */
label: string, 
/**
 * What it does.
 */
kind: OptionKind, };

/**
 * A git repository and a branch of it.
 */
export type Repository = { 
/**
 * Where to clone it from: an `https` address without credentials.
 */
url: string, 
/**
 * The branch to start from; the repository's default when absent.
 */
branch?: string, };

/**
 * Who speaks.
 */
export type Role = "user" | "assistant";

/**
 * The sandbox of a session.
 */
export type Sandbox = { 
/**
 * Which provider makes it: `process`, …
 */
provider: string, } & ({ "status": "none" } | { "status": "provisioning" } | { "status": "booting", 
/**
 * What it does just now, in words: "Cloning the repository".
 */
step: string, } | { "status": "ready" } | { "status": "hibernating" } | { "status": "hibernated" } | { "status": "waking" } | { "status": "stopped" } | { "status": "failed", 
/**
 * What happened and what to try.
 */
reason: string, });

/**
 * How sandboxes are made here.
 */
export type SandboxCapabilities = { 
/**
 * The provider: `process`.
 */
provider: string, 
/**
 * Whether a sandbox is fenced off from the host's files and processes.
 */
isolated: boolean, 
/**
 * What to say to people when it is not: how to change that.
 */
warning: string | null, };

/**
 * What the server sends.
 */
export type ServerFrame = { "type": "view" } & SessionView | { "type": "event", 
/**
 * The event.
 */
event: Event, } | { "type": "delta" } & Delta | { "type": "presence", 
/**
 * Everybody, the receiver included, once each.
 */
present: Array<Presence>, } | { "type": "reply", 
/**
 * The command's.
 */
requestId: string, } & ({ "status": "done", 
/**
 * The prompt, when the command made one.
 */
prompt?: Prompt, } | { "status": "refused", 
/**
 * Why.
 */
problem: Problem, });

/**
 * A session as lists and its own page show it.
 */
export type Session = { 
/**
 * Its id.
 */
id: SessionId, 
/**
 * What people call it; taken from the first prompt when nobody named it.
 */
title: string, 
/**
 * Whether it takes prompts.
 */
status: SessionStatus, 
/**
 * What goes on in it. Derived, never stored.
 */
activity: Activity, 
/**
 * The model of the next turn, `<provider>/<model>`.
 */
model: string, 
/**
 * The agent: a preset's name.
 */
agent: string, 
/**
 * Whether the agent asks before it acts.
 */
permissions: Permissions, 
/**
 * Its sandbox.
 */
sandbox: Sandbox, 
/**
 * The repository in its workspace, if it was made with one.
 */
repository: Repository | null, 
/**
 * How its last turn ended; null before the first did.
 */
lastStopReason: StopReason | null, 
/**
 * The sequence number of its newest event.
 */
lastSeq: number, 
/**
 * When it was made.
 */
createdAt: Timestamp, 
/**
 * When its newest event was.
 */
updatedAt: Timestamp, 
/**
 * Who made it.
 */
createdBy: Person, };

/**
 * Something that went wrong in a session, said to people.
 */
export type SessionError = { 
/**
 * The stable name: `model_rate_limited`, `agent_exited`, …
 */
code: string, 
/**
 * What happened and what follows from it.
 */
message: string, 
/**
 * How bad it is.
 */
severity: Severity, 
/**
 * The turn that it happened in.
 */
turnId: TurnId | null, };

/**
 * A session.
 */
export type SessionId = string;

/**
 * Whether a session takes prompts.
 */
export type SessionStatus = "open" | "archived";

/**
 * The whole state of a session for somebody who begins to watch.
 */
export type SessionView = { 
/**
 * The session.
 */
session: Session, 
/**
 * The newest turns, oldest first.
 */
turns: Array<Turn>, 
/**
 * Their messages, in order.
 */
messages: Array<Message>, 
/**
 * Their parts, in order.
 */
parts: Array<Part>, 
/**
 * What went wrong in them, in order.
 */
errors: Array<TimedError>, 
/**
 * The cursor of `GET …/messages` for what came before; null when everything is here.
 */
earlier: string | null, 
/**
 * Prompts that wait, in order.
 */
queue: Array<Prompt>, 
/**
 * Questions that wait for an answer.
 */
questions: Array<Question>, 
/**
 * What differs in the workspace, as of the last turn.
 */
changes: Changes | null, 
/**
 * Everything up to and including this event is in the view.
 */
seq: number, 
/**
 * Who watches. Filled for the socket; empty elsewhere.
 */
present: Array<Presence>, };

/**
 * How bad it is.
 */
export type Severity = "info" | "warning" | "error";

/**
 * Why a turn ended.
 */
export type StopReason = "end_turn" | "cancelled" | "error" | "limit";

/**
 * An `error` event in a view.
 */
export type TimedError = { 
/**
 * Its number.
 */
seq: number, 
/**
 * When it was.
 */
at: Timestamp, 
/**
 * The stable name: `model_rate_limited`, `agent_exited`, …
 */
code: string, 
/**
 * What happened and what follows from it.
 */
message: string, 
/**
 * How bad it is.
 */
severity: Severity, 
/**
 * The turn that it happened in.
 */
turnId: TurnId | null, };

/**
 * A moment, to the millisecond.
 */
export type Timestamp = string;

/**
 * A tool that the agent used.
 */
export type ToolCall = { 
/**
 * The tool as the agent calls it: `bash`, `read`, …
 */
name: string, 
/**
 * What it does this time, in words: a command, a path.
 */
title: string, 
/**
 * What sort of thing it does.
 */
kind: ToolKind, 
/**
 * How far it is.
 */
status: ToolStatus, 
/**
 * What the agent gave it. Its shape is the tool's own; at most 64 KiB.
 */
input: unknown, 
/**
 * What it printed or answered: at most the last 64 KiB.
 */
output: string, 
/**
 * True when the beginning of `output` was dropped.
 */
outputTruncated: boolean, 
/**
 * The exit code of a command.
 */
exitCode: number | null, 
/**
 * The changes that it made, as the agent tells them.
 */
diffs: Array<FileDiff>, 
/**
 * The files that it touched, relative to the workspace where they are in it.
 */
locations: Array<string>, 
/**
 * When it began.
 */
startedAt: Timestamp, 
/**
 * When it ended.
 */
completedAt: Timestamp | null, };

/**
 * What sort of thing a tool does (ACP's kinds).
 */
export type ToolKind = "read" | "edit" | "delete" | "move" | "search" | "execute" | "think" | "fetch" | "other";

/**
 * How far a tool call is.
 */
export type ToolStatus = "pending" | "running" | "completed" | "failed";

/**
 * A turn.
 */
export type Turn = { 
/**
 * Its id.
 */
id: TurnId, 
/**
 * Counts from 1 in its session.
 */
number: number, 
/**
 * The prompt that it answers.
 */
promptId: PromptId, 
/**
 * The model that it began with.
 */
model: string, 
/**
 * When it began.
 */
startedAt: Timestamp, 
/**
 * How it ended; null while it runs.
 */
outcome: TurnOutcome | null, };

/**
 * A turn.
 */
export type TurnId = string;

/**
 * How a turn ended.
 */
export type TurnOutcome = { 
/**
 * Why it ended.
 */
stopReason: StopReason, 
/**
 * What it took, from the providers' own responses; null when no provider said.
 */
usage: Usage | null, 
/**
 * What that cost in US dollars; null when a price or a usage is unknown.
 */
cost: number | null, 
/**
 * When it ended.
 */
completedAt: Timestamp, };

/**
 * One turn with all that it holds: an entry of `GET …/messages`, newest turn first.
 */
export type TurnTranscript = { 
/**
 * The turn.
 */
turn: Turn, 
/**
 * Its messages, in order.
 */
messages: Array<Message>, 
/**
 * Their parts, in order.
 */
parts: Array<Part>, 
/**
 * What went wrong in it.
 */
errors: Array<TimedError>, };

/**
 * `PATCH /api/sessions/:id`. What is absent stays.
 */
export type UpdateSession = { 
/**
 * A new title, at most 200 characters.
 */
title?: string, 
/**
 * The model of the next turn.
 */
model?: string, 
/**
 * `open` takes a session out of the archive; `archived` puts it there.
 */
status?: SessionStatus, };

/**
 * Tokens of model calls.
 */
export type Usage = { 
/**
 * Read without a cache.
 */
inputTokens: number, 
/**
 * Written, thinking included.
 */
outputTokens: number, 
/**
 * Read from the provider's cache.
 */
cacheReadTokens: number, 
/**
 * Written to the provider's cache.
 */
cacheWriteTokens: number, 
/**
 * How many calls of the model these are.
 */
modelCalls: number, };

/**
 * A person.
 */
export type UserId = string;
