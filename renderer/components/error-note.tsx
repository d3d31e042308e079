import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { Icon } from './icon.tsx';

/** What failed, why, and what to do, in the supervisor's own words. */
export function ErrorNote({ title, error }: { readonly title?: string; readonly error: ErrorData }) {
  return (
    <section className="note note-bad" role="alert">
      <Icon name="alert" />
      <div>
        <p className="note-title">{title ?? visible(error.what)}</p>
        {title !== undefined && <p>{visible(error.what)}</p>}
        {error.why !== undefined && <p>{visible(error.why)}</p>}
        {error.remedy !== undefined && <p>{visible(error.remedy)}</p>}
      </div>
    </section>
  );
}
