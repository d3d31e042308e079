import { useEffect } from 'react';
import { ErrorNote } from './components/error-note.tsx';
import { Icon, type IconName } from './components/icon.tsx';
import { AgentsPage } from './features/agents/agents-page.tsx';
import { NowPage } from './features/now/now-page.tsx';
import { PoliciesPage } from './features/policies/policies-page.tsx';
import { SettingsPage } from './features/settings/settings-page.tsx';
import { TimelinePage } from './features/timeline/timeline-page.tsx';
import { useLink } from './stores/link-store.ts';
import { go, type PlaceName, places, usePlace } from './stores/place-store.ts';
import { useSessions } from './stores/sessions-store.ts';

const titles: Readonly<Record<PlaceName, string>> = {
  now: 'Now',
  agents: 'Agents',
  timeline: 'Timeline',
  policies: 'Policies',
  settings: 'Settings',
};
const icons: Readonly<Record<PlaceName, IconName>> = {
  now: 'pulse',
  agents: 'key',
  timeline: 'list',
  policies: 'shield',
  settings: 'gear',
};

/** The main window: five places, and how it stands with the supervisor. */
export function App() {
  const place = usePlace();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const place = event.ctrlKey || event.metaKey ? places[Number(event.key) - 1] : undefined;
      if (place === undefined) return;
      event.preventDefault();
      go(place);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className="app">
      <nav className="sidebar" aria-label="Places">
        <ul>
          {places.map((name, index) => (
            <li key={name}>
              <a
                href={`#/${name}`}
                aria-current={place.name === name ? 'page' : undefined}
                title={`${titles[name]} (Ctrl+${index + 1})`}
              >
                <Icon name={icons[name]} />
                <span>{titles[name]}</span>
                {name === 'now' && <WaitingBadge />}
              </a>
            </li>
          ))}
        </ul>
        <LinkState />
      </nav>
      <main className="place" aria-label={titles[place.name]}>
        <LinkBanner />
        <Page />
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
      return <SettingsPage />;
  }
}

/** Open questions; the approval window shows them. */
function WaitingBadge() {
  const waiting = useSessions(({ approvals }) => approvals.filter(({ state }) => state === 'waiting').length);
  if (waiting === 0) return null;
  return (
    <span className="badge badge-attention" role="status">
      {waiting} waiting
    </span>
  );
}

function LinkState() {
  const { link } = useLink();
  const text = { connecting: 'Connecting…', connected: 'Supervised', lost: 'No supervisor' }[link.state];
  return (
    <p className={`link-state link-${link.state}`} role="status">
      <span className="dot" aria-hidden="true" />
      {text}
    </p>
  );
}

/** What is below it is what was known last, so it is said above it. */
function LinkBanner() {
  const { link } = useLink();
  if (link.state !== 'lost') return null;
  return <ErrorNote title="The supervisor does not answer. Sessions end with it." error={link.error} />;
}
