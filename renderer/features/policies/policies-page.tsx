import { useRef, useState } from 'react';
import type { PolicyList } from '#contract/policy.ts';
import { call } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useArrowKeys } from '../../components/use-arrow-keys.ts';
import { useAnswer } from '../../stores/use-answer.ts';
import { Examples } from './examples.tsx';
import { Layers } from './layers.tsx';
import './policies.css';
import { OwnRules } from './own-rules.tsx';
import { ProtectedFiles } from './protected-files.tsx';
import { Simulator } from './simulator.tsx';
import { WorkspaceChoice } from './workspace-choice.tsx';

type Tab = 'rules' | 'own' | 'protected' | 'examples';
const tabs: readonly { readonly name: Tab; readonly title: string }[] = [
  { name: 'rules', title: 'Rules' },
  { name: 'own', title: 'Your rules' },
  { name: 'protected', title: 'Protected files' },
  { name: 'examples', title: 'Examples' },
];

const changing = /^(?:session\.started|task\.created|supervisor\.started|policy\.loaded)$/u;

/** What decides: the layers side by side, what is protected, the rules' own examples, and a place to ask what would be. */
export function PoliciesPage() {
  const part = useRef<HTMLDivElement>(null);
  useArrowKeys(part, '.layer-item summary');
  const [chosen, setChosen] = useState<string>();
  const [tab, setTab] = useState<Tab>('rules');
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
        <div className="segments" role="tablist" aria-label="What is shown">
          {tabs.map(({ name, title }) => (
            <button
              key={name}
              id={`tab-${name}`}
              type="button"
              role="tab"
              aria-selected={tab === name}
              aria-controls="policies-panel"
              tabIndex={tab === name ? 0 : -1}
              onClick={() => setTab(name)}
              onKeyDown={(event) => {
                const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? tabs.length - 1 : 0;
                const next = tabs[(tabs.findIndex((each) => each.name === name) + step) % tabs.length];
                if (step === 0 || next === undefined) return;
                setTab(next.name);
                document.getElementById(`tab-${next.name}`)?.focus();
              }}
            >
              {title}
            </button>
          ))}
        </div>
      </header>
      <div className="policies-body">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that the keyboard must reach it */}
        <div className="policies-main" id="policies-panel" role="tabpanel" tabIndex={0} aria-labelledby={`tab-${tab}`}>
          {failure !== undefined && (
            <ErrorNote {...(value === undefined ? {} : { title: 'This is what was known before.' })} error={failure} />
          )}
          {value === undefined && failure === undefined && <Skeleton label="Rules are being listed" />}
          {value?.problem !== undefined && (
            <ErrorNote title="No session starts in this folder: its own rules cannot be used." error={value.problem} />
          )}
          {value !== undefined && tab === 'rules' && <Layers list={value} shown={shownRule} />}
          {value !== undefined && tab === 'own' && <OwnRules list={value} reload={reload} />}
          {value !== undefined && tab === 'protected' && <ProtectedFiles list={value} />}
          {value !== undefined && tab === 'examples' && <Examples list={value} />}
        </div>
        {value !== undefined && (
          <Simulator
            workspace={value.workspace}
            show={(rule) => {
              setTab('rules');
              setShownRule(rule);
            }}
          />
        )}
      </div>
    </div>
  );
}

/** Where sessions ran, the newest first. */
async function askWorkspaces(): Promise<readonly string[]> {
  const { sessions } = await call('session.list', { all: true });
  const newest = sessions.toSorted((one, other) => (one.startedAt < other.startedAt ? 1 : -1));
  return [...new Set(newest.map(({ workspace }) => workspace))];
}
