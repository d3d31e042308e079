import { lazy } from 'react';

// Loaded when they are first opened: the editor, the chart and the terminal are most of what the window has to read, and a start shows none
// of them.

/** The place Agents. */
export const AgentsPage = lazy(async () => ({ default: (await import('./agents/agents-page.tsx')).AgentsPage }));

/** The introduction. */
export const FirstRunPage = lazy(async () => ({
  default: (await import('./first-run/first-run-page.tsx')).FirstRunPage,
}));

/** The place Policies. */
export const PoliciesPage = lazy(async () => ({
  default: (await import('./policies/policies-page.tsx')).PoliciesPage,
}));

/** The place Settings. */
export const SettingsPage = lazy(async () => ({
  default: (await import('./settings/settings-page.tsx')).SettingsPage,
}));

/** The place Timeline. */
export const TimelinePage = lazy(async () => ({
  default: (await import('./timeline/timeline-page.tsx')).TimelinePage,
}));

/** A session's terminal. */
export const TerminalView = lazy(async () => ({ default: (await import('./now/terminal-view.tsx')).TerminalView }));
