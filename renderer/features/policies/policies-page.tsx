import { useId, useRef, useState } from 'react';
import type { PolicyList } from '#contract/policy.ts';
import { call } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Tabs, tabId } from '../../components/tabs.tsx';
import { useArrowKeys } from '../../components/use-arrow-keys.ts';
import { useAnswer } from '../../stores/use-answer.ts';
import { Examples } from './examples.tsx';
import { Layers } from './layers.tsx';
import './policies.css';
import { OwnRules } from './own-rules.tsx';
import { ProtectedFiles } from './protected-files.tsx';
import { Simulator } from './simulator.tsx';
import { WorkspaceChoice } from './workspace-choice.tsx';

const tabs = [
  { name: 'rules', title: 'Rules' },
  { name: 'own', title: 'Your rules' },
  { name: 'protected', title: 'Protected files' },
  { name: 'examples', title: 'Examples' },
] as const;
type Tab = (typeof tabs)[number]['name'];
const panel = 'policies-panel';

const changing = /^(?:session\.started|task\.created|supervisor\.started|policy\.loaded)$/u;

/** What decides: the layers side by side, what is protected, the rules' own examples, and a place to ask what would be. */
export function PoliciesPage() {
  const part = useRef<HTMLDivElement>(null);
  useArrowKeys(part, '.rule summary');
  const [chosen, setChosen] = useState<string>();
  const [tab, setTab] = useState<Tab>('rules');
  const [wanted, setWanted] = useState('');
  const [shownRule, setShownRule] = useState<string>();
  const known = useAnswer('workspaces', askWorkspaces, changing);
  const workspace = chosen ?? known.value?.[0];
  const { value, error, reload } = useAnswer<PolicyList>(
    known.value === undefined ? '' : `policies ${workspace ?? ''}`,
    () =>
      known.value === undefined
        ? new Promise(() => {})
        : call('policy.list', workspace === undefined ? {} : { workspace }),
    changing,
  );
  const failure = known.error ?? error;
  return (
    <div className="policies" ref={part}>
      <header className="policies-head">
        <h1>Policies</h1>
        <WorkspaceChoice workspaces={known.value ?? []} chosen={workspace} home={value?.home} choose={setChosen} />
        <Tabs label="What is shown" tabs={tabs} chosen={tab} choose={setTab} panel={panel} />
        {tab !== 'own' && <Find wanted={wanted} want={setWanted} />}
      </header>
      <div className="policies-body">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that the keyboard must reach it */}
        <div className="policies-main" id={panel} role="tabpanel" tabIndex={0} aria-labelledby={tabId(panel, tab)}>
          {failure !== undefined && (
            <ErrorNote {...(value === undefined ? {} : { title: 'This is what was known before.' })} error={failure} />
          )}
          {value === undefined && failure === undefined && <Skeleton label="Rules are being listed" />}
          {value?.problem !== undefined && (
            <ErrorNote title="No session starts in this folder: its own rules cannot be used." error={value.problem} />
          )}
          {value !== undefined && tab === 'rules' && <Layers list={value} wanted={wanted} shown={shownRule} />}
          {value !== undefined && tab === 'own' && <OwnRules list={value} reload={reload} />}
          {value !== undefined && tab === 'protected' && <ProtectedFiles list={value} wanted={wanted} />}
          {value !== undefined && tab === 'examples' && <Examples list={value} wanted={wanted} />}
        </div>
        {value !== undefined && (
          <Simulator
            workspace={value.workspace}
            rules={value.rules}
            home={value.home}
            isDraft={tab === 'own'}
            show={(rule) => {
              setTab('rules');
              setWanted('');
              setShownRule(rule);
            }}
          />
        )}
      </div>
    </div>
  );
}

/** What is looked for in the part that is shown. */
function Find({ wanted, want }: { readonly wanted: string; readonly want: (text: string) => void }) {
  const id = useId();
  return (
    <div className="policies-find">
      <label className="visually-hidden" htmlFor={id}>
        Find in this part
      </label>
      <input
        id={id}
        type="search"
        className="field"
        value={wanted}
        placeholder="Find"
        onChange={(event) => want(event.target.value)}
      />
    </div>
  );
}

/** Where sessions ran, the newest first. */
async function askWorkspaces(): Promise<readonly string[]> {
  const { sessions } = await call('session.list', { all: true });
  const newest = sessions.toSorted((one, other) => (one.startedAt < other.startedAt ? 1 : -1));
  return [...new Set(newest.map(({ workspace }) => workspace))];
}
