import { useEffect, useRef, useState } from 'react';
import { ErrorNote } from '../../components/error-note.tsx';
import { useLink } from '../../stores/link-store.ts';
import { AskedScreen, RecordedScreen, WalledScreen } from './explaining-screens.tsx';
import { useFirstRun } from './first-run-store.ts';
import { StartScreen } from './start-screen.tsx';
import './first-run.css';

const titles = ['What is walled', 'What asks you', 'Where it is recorded', 'Your first session'] as const;

/** Three screens that explain, and one that ends with a session running. Left at any time, and then it does not come back. */
export function FirstRunPage() {
  const leave = useFirstRun((state) => state.leave);
  const { link } = useLink();
  const [at, setAt] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  // A screen reader hears the new screen; the keyboard goes on from its top.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with every screen
  useEffect(() => heading.current?.focus(), [at]);
  const last = titles.length - 1;
  return (
    <main className="first-run" aria-label="Introduction">
      <header className="first-run-head">
        <p className="first-run-name">Gatehouse</p>
        <ol className="first-run-steps" aria-label="Screens">
          {titles.map((title, index) => (
            <li key={title} aria-current={index === at ? 'step' : undefined}>
              {title}
            </li>
          ))}
        </ol>
        <button type="button" className="button" onClick={leave}>
          Skip
        </button>
      </header>
      <div className="first-run-body">
        {'error' in link && <ErrorNote title="No supervisor answers." error={link.error} />}
        <h1 ref={heading} tabIndex={-1}>
          {titles[at]}
        </h1>
        {at === 0 && <WalledScreen />}
        {at === 1 && <AskedScreen />}
        {at === 2 && <RecordedScreen />}
        {at === last && <StartScreen onStarted={leave} />}
      </div>
      <footer className="first-run-foot">
        <button type="button" className="button" disabled={at === 0} onClick={() => setAt(at - 1)}>
          Back
        </button>
        <span className="dim">
          {at + 1} of {titles.length}
        </span>
        {at < last && (
          <button type="button" className="button button-primary" onClick={() => setAt(at + 1)}>
            Next
          </button>
        )}
      </footer>
    </main>
  );
}
