import './focus-titles.css';

/** Room that is kept to the edges of the window. */
const edgePixels = 8;

/** What is pressed or followed, and shows titles. */
const pressed = 'a, button, summary, [role="tab"]';
/** Titles of one element that are shown. */
const wordsMax = 3;

/**
 * Shows what was cut off for whoever uses the keyboard: a title comes up when one points at it, but not when the focus is there. What has the
 * focus, or a part of it, and does not fit shows its title below it, as long as it has the focus. Assistive technology reads it anyway.
 */
export function showTitlesOnFocus(): () => void {
  const tip = document.createElement('div');
  tip.className = 'focus-title';
  tip.setAttribute('aria-hidden', 'true');
  tip.hidden = true;
  document.body.append(tip);
  const hide = () => {
    tip.hidden = true;
  };
  const show = ({ target }: FocusEvent) => {
    hide();
    // Not a part of the page with many things in it, such as a list that has the focus for its lines.
    if (!(target instanceof HTMLElement) || !target.matches(`:is(${pressed}):focus-visible`)) return;
    const words = [target, ...target.querySelectorAll<HTMLElement>('[title]')].filter(isCut).map(({ title }) => title);
    if (words.length === 0) return;
    tip.textContent = [...new Set(words)].slice(0, wordsMax).join('\n');
    tip.hidden = false;
    const { left, bottom, top } = target.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const below = bottom + edgePixels / 2;
    tip.style.left = `${Math.max(edgePixels, Math.min(left, window.innerWidth - width - edgePixels))}px`;
    tip.style.top = `${below + height + edgePixels > window.innerHeight ? Math.max(edgePixels, top - height - edgePixels / 2) : below}px`;
  };
  document.addEventListener('focusin', show);
  for (const kind of ['focusout', 'pointerdown', 'wheel'] as const)
    document.addEventListener(kind, hide, { passive: true });
  return () => {
    document.removeEventListener('focusin', show);
    for (const kind of ['focusout', 'pointerdown', 'wheel'] as const) document.removeEventListener(kind, hide);
    tip.remove();
  };
}

/** Whether its title says more than is seen of it. */
function isCut(element: HTMLElement): boolean {
  if (element.title === '') return false;
  if (element.textContent?.includes('…') === true && element.title.length > element.textContent.length) return true;
  return [element, ...element.querySelectorAll<HTMLElement>('*')].some(
    ({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1,
  );
}
