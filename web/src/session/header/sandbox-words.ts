// A sandbox's state in words.
import type { Sandbox } from "../../wire/types";

export function sandboxWords(sandbox: Sandbox): { name: string; explanation: string } {
  switch (sandbox.status) {
    case "none":
      return { name: "No sandbox yet", explanation: "It is made when the first prompt comes." };
    case "provisioning":
      return { name: "Preparing", explanation: "A sandbox is being made." };
    case "booting":
      return { name: "Booting", explanation: `${sandbox.step}.` };
    case "ready":
      return {
        name: "Ready",
        explanation: "The agent's workspace is up. It goes to sleep when nothing happens for a while.",
      };
    case "hibernating":
      return { name: "Going to sleep", explanation: "The workspace is being saved." };
    case "hibernated":
      return {
        name: "Asleep",
        explanation: "The workspace is saved and uses nothing. The next prompt wakes it.",
      };
    case "waking":
      return { name: "Waking", explanation: "The workspace is being started again." };
    case "stopped":
      return { name: "Stopped", explanation: "The next prompt starts it again; the workspace is kept." };
    case "failed":
      return { name: "Failed", explanation: sandbox.reason };
  }
}
