import { type ReactNode, useEffect, useRef } from 'react';
import { doctorVerdict, type MechanismId } from '#contract/mechanisms.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { WindowKeys } from '../../components/key-map.tsx';
import { When } from '../../components/when.tsx';
import { useShell } from '../../stores/shell-store.ts';
import { AboutSection } from './about-section.tsx';
import { Awaited } from './awaited.tsx';
import { AppearanceChoice, StartAtLogin, Updates } from './choices.tsx';
import { MechanismGroups, MechanismRow } from './mechanism-rows.tsx';
import { RetentionSection } from './retention-section.tsx';
import { type Mechanisms, useMechanisms } from './use-mechanisms.ts';
import './settings.css';

const sections = [
  ['mechanisms', 'Mechanisms'],
  ['keystore', 'Keystore'],
  ['retention', 'Retention'],
  ['appearance', 'Appearance'],
  ['start', 'Start and updates'],
  ['shortcuts', 'Shortcuts'],
  ['about', 'About'],
] as const;
type SectionId = (typeof sections)[number][0];

/** Of the machine what keeps keys and vouches for the record. */
const keystoreIds: readonly MechanismId[] = ['keystore', 'checkpoint-signing', 'witness'];

const unknown = 'Not known while no supervisor answers.';

/** The machine in plain words, and what little there is to choose. */
export function SettingsPage({ section }: { readonly section?: string | undefined }) {
  const mechanisms = useMechanisms();
  const error = useShell((state) => state.error);
  const current = sections.find(([id]) => id === section)?.[0] ?? 'mechanisms';
  const body = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each section begins at its top
  useEffect(() => body.current?.scrollTo({ top: 0 }), [current]);
  return (
    <div className="settings">
      <nav aria-label="Sections of the settings" className="settings-sections">
        {sections.map(([id, title]) => (
          <a key={id} href={`#/settings/${id}`} aria-current={id === current ? 'true' : undefined}>
            {title}
            {id === 'mechanisms' && <MissingCount mechanisms={mechanisms} />}
          </a>
        ))}
      </nav>
      {/* It scrolls, so that the keyboard has to reach it. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <section className="settings-body" tabIndex={0} aria-label="Settings" ref={body}>
        <h1 className="visually-hidden">Settings</h1>
        {error !== undefined && <ErrorNote error={error} />}
        <Current id={current} mechanisms={mechanisms} />
      </section>
    </div>
  );
}

/** What is missing is seen from every section. */
function MissingCount({ mechanisms: { entries } }: { readonly mechanisms: Mechanisms }) {
  const missing = (entries ?? []).filter(({ state }) => state === 'missing').length;
  return missing === 0 ? null : <span className="badge risk-high">{missing} missing</span>;
}

function Current({ id, mechanisms }: { readonly id: SectionId; readonly mechanisms: Mechanisms }) {
  switch (id) {
    case 'mechanisms':
      return <MechanismsSection mechanisms={mechanisms} />;
    case 'keystore':
      return (
        <Section id={id} title="Keystore" about="Where the keys of agents and of the record are.">
          <KeystoreRows mechanisms={mechanisms} />
        </Section>
      );
    case 'retention':
      return (
        <Section
          id={id}
          title="Retention"
          about="How long the content of the record stays. That something happened stays for ever, and so does the proof of it."
        >
          <RetentionSection />
        </Section>
      );
    case 'appearance':
      return (
        <Section id={id} title="Appearance" about="For this window and the one that asks.">
          <AppearanceChoice />
        </Section>
      );
    case 'start':
      return (
        <Section id={id} title="Start and updates">
          <StartAtLogin />
          <Updates />
        </Section>
      );
    case 'shortcuts':
      return (
        <Section id={id} title="Shortcuts">
          <GlobalShortcuts />
          <WindowKeys />
        </Section>
      );
    case 'about':
      return (
        <Section id={id} title="About">
          <AboutSection />
        </Section>
      );
  }
}

interface SectionProps {
  readonly id: SectionId;
  readonly title: string;
  readonly about?: string;
  readonly children: ReactNode;
}

function Section({ id, title, about, children }: SectionProps) {
  return (
    <section id={`settings-${id}`} aria-labelledby={`settings-${id}-title`} className="settings-section">
      <h2 id={`settings-${id}-title`}>{title}</h2>
      {about !== undefined && <p className="dim">{about}</p>}
      {children}
    </section>
  );
}

function MechanismsSection({ mechanisms }: { readonly mechanisms: Mechanisms }) {
  const { entries, at, error, checking, check } = mechanisms;
  return (
    <Section
      id="mechanisms"
      title="Mechanisms"
      about="What the walls, the decisions and the record stand on, on this machine."
    >
      <div className="mechanisms-head">
        <p role="status">{entries === undefined ? '' : doctorVerdict(entries)}</p>
        {at !== undefined && (
          <span className="dim">
            Checked <When at={at} />
          </span>
        )}
        <button type="button" className="button" onClick={check} disabled={checking}>
          {checking ? 'Checking…' : 'Check again'}
        </button>
      </div>
      {error !== undefined && <ErrorNote title="The machine could not be checked." error={error} />}
      {entries !== undefined && <MechanismGroups entries={entries} />}
      {entries === undefined && error === undefined && (
        <Awaited
          label="Mechanisms are being looked at"
          rows={8}
          lost="They are looked at as soon as a supervisor answers."
        />
      )}
      <p className="dim">
        <code>gatehouse doctor</code> says the same in a terminal, also where no supervisor starts.
      </p>
    </Section>
  );
}

function KeystoreRows({ mechanisms: { entries, error } }: { readonly mechanisms: Mechanisms }) {
  if (entries === undefined) {
    return error === undefined ? (
      <Awaited label="The keystore is being looked at" rows={2} lost={unknown} />
    ) : (
      <p>{unknown}</p>
    );
  }
  const own = entries.filter(({ id }) => keystoreIds.some((each) => each === id));
  return (
    <ul>
      {own.map((entry) => (
        <MechanismRow key={entry.id} entry={entry} />
      ))}
    </ul>
  );
}

/** Keys that the whole desktop gave to the shell, or did not. */
function GlobalShortcuts() {
  const shortcuts = useShell(({ shell }) => shell?.shortcuts);
  if (shortcuts === undefined || shortcuts.length === 0) return null;
  return (
    <>
      <h3 className="keys-heading">From anywhere on the desktop</h3>
      <table className="keys" aria-label="From anywhere on the desktop">
        <tbody>
          {shortcuts.map(({ keys, does, held }) => (
            <tr key={keys}>
              <th scope="row">
                <kbd>{keys.replace('CommandOrControl', 'Ctrl').replaceAll('+', ' + ')}</kbd>
              </th>
              <td>
                {does}
                {!held && (
                  <span className="dim">
                    {' '}
                    <span className="badge badge-attention">Not held</span> The desktop, or another program, keeps these
                    keys: they do nothing here. The tray does the same.
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3 className="keys-heading">In this window</h3>
    </>
  );
}
