import './no-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { showTitlesOnFocus } from './components/focus-titles.ts';
import { passEvents } from './stores/events-store.ts';
import { useLink } from './stores/link-store.ts';
import { go, placeOf } from './stores/place-store.ts';
import { useSessions } from './stores/sessions-store.ts';
import { passOutput, passStreamEnd } from './stores/streams.ts';
import './styles/base.css';
import './styles/components.css';
import './styles/forced-colors.css';

window.gatehouse.onEvent((event) => {
  const { refresh } = useSessions.getState();
  if (event.type === 'link') {
    useLink.getState().set(event.link);
    if (event.link.state === 'connected') void refresh();
  } else if (event.type === 'events') {
    passEvents(event.events, event.dropped);
    if (event.dropped > 0 || event.events.some(({ kind }) => /^(?:session|approval|grant|agent|task)\./u.test(kind)))
      void refresh();
  } else if (event.type === 'approvals') void refresh();
  else if (event.type === 'output') passOutput(event.stream, event.bytes);
  else if (event.type === 'stream-end') passStreamEnd(event.stream, event.why);
  else {
    const { name, detail } = placeOf(event.place);
    go(name, detail);
  }
});

showTitlesOnFocus();

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
