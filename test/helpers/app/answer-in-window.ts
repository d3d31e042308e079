import type { Locator } from 'playwright-core';
import type { DesktopApp } from './desktop-app.ts';

/** A button of the approval window that answers, once it is armed. */
export function armedAnswer(app: DesktopApp, name: string): Locator {
  return app.approval.locator(`[data-answers="${name}"][aria-disabled="false"]`);
}

/** Answers the question with this heading as a person does: when it stands, and its buttons are armed. */
export async function answerInWindow(app: DesktopApp, heading: string | RegExp, name = 'confirm'): Promise<void> {
  await app.approval.getByRole('heading', { name: heading }).waitFor();
  await armedAnswer(app, name).click();
}
