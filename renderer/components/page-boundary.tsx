import { Component, type ReactNode } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { errorDataOf } from '../bridge.ts';
import { ErrorNote } from './error-note.tsx';

interface Props {
  /** What stands in it, in a word. */
  readonly title: string;
  readonly children: ReactNode;
}

interface State {
  readonly error: ErrorData | undefined;
}

/** Holds a place: where drawing it fails, that is said in its stead, and the others go on. Sessions do not depend on it. */
export class PageBoundary extends Component<Props, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error: errorDataOf(error) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    const { title, children } = this.props;
    if (error === undefined) return children;
    return (
      <>
        <h1 className="visually-hidden">{title}</h1>
        <ErrorNote
          title={`${title} could not be drawn. Sessions and their walls do not depend on this window.`}
          error={error}
        >
          <p>
            <button type="button" className="button" onClick={() => this.setState({ error: undefined })}>
              Draw it again
            </button>
          </p>
        </ErrorNote>
      </>
    );
  }
}
