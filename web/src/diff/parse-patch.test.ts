// Patches as git writes them: new, deleted, renamed, binary and oddly named files, and one that was cut.
import { expect, it } from "vitest";
import { pairsOf } from "./model";
import { parsePatch } from "./parse-patch";

const patch = `diff --git a/src/lib.rs b/src/lib.rs
index 83db48f..bf3a1b2 100644
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1,4 +1,5 @@ fn outer()
 one
-two
--- a/looks/like/a/header
+2
+++ b/looks too
+three
 four
\\ No newline at end of file
diff --git a/new file.txt b/new file.txt
new file mode 100644
index 0000000..d95f3ad
--- /dev/null
+++ b/new file.txt
@@ -0,0 +1 @@
+content
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
index d95f3ad..0000000
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-content
diff --git a/old/name.rs b/new/name.rs
similarity index 100%
rename from old/name.rs
rename to new/name.rs
diff --git a/logo.png b/logo.png
index 1..2 100644
Binary files a/logo.png and b/logo.png differ
diff --git "a/gr\\303\\274n.txt" "b/gr\\303\\274n.txt"
index 1..2 100644
--- "a/gr\\303\\274n.txt"
+++ "b/gr\\303\\274n.txt"
@@ -1 +1 @@
-a
+b
diff --git a/cut.txt b/cut.txt
--- a/cut.txt
+++ b/cut.txt
@@ -1,9 +1,9 @@
 only this`;

const files = parsePatch(patch);

it("finds every file by its name", () => {
  expect(files.map(({ path }) => path)).toEqual([
    "src/lib.rs",
    "new file.txt",
    "gone.txt",
    "new/name.rs",
    "logo.png",
    "grün.txt",
    "cut.txt",
  ]);
  expect(files[3]?.oldPath).toBe("old/name.rs");
  expect(files[4]?.binary).toBe(true);
});

it("numbers the lines of both sides", () => {
  expect(files[0]?.hunks[0]?.lines.map(({ before, after, text }) => [before, after, text])).toEqual([
    [1, 1, "one"],
    [2, null, "two"],
    [3, null, "-- a/looks/like/a/header"],
    [null, 2, "2"],
    [null, 3, "++ b/looks too"],
    [null, 4, "three"],
    [4, 5, "four"],
  ]);
  expect(files[0]?.hunks[0]?.heading).toBe("fn outer()");
});

it("keeps what is there of a patch that was cut", () => {
  expect(files[6]?.hunks[0]?.lines.map(({ text }) => text)).toEqual(["only this"]);
});

it("puts what was removed beside what came instead", () => {
  const pairs = pairsOf(files[0]?.hunks[0]?.lines ?? []);
  expect(pairs.map(({ left, right }) => [left?.text, right?.text])).toEqual([
    ["one", "one"],
    ["two", "2"],
    ["-- a/looks/like/a/header", "++ b/looks too"],
    [undefined, "three"],
    ["four", "four"],
  ]);
});
