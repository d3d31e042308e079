import { Suspense, useEffect, useState } from 'react';
import { CommandPalette } from './components/command-palette.tsx';
import { useFrameKeys } from './components/frame-keys.ts';
import { Icon, type IconName } from './components/icon.tsx';
import { KeyMap } from './components/key-map.tsx';
import { LinkBanner, LinkState } from './components/link-state.tsx';
import { PageBoundary } from './components/page-boundary.tsx';
import { Skeleton } from './components/skeleton.tsx';
import { useFirstRun } from './features/first-run/first-run-store.ts';
import { AgentsPage, FirstRunPage, PoliciesPage, SettingsPage, TimelinePage } from './features/lazy-pages.ts';
import { NowPage } from './features/now/now-page.tsx';
import { setQuery } from './features/timeline/timeline-store.ts';
import { useLink } from './stores/link-store.ts';
import { go, type PlaceName, places, placeTitles, usePlace } from './stores/place-store.ts';
import { useSessions } from './stores/sessions-store.ts';
import { useShell } from './stores/shell-store.ts';

const icons: Readonly<Record<PlaceName, IconName>> = {
  now: 'pulse',
  agents: 'key',
  timeline: 'list',
  policies: 'shield',
  settings: 'gear',
};

/** The main window: five places, what reaches all of them, and how it stands with the supervisor. */
export function App() {
  const place = usePlace();
  const [over, setOver] = useState<'palette' | 'keys'>();
  const firstRun = useFirstRun();
  const { link } = useLink();
  useFrameKeys({ palette: () => setOver('palette'), keyMap: () => setOver('keys') });
  useEffect(() => void useShell.getState().load(), []);
  useEffect(() => {
    if (link.state === 'connected') void useFirstRun.getState().look();
  }, [link.state]);
  useEffect(() => {
    document.title = `${firstRun.shown ? 'Introduction' : placeTitles[place.name]} · Gatehouse`;
  }, [firstRun.shown, place.name]);
  const close = () => setOver(undefined);
  return (
    <>
      {firstRun.shown ? (
        <Suspense>
          <FirstRunPage />
        </Suspense>
      ) : (
        <Places name={place.name} onFind={() => setOver('palette')} />
      )}
      {over === 'palette' && (
        <CommandPalette
          onClose={() => setOver((now) => (now === 'palette' ? undefined : now))}
          showKeys={() => setOver('keys')}
          showFirstRun={firstRun.show}
          search={(query) => {
            setQuery(query);
            go('timeline');
          }}
        />
      )}
      {over === 'keys' && <KeyMap onClose={close} />}
    </>
  );
}

function Places({ name: current, onFind }: { readonly name: PlaceName; readonly onFind: () => void }) {
  return (
    <div className="app">
      <nav className="sidebar" aria-label="Places">
        <ul>
          {places.map((name, index) => (
            <li key={name}>
              <a
                href={`#/${name}`}
                aria-current={current === name ? 'page' : undefined}
                title={`${placeTitles[name]} (Ctrl+${index + 1})`}
              >
                <Icon name={icons[name]} />
                <span className="sidebar-words">{placeTitles[name]}</span>
                {name === 'now' && <WaitingBadge />}
              </a>
            </li>
          ))}
        </ul>
        <div className="sidebar-foot">
          <button
            type="button"
            className="sidebar-find"
            onClick={onFind}
            aria-keyshortcuts="Control+K"
            title="Go to anything by its name (Ctrl+K)"
          >
            <Icon name="search" />
            <span className="sidebar-words">Go to…</span>
            <kbd className="sidebar-keys">Ctrl K</kbd>
          </button>
          <LinkState />
        </div>
      </nav>
      <main className="place" aria-label={placeTitles[current]} tabIndex={-1}>
        <LinkBanner />
        <PageBoundary key={current} title={placeTitles[current]}>
          <Suspense fallback={<Skeleton label={`${placeTitles[current]} is being opened`} />}>
            <Page />
          </Suspense>
        </PageBoundary>
      </main>
    </div>
  );
}

function Page() {
  const { name, detail } = usePlace();
  switch (name) {
    case 'now':
      return <NowPage session={detail} />;
    case 'agents':
      return <AgentsPage agent={detail} />;
    case 'timeline':
      return <TimelinePage event={detail} />;
    case 'policies':
      return <PoliciesPage />;
    case 'settings':
      return <SettingsPage section={detail} />;
  }
}

/** Open questions; the approval window shows them. */
function WaitingBadge() {
  const waiting = useSessions(({ approvals }) => approvals.filter(({ state }) => state === 'waiting').length);
  if (waiting === 0) return null;
  return (
    <span className="badge badge-attention" role="status">
      {waiting}
      <span className="sidebar-words">waiting</span>
    </span>
  );
}
