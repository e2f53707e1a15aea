// Where people write: grows with the text, says what sending does just now, stops the agent.
import { useQuery } from "@tanstack/react-query";
import { ArrowUp, Square } from "lucide-react";
import { useEffect, useRef } from "react";
import { capabilities } from "../../api/capabilities";
import { useShortcuts } from "../../shell/shortcuts";
import { Button, IconButton } from "../../ui/button";
import { GrowingTextarea } from "../../ui/growing-textarea";
import { Spinner } from "../../ui/spinner";
import { useStored } from "../../ui/stored";
import type { PromptMode } from "../../wire/types";
import { runningTurn } from "../state/conversation";
import { utf8Length } from "../state/live-text";
import { useConversation, useSessionStore, useSnapshot } from "../use-session";
import { ArchivedNote } from "./archived-note";
import { ModeChip } from "./mode-chip";
import { ModelChip } from "./model-chip";
import { QuestionBanner } from "./question-banner";
import { QueueList } from "./queue-list";
import { TypingLine } from "./typing-line";
import { useDoubleEscape } from "./use-double-escape";

export function Composer() {
  const { sessionId } = useSessionStore();
  const archived = useConversation(({ session }) => session.status === "archived");
  const [text, setText] = useStored(`draft.${sessionId}`, "");
  const takeUp = (words: string) => setText(text.trim() === "" ? words : `${words}\n\n${text}`);
  return (
    <div className="mx-auto w-full max-w-[760px] shrink-0 px-3 pb-3 md:px-6 md:pb-4">
      <TypingLine />
      <QuestionBanner />
      <QueueList onEdit={takeUp} />
      {archived ? <ArchivedNote /> : <Field text={text} onChange={setText} />}
    </div>
  );
}

function Field({ text, onChange: setText }: { text: string; onChange(text: string): void }) {
  const store = useSessionStore();
  const field = useRef<HTMLTextAreaElement>(null);
  const { data } = useQuery(capabilities);
  const [mode, setMode] = useStored<PromptMode>("mode", "queue");
  const running = useConversation((state) => runningTurn(state) !== null);
  const queued = useConversation(({ queue }) => queue.length);
  const limit = data?.limits.promptBytes ?? 65_536;
  const tooLong = text.length * 3 > limit && utf8Length(text.trim()) > limit;
  const full = queued >= (data?.limits.queueLength ?? 32);
  const ready = text.trim() !== "" && !tooLong && !full;

  const send = (as: PromptMode) => {
    if (!ready) return;
    store.prompt(text.trim(), running ? as : "queue");
    setText("");
  };

  useShortcuts([{ keys: "/", label: "Write", run: () => field.current?.focus() }]);
  // On a desktop the field is ready to write in; on a phone that would open the keyboard.
  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, []);

  return (
    <>
      <form
        aria-label="Prompt"
        className="rounded-xl border border-line-strong bg-raised shadow-[0_2px_8px_-2px_var(--shadow)] transition-colors duration-100 focus-within:border-muted"
        onSubmit={(event) => {
          event.preventDefault();
          send(mode);
        }}
      >
        <GrowingTextarea
          ref={field}
          aria-label="Prompt"
          aria-describedby="composer-note"
          placeholder={running ? "Add something…" : "What should be done next?"}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            store.typing();
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send(event.metaKey || event.ctrlKey ? "steer" : mode);
          }}
          className="min-h-11 px-3.5 pt-2.5 pb-1 text-[14.5px] leading-6 max-md:text-[16px]"
        />
        <div className="flex items-center gap-1 px-2 pb-2">
          <div className="flex min-w-0 flex-1 items-center gap-0.5">
            <span className={running ? "hidden min-w-0 md:flex" : "flex min-w-0"}>
              <ModelChip />
            </span>
            {running && <ModeChip mode={mode} onChange={setMode} />}
          </div>
          {running && <StopButton />}
          <IconButton
            label={running && mode === "queue" ? "Put into the queue" : "Send"}
            keys="Enter"
            look="primary"
            side="top"
            type="submit"
            disabled={!ready}
          >
            <ArrowUp size={17} />
          </IconButton>
        </div>
      </form>
      <p
        id="composer-note"
        role={tooLong || full ? "alert" : undefined}
        className={tooLong || full ? "mt-1.5 px-1 text-bad text-xs" : "sr-only"}
      >
        {tooLong &&
          `Longer than the ${Math.round(limit / 1024)} KiB that a prompt may have. Put the rest into a file.`}
        {full && "The queue is full. Wait until the agent took a prompt, or withdraw one."}
      </p>
    </>
  );
}

function StopButton() {
  const store = useSessionStore();
  const stopping = useSnapshot((snapshot) => snapshot.stopping !== null);
  const armed = useDoubleEscape(() => store.stop());
  return (
    <Button
      onClick={() => store.stop()}
      disabled={stopping}
      className="h-8"
      aria-keyshortcuts="Escape Escape"
    >
      {stopping ? <Spinner size={12} /> : <Square size={11} fill="currentColor" />}
      {stopping ? "Stopping…" : armed ? "Esc again to stop" : "Stop"}
    </Button>
  );
}
