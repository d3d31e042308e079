import type { ReactNode } from 'react';

/** A part that scrolls, also by the keyboard when nothing in it takes the focus. */
export function ScrollRegion({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className="now-scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
