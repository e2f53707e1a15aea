// The story that the mock tells: an agent gives a small HTTP client retries with backoff. A plain,
// believable piece of work with reading, editing, a failing and a passing test run.
import type { Diff, PlanEntry, ToolCall } from "../../src/wire/types.ts";

export type Step = Omit<ToolCall, "status" | "outputTruncated" | "startedAt" | "completedAt">;

const E = "\u001b";

export const thinkingText = `The client gives up on the first failure. Retries belong around \`send\`, not into every caller. I should read **client.rs** and see which errors are temporary: timeouts, 429 and 5xx. A \`Retry-After\` header must win over our own delay.`;

export const answerText = `Requests are now repeated when the failure is temporary, and the tests pass.

### What changed

- \`src/backoff.rs\` is new: it doubles from 200 ms up to 10 s and takes up to half off at random, so that clients do not come back all at once.
- \`Client::send\` repeats timeouts, \`429\` and \`5xx\` up to **four times**. A \`Retry-After\` header wins over our own delay.
- Bodies that are streams are sent once only, because they cannot be read again.

\`\`\`rust
pub fn delay(attempt: u32, jitter: f64) -> Duration {
    let full = FIRST.saturating_mul(1 << attempt.min(10)).min(LONGEST);
    full.mul_f64(1.0 - jitter / 2.0)
}
\`\`\`

| failure | repeated | why |
| --- | --- | --- |
| timeout, \`5xx\` | yes | usually passes |
| \`429\` | yes, after \`Retry-After\` | the server says when |
| other \`4xx\` | no | it would fail again |

One thing to decide: \`POST\` is repeated too, since every call carries an \`Idempotency-Key\`. If some server does not honour that, say so and I will leave \`POST\` out.`;

const clientBefore = `use crate::error::Error;

impl Client {
    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let response = self.inner.execute(request).await?;
        Ok(response)
    }
}
`;

const clientAfter = `use crate::backoff;
use crate::error::Error;

const ATTEMPTS: u32 = 5;

impl Client {
    /// Sends a request and reads the whole answer. Temporary failures are repeated.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        for attempt in 0..ATTEMPTS {
            match self.inner.execute(request.try_clone()?).await {
                Err(error) if error.is_temporary() => {
                    tokio::time::sleep(backoff::delay(attempt, self.jitter())).await;
                }
                result => return Ok(result?),
            }
        }
        Err(Error::GaveUp { attempts: ATTEMPTS })
    }
}
`;

const backoff = `//! How long to wait before a request is repeated.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// Doubles with each attempt; \`jitter\` (0 to 1) takes up to half off.
pub fn delay(attempt: u32, jitter: f64) -> Duration {
    let full = FIRST.saturating_mul(1 << attempt.min(10)).min(LONGEST);
    full.mul_f64(1.0 - jitter / 2.0)
}
`;

const failingRun = `${E}[1;32m   Compiling${E}[0m relay-client v0.4.1
${E}[1;32m    Finished${E}[0m \`test\` profile in 3.92s
${E}[1;32m     Running${E}[0m unittests src/lib.rs

running 4 tests
test backoff::doubles ... ${E}[32mok${E}[0m
test backoff::is_bounded ... ${E}[32mok${E}[0m
test client::gives_up ... ${E}[31mFAILED${E}[0m
test client::repeats_timeouts ... ${E}[32mok${E}[0m

failures:

---- client::gives_up stdout ----
${E}[31massertion \`left == right\` failed${E}[0m
  left: ${E}[33m4${E}[0m
 right: ${E}[33m5${E}[0m

test result: ${E}[31mFAILED${E}[0m. 3 passed; 1 failed
`;

const passingRun = failingRun
  .replace(/failures:[\s\S]*$/, `test result: ${E}[32mok${E}[0m. 4 passed; 0 failed\n`)
  .replace(`${E}[31mFAILED${E}[0m`, `${E}[32mok${E}[0m`);

export const steps: readonly Step[] = [
  step("read", "read", "src/client.rs", { filePath: "src/client.rs" }, clientBefore),
  step(
    "grep",
    "search",
    "is_temporary|retry in src",
    { pattern: "is_temporary|retry" },
    "src/error.rs:41: pub fn is_temporary(&self) -> bool {\n",
  ),
  {
    ...step("write", "edit", "src/backoff.rs", { filePath: "src/backoff.rs" }, ""),
    diffs: [{ path: "src/backoff.rs", oldText: null, newText: backoff }],
  },
  {
    ...step("edit", "edit", "src/client.rs", { filePath: "src/client.rs" }, ""),
    diffs: [{ path: "src/client.rs", oldText: clientBefore, newText: clientAfter }],
  },
  {
    ...step("bash", "execute", "cargo test", { command: "cargo test --color always" }, failingRun),
    exitCode: 101,
    locations: [],
  },
  {
    ...step("bash", "execute", "cargo test", { command: "cargo test --color always" }, passingRun),
    exitCode: 0,
    locations: [],
  },
];

const planned = [
  "Read how requests are sent",
  "Find out which errors are temporary",
  "Write the backoff",
  "Repeat in `Client::send`",
  "Test it",
];

/** The plan after `done` steps. */
export function planAt(done: number): PlanEntry[] {
  return planned.map((content, index) => ({
    content: content.replaceAll("`", ""),
    status: index < done ? "completed" : index === done ? "inProgress" : "pending",
  }));
}

export function diffOfTurn(): Diff {
  return {
    changes: {
      files: [
        {
          path: "assets/logo.png",
          oldPath: null,
          status: "modified",
          additions: 0,
          deletions: 0,
          binary: true,
        },
        {
          path: "docs/retries.md",
          oldPath: "docs/errors.md",
          status: "renamed",
          additions: 1,
          deletions: 1,
          binary: false,
        },
        {
          path: "src/backoff.rs",
          oldPath: null,
          status: "added",
          additions: 12,
          deletions: 0,
          binary: false,
        },
        {
          path: "src/client.rs",
          oldPath: null,
          status: "modified",
          additions: 13,
          deletions: 3,
          binary: false,
        },
      ],
      additions: 26,
      deletions: 4,
      truncated: false,
    },
    patch: `diff --git a/assets/logo.png b/assets/logo.png
index 1111111..2222222 100644
Binary files a/assets/logo.png and b/assets/logo.png differ
diff --git a/docs/errors.md b/docs/retries.md
similarity index 88%
rename from docs/errors.md
rename to docs/retries.md
index 1111111..2222222 100644
--- a/docs/errors.md
+++ b/docs/retries.md
@@ -1,4 +1,4 @@
-# Errors
+# Errors and retries
 
 Every failure has a code that does not change.
 
diff --git a/src/backoff.rs b/src/backoff.rs
new file mode 100644
index 0000000..2222222
--- /dev/null
+++ b/src/backoff.rs
@@ -0,0 +1,12 @@
${backoff
  .trimEnd()
  .split("\n")
  .map((line) => `+${line}`)
  .join("\n")}
diff --git a/src/client.rs b/src/client.rs
index 1111111..2222222 100644
--- a/src/client.rs
+++ b/src/client.rs
@@ -1,9 +1,19 @@ mod client
+use crate::backoff;
 use crate::error::Error;
 
+const ATTEMPTS: u32 = 5;
+
 impl Client {
-    /// Sends a request and reads the whole answer.
+    /// Sends a request and reads the whole answer. Temporary failures are repeated.
     pub async fn send(&self, request: Request) -> Result<Response, Error> {
-        let response = self.inner.execute(request).await?;
-        Ok(response)
+        for attempt in 0..ATTEMPTS {
+            match self.inner.execute(request.try_clone()?).await {
+                Err(error) if error.is_temporary() => {
+                    tokio::time::sleep(backoff::delay(attempt, self.jitter())).await;
+                }
+                result => return Ok(result?),
+            }
+        }
+        Err(Error::GaveUp { attempts: ATTEMPTS })
     }
 }
`,
    takenAt: new Date().toISOString(),
  };
}

function step(name: string, kind: Step["kind"], title: string, input: unknown, output: string): Step {
  return { name, kind, title, input, output, exitCode: null, diffs: [], locations: [title] };
}
