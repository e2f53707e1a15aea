// The sign of Roundhouse: a turntable's arc with its tracks.

export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 24 24" fill="none" strokeLinecap="round">
      <path d="M3.5 18.5a8.5 8.5 0 1 1 17 0" stroke="currentColor" strokeWidth="2.2" />
      <path d="M12 18.5v-5M7.6 18.5l-1.5-4M16.4 18.5l1.5-4" stroke="var(--accent)" strokeWidth="2.2" />
    </svg>
  );
}
