import type { ReactNode } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { CopiedCommand, commandsIn } from './copied-command.tsx';
import { Icon } from './icon.tsx';

interface Props {
  readonly title?: string;
  readonly error: ErrorData;
  /** What follows from it here, in this page's words. */
  readonly children?: ReactNode;
}

/** What failed, why, and what to do, in the supervisor's own words; commands of a terminal can be copied. */
export function ErrorNote({ title, error: { what, why, remedy }, children }: Props) {
  return (
    <section className="note note-bad" role="alert">
      <Icon name="alert" />
      <div>
        <p className="note-title">{title ?? visible(what)}</p>
        {title !== undefined && <p>{visible(what)}</p>}
        {why !== undefined && <Lines text={why} />}
        {remedy !== undefined && <Lines text={remedy} />}
        {[...new Set(commandsIn(`${why ?? ''} ${remedy ?? ''}`))].map((command) => (
          <CopiedCommand key={command} command={command} />
        ))}
        {children}
      </div>
    </section>
  );
}

/** Lines of a reason that are shown at once. */
const linesMax = 3;

/** A text of several lines, each escaped by itself; a long one folds after its beginning. */
function Lines({ text }: { readonly text: string }) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const rest = lines.slice(lines.length > linesMax + 1 ? linesMax : lines.length);
  return (
    <>
      <Paragraphs lines={lines.slice(0, lines.length - rest.length)} />
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more lines</summary>
          <Paragraphs lines={rest} />
        </details>
      )}
    </>
  );
}

function Paragraphs({ lines }: { readonly lines: readonly string[] }) {
  return lines.map((line, index) => (
    // Lines of a text that does not change stay in their order.
    // biome-ignore lint/suspicious/noArrayIndexKey: two lines may be the same
    <p key={index}>{visible(line)}</p>
  ));
}
