import { useEffect, useId, useState } from 'react';
import type { Result } from '#contract/api.ts';
import type { ErrorData } from '#contract/errors.ts';
import { type PolicyList, policyFileNameSchema } from '#contract/policy.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf, unwrap } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { Icon } from '../../components/icon.tsx';
import { useLink } from '../../stores/link-store.ts';
import { CedarEditor } from './cedar-editor.tsx';
import { useDrafts } from './draft-store.ts';
import './own-rules.css';

/** A person writes this long before the text is checked. */
const restMs = 300;
const newFile = '';
const template = `@id("no-example")
@reason("nothing of mine goes there")
@example_deny("net.connect example.org:443")
@example_allow("net.connect example.com:443")
forbid (principal, action == Action::"net.connect", resource in Host::"example.org");
`;

type Check = Result<'policy.check'>;

/** The person's own rules: written here, checked as they are written, and saved by the approval window alone. */
export function OwnRules({ list, reload }: { readonly list: PolicyList; readonly reload: () => void }) {
  const drafts = useDrafts();
  const file = drafts.file ?? list.files[0]?.name ?? newFile;
  const { name } = drafts;
  const found = list.files.find((each) => each.name === file);
  const text = drafts.texts[file] ?? found?.text ?? template;
  const [edition, setEdition] = useState(0);
  const [asking, setAsking] = useState(false);
  const [said, setSaid] = useState('');
  const [failure, setFailure] = useState<ErrorData>();
  const connected = useLink(({ link }) => link.state === 'connected');
  const target = file === newFile ? name : file;
  const isNamed = policyFileNameSchema.safeParse(target).success;
  const check = useCheck(isNamed ? target : 'mine.cedar', text);
  const ids = { file: useId(), name: useId() };
  const pick = (picked: string) => {
    drafts.pick(picked);
    setSaid('');
    setFailure(undefined);
  };
  const propose = (wanted: string) => {
    setAsking(true);
    setFailure(undefined);
    setSaid('The approval window shows what changes. Confirm it there.');
    window.gatehouse
      .propose({ kind: 'policy', file: target, text: wanted })
      .then(unwrap)
      .then(
        ({ confirmed }) => {
          setSaid(
            confirmed
              ? `${target} counts for sessions that start from now on.`
              : 'Nothing changed: it was not confirmed.',
          );
          if (!confirmed) return;
          drafts.drop(file);
          if (wanted === '') {
            drafts.pick(newFile);
            setEdition((before) => before + 1);
          } else {
            // Until the list is there again, the saved text is known here alone.
            drafts.write(target, wanted);
            drafts.pick(target);
          }
          reload();
        },
        (error: unknown) => {
          setSaid('');
          setFailure(errorDataOf(error));
        },
      )
      .finally(() => setAsking(false));
  };
  const isSound = check !== undefined && check.problems.length === 0;
  return (
    <div className="own-rules">
      {list.files.length === 0 && (
        <p className="dim own-rules-lead">
          Rules of your own count for every agent: they may forbid more, ask about more, or permit what nothing else
          does. Examples in a rule run before it can be saved.
        </p>
      )}
      <div className="own-rules-head">
        <label htmlFor={ids.file}>File</label>
        <select id={ids.file} className="field mono" value={file} onChange={(event) => pick(event.target.value)}>
          {list.files.map((each) => (
            <option key={each.name} value={each.name}>
              {each.name}
            </option>
          ))}
          <option value={newFile}>a new one</option>
        </select>
        {file === newFile && (
          <>
            <label htmlFor={ids.name}>called</label>
            <input
              id={ids.name}
              className="field mono"
              value={name}
              spellCheck={false}
              aria-invalid={!isNamed}
              onChange={(event) => drafts.call(event.target.value)}
            />
          </>
        )}
        <span className="spacer" />
        {found !== undefined && (
          <button
            type="button"
            className="button button-bad"
            disabled={asking || !connected}
            onClick={() => propose('')}
          >
            Ask to remove
          </button>
        )}
        <button
          type="button"
          className="button button-primary"
          disabled={asking || !connected || !isSound || !isNamed || text === found?.text || text.trim() === ''}
          onClick={() => propose(text)}
        >
          Ask to save
        </button>
      </div>
      {!isNamed && (
        <p className="field-wrong">A file is lower-case letters, digits and dashes, and ends with .cedar.</p>
      )}
      <CedarEditor
        key={`${file} ${edition}`}
        start={text}
        label={`Rules in ${target}`}
        problems={check?.problems ?? none}
        onChange={(written) => drafts.write(file, written)}
      />
      <Checked check={check} />
      <p role="status" className="status-line">
        {said}
      </p>
      {failure !== undefined && <ErrorNote error={failure} />}
    </div>
  );
}

const none: Check['problems'] = [];

function useCheck(file: string, text: string): Check | undefined {
  const [checked, setChecked] = useState<{ readonly text: string; readonly check: Check }>();
  const connected = useLink(({ link }) => link.state === 'connected');
  useEffect(() => {
    if (!connected) return;
    let isCurrent = true;
    const timer = window.setTimeout(() => {
      call('policy.check', { file, text }).then(
        (check) => isCurrent && setChecked({ text, check }),
        // What cannot be checked cannot be saved: there is nothing to show beyond the button that stays off.
        () => isCurrent && setChecked(undefined),
      );
    }, restMs);
    return () => {
      isCurrent = false;
      window.clearTimeout(timer);
    };
  }, [file, text, connected]);
  return checked?.text === text ? checked.check : undefined;
}

function Checked({ check }: { readonly check: Check | undefined }) {
  if (check === undefined) return <p className="dim">Checking…</p>;
  const { problems, examples, rules } = check;
  if (problems.length > 0) {
    return (
      <ul className="problems" aria-label="What is wrong" aria-live="polite">
        {[...byLine(problems)].map(([line, [first, ...others]]) => (
          <li key={line}>
            <Icon name="alert" />
            <div>
              {line !== undefined && <strong>Line {line}: </strong>}
              {visible(first?.what ?? '')} <span className="dim">{visible(first?.remedy ?? '')}</span>
              {others.length > 0 && (
                <details>
                  <summary>
                    {others.length === 1 ? 'One more about this line' : `${others.length} more about this line`}
                  </summary>
                  {others.map(({ what }) => (
                    <p key={what}>{visible(what)}</p>
                  ))}
                </details>
              )}
            </div>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <p className="sound" aria-live="polite">
      <Icon name="check" />
      <span>
        {rules === 1 ? 'One rule holds' : `${rules} rules hold`}
        {examples.length > 0 &&
          `, and so do ${examples.length === 1 ? 'its example' : `the ${examples.length} examples in ${rules === 1 ? 'it' : 'them'}`}`}
        .{' '}
        <span className="dim">
          Saving asks in the approval window, with what it would have changed in the last seven days.
        </span>
      </span>
    </p>
  );
}

/** One mistake has often several consequences: the first that was found about a line names it. */
function byLine(problems: Check['problems']): ReadonlyMap<number | undefined, Check['problems']> {
  return Map.groupBy(problems, ({ line }) => line);
}
