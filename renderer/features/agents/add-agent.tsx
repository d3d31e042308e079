import { type FormEvent, useId, useState } from 'react';
import type { FoundAgent } from '#contract/bridge.ts';
import type { ErrorData } from '#contract/errors.ts';
import { agentNameSchema } from '#contract/session.ts';
import { errorDataOf, unwrap } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { useLink } from '../../stores/link-store.ts';
import { go } from '../../stores/place-store.ts';
import { useAnswer } from '../../stores/use-answer.ts';
import { BackLink } from './back-link.tsx';
import { KeystoreNote } from './keystore-note.tsx';
import type { KnownAgent } from './known-agent.ts';

/** What became of the wish to bring an agent in. */
type Asked =
  | { readonly name: string; readonly state: 'asking' | 'declined' }
  | { readonly error: ErrorData }
  | undefined;

function useBringIn(): { readonly asked: Asked; readonly bringIn: (name: string, command?: string) => void } {
  const [asked, setAsked] = useState<Asked>();
  const bringIn = (name: string, command?: string) => {
    setAsked({ name, state: 'asking' });
    window.gatehouse
      .propose({ kind: 'agent', name, ...(command === undefined ? {} : { command }) })
      .then(unwrap)
      .then(
        ({ confirmed }) => {
          if (confirmed) go('agents', name);
          else setAsked({ name, state: 'declined' });
        },
        (error: unknown) => setAsked({ error: errorDataOf(error) }),
      );
  };
  return { asked, bringIn };
}

/** Brings in an agent: one that is on the machine, or any command. The approval window shows its facts and confirms. */
export function AddAgent({ known }: { readonly known: readonly KnownAgent[] }) {
  return (
    <>
      <header className="agents-head">
        <BackLink />
        <h1>Add an agent</h1>
      </header>
      <KeystoreNote />
      <div className="add-agent">
        <p className="dim">
          It gets a key of its own, bound to the program that you see and confirm in the approval window. Nothing is
          granted to it beyond what its preset says.
        </p>
        <section aria-labelledby="found-heading">
          <h2 id="found-heading">Found on this machine</h2>
          <FoundAgents known={known} />
        </section>
        <section aria-labelledby="typed-heading">
          <h2 id="typed-heading">Another one</h2>
          <TypedAgent known={known} />
        </section>
      </div>
    </>
  );
}

/** The agents on the PATH that there are presets for. */
export function FoundAgents({ known }: { readonly known: readonly KnownAgent[] }) {
  const { value, error } = useAnswer('found', async () => unwrap(await window.gatehouse.findAgents()));
  const { asked, bringIn } = useBringIn();
  const connected = useLink(({ link }) => link.state === 'connected');
  if (error !== undefined) return <ErrorNote error={error} />;
  if (value === undefined) return <p className="dim">Looking…</p>;
  if (value.length === 0) {
    return (
      <p className="dim">No agent that Gatehouse has a preset for is on your PATH. Any other command can be one too.</p>
    );
  }
  const isThere = ({ id }: FoundAgent) => known.some(({ agent }) => agent.name === id && agent.state !== 'retired');
  const isAsking = asked !== undefined && 'state' in asked && asked.state === 'asking';
  return (
    <>
      <ul className="found-agents" aria-label="Agents on this machine">
        {value.map((found) => (
          <li key={found.id}>
            <div>
              <strong>{found.title}</strong> <span className="dim">{found.label}</span>
              <br />
              <ForeignText text={found.path} most={64} />
            </div>
            {isThere(found) ? (
              <a className="text-link" href={`#/agents/${found.id}`}>
                Has a key
              </a>
            ) : (
              <button
                type="button"
                className="button"
                disabled={isAsking || !connected}
                onClick={() => bringIn(found.id, found.command)}
              >
                Bring in<span className="visually-hidden"> {found.title}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <AskedNote asked={asked} />
    </>
  );
}

function TypedAgent({ known }: { readonly known: readonly KnownAgent[] }) {
  const [name, setName] = useState('');
  const [command, setCommand] = useState('');
  const [tried, setTried] = useState(false);
  const { asked, bringIn } = useBringIn();
  const connected = useLink(({ link }) => link.state === 'connected');
  const ids = { name: useId(), command: useId(), why: useId() };
  const wrong = wrongName(name, known);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong === undefined && command.trim() !== '') bringIn(name, command.trim());
  };
  const isAsking = asked !== undefined && 'state' in asked && asked.state === 'asking';
  return (
    <form className="typed-agent" onSubmit={submit}>
      <label htmlFor={ids.command}>Command</label>
      <input
        id={ids.command}
        className="field mono"
        value={command}
        spellCheck={false}
        placeholder="my-agent or /opt/agents/my-agent"
        aria-invalid={tried && command.trim() === ''}
        onChange={(event) => setCommand(event.target.value)}
      />
      <label htmlFor={ids.name}>Name</label>
      <input
        id={ids.name}
        className="field mono"
        value={name}
        spellCheck={false}
        placeholder="my-agent"
        aria-invalid={tried && wrong !== undefined}
        aria-describedby={ids.why}
        onChange={(event) => setName(event.target.value)}
      />
      <p id={ids.why} className={tried && wrong !== undefined ? 'field-wrong' : 'dim'}>
        {tried && wrong !== undefined
          ? wrong
          : 'Lower-case letters, digits and dashes. You see it in every entry of the record.'}
      </p>
      <div>
        <button type="submit" className="button button-primary" disabled={isAsking || !connected}>
          Ask to bring it in
        </button>
      </div>
      <AskedNote asked={asked} />
    </form>
  );
}

function wrongName(name: string, known: readonly KnownAgent[]): string | undefined {
  if (!agentNameSchema.safeParse(name).success) {
    return 'A name is 1 to 40 lower-case letters, digits and dashes, and begins with a letter.';
  }
  if (known.some(({ agent }) => agent.name === name && agent.state !== 'retired'))
    return `There is an agent ${name} already.`;
  return undefined;
}

function AskedNote({ asked }: { readonly asked: Asked }) {
  if (asked === undefined) return null;
  if ('error' in asked) return <ErrorNote error={asked.error} />;
  return (
    <p role="status" className="asked-note">
      {asked.state === 'asking'
        ? `The approval window shows what ${asked.name} is. Confirm it there.`
        : `Nothing changed: ${asked.name} was not confirmed.`}
    </p>
  );
}
