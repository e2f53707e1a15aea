// Keeps the newest line in sight while the reader is at the end, and leaves the view alone otherwise.
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

const AT_END_PX = 40;

export interface Following {
  following: boolean;
  /** Goes to the end and stays there. */
  toEnd(): void;
  onScroll(): void;
}

export function useFollowing(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
): Following {
  const [following, setFollowing] = useState(true);
  const follows = useRef(true);
  const lastTop = useRef(0);

  const set = useCallback((next: boolean) => {
    follows.current = next;
    setFollowing(next);
  }, []);

  const toEnd = useCallback(() => {
    set(true);
    const element = scroller.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [scroller, set]);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    const distance = element.scrollHeight - element.clientHeight - element.scrollTop;
    if (distance < AT_END_PX) set(true);
    // Only a move up is the reader's own; growing content moves the end away without one.
    else if (element.scrollTop < lastTop.current - 1) set(false);
    lastTop.current = element.scrollTop;
  }, [scroller, set]);

  useEffect(() => {
    const stay = () => {
      const element = scroller.current;
      if (follows.current && element !== null) element.scrollTop = element.scrollHeight;
    };
    const observer = new ResizeObserver(stay);
    if (content.current !== null) observer.observe(content.current);
    if (scroller.current !== null) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [scroller, content]);

  // A wheel or finger that goes up takes effect at once, also while the text below grows.
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const onWheel = ({ deltaY }: WheelEvent) => {
      if (deltaY < 0 && element.scrollHeight > element.clientHeight) set(false);
    };
    element.addEventListener("wheel", onWheel, { passive: true });
    return () => element.removeEventListener("wheel", onWheel);
  }, [scroller, set]);

  return { following, toEnd, onScroll };
}
