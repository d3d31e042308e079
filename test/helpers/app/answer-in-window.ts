import type { Locator } from 'playwright-core';
import { eventually } from '../poll.ts';
import type { DesktopApp } from './desktop-app.ts';

/** A button of the approval window that answers, once it is armed. */
export function armedAnswer(app: DesktopApp, name: string): Locator {
  return app.approval.locator(`[data-answers="${name}"][aria-disabled="false"]`);
}

/** Answers the question with this heading as a person does: read to its end, and pressed once the buttons are armed. */
export async function answerInWindow(app: DesktopApp, heading: string | RegExp, name = 'confirm'): Promise<void> {
  const { approval } = app;
  await approval.getByRole('heading', { name: heading }).waitFor();
  await eventually(
    async () => {
      await approval.evaluate("document.querySelector('.scroll').scrollTo(0, 100_000)");
      return (await armedAnswer(app, name).count()) === 1;
    },
    { what: `the answer ${name} to be armed` },
  );
  await armedAnswer(app, name).click();
}
