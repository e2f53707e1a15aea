// Markdown is safe, and a streaming text keeps the blocks that were there.
import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { TooltipProvider } from "../ui/tooltip";
import { Markdown } from "./markdown";

function show(text: string, streaming = false) {
  return render(<Markdown text={text} streaming={streaming} />, { wrapper: TooltipProvider }).container;
}

it("shows what agents write", () => {
  const page = show(
    "# Title\n\nSome **bold**, `code` &amp; a [link](https://x.y).\n\n- [x] done\n- open\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```rust\nfn main() {}\n```",
  );
  expect(screen.getByRole("heading", { name: "Title" })).toBeVisible();
  expect(page.querySelector("strong")).toHaveTextContent("bold");
  expect(page).toHaveTextContent("code & a link");
  expect(screen.getByRole("link")).toHaveAttribute("rel", "noreferrer noopener");
  expect(screen.getByRole("checkbox")).toBeChecked();
  expect(page.querySelector("td + td")).toHaveStyle({ textAlign: "right" });
  expect(page.querySelector("pre")).toHaveTextContent("fn main() {}");
});

it("neither runs HTML nor follows dangerous addresses", () => {
  const page = show(
    '<img src=x onerror="alert(1)"><script>alert(1)</script>\n\n[a](javascript:alert(1)) ![p](https://x.y/p.png)',
  );
  expect(page.querySelector("img, script")).toBeNull();
  expect(screen.getAllByRole("link")).toHaveLength(1);
  expect(page).toHaveTextContent("<script>alert(1)</script>");
});

it("closes what is not finished yet while it streams", () => {
  expect(show("This is **bo", true).querySelector("strong")).toHaveTextContent("bo");
});

it("keeps the elements of finished blocks while text is appended", () => {
  const { container, rerender } = render(<Markdown text={"First.\n\nSec"} streaming />);
  const first = container.querySelector("p");
  rerender(<Markdown text={"First.\n\nSecond.\n\nThird"} streaming />);
  expect(container.querySelector("p")).toBe(first);
  expect(container.querySelectorAll("p")).toHaveLength(3);
});
