import { useEffect, useRef, useState } from 'react';
import type uPlot from 'uplot';
import type { Activity } from '#contract/activity.ts';
import { activityWords, type Brush, brushAfter, brushedRange, brushWords, drawnBars } from './activity-data.ts';
import { chartHeight, plotOf, showBrush } from './activity-plot.ts';
import { termsOf, withRange } from './query-text.ts';
import { setQuery, useTimeline } from './timeline-store.ts';
import './activity-chart.css';

const ranges = [
  { label: 'All', range: {} },
  { label: '7 days', range: { since: '7d' } },
  { label: '24 hours', range: { since: '24h' } },
  { label: '1 hour', range: { since: '1h' } },
] as const;

/** How much was recorded when, by decision. Dragging over it, or its keys, set the time of the query. */
export function ActivityChart() {
  const activity = useTimeline((state) => state.activity);
  const text = useTimeline((state) => state.text);
  const own = termsOf(text).some(({ field }) => field === 'since' || field === 'until');
  const isNamed = ranges.some(({ range }) => withRange(text, range) === text.trim());
  return (
    <section className="timeline-activity" aria-label="Activity">
      <Bars activity={activity} />
      <div className="timeline-activity-words">
        <p>
          <Mark name="denied" /> Blocked <Mark name="allowed" /> Allowed <Mark name="other" /> Other
        </p>
        <p className="dim timeline-activity-summary" id="timeline-activity-words">
          {activity === undefined ? 'Being counted…' : activityWords(activity, Date.now())}
        </p>
        <fieldset className="timeline-ranges">
          <legend className="visually-hidden">Time</legend>
          {ranges.map(({ label, range }) => {
            const wanted = withRange(text, range);
            return (
              <button key={label} type="button" aria-pressed={wanted === text.trim()} onClick={() => setQuery(wanted)}>
                {label}
              </button>
            );
          })}
          {own && !isNamed && (
            <button
              type="button"
              aria-pressed="true"
              title="Search all times again"
              onClick={() => setQuery(withRange(text, {}))}
            >
              Chosen ×<span className="visually-hidden"> search all times again</span>
            </button>
          )}
        </fieldset>
      </div>
    </section>
  );
}

function Mark({ name }: { readonly name: 'denied' | 'allowed' | 'other' }) {
  return <span className={`timeline-mark timeline-mark-${name}`} aria-hidden="true" />;
}

function choose(brush: Brush, bars: ReturnType<typeof drawnBars>, stepMs: number): void {
  setQuery(withRange(useTimeline.getState().text, brushedRange(brush, bars, stepMs)));
}

function Bars({ activity }: { readonly activity: Activity | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [brush, setBrush] = useState<Brush>();
  const bars = activity === undefined ? [] : drawnBars(activity);
  const stepMs = activity?.stepMs ?? 1;
  useEffect(() => {
    setBrush(undefined);
    const { current } = place;
    if (current === null || activity === undefined || activity.bars.length === 0) return undefined;
    const drawn = drawnBars(activity);
    const draw = () => {
      plot.current?.destroy();
      plot.current = undefined;
      if (current.clientWidth > 0)
        plot.current = plotOf(current, drawn, activity.stepMs, (chosen) => choose(chosen, drawn, activity.stepMs));
    };
    draw();
    // The canvas has colours of its own, which follow neither the scheme nor the width by themselves.
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const observer = new ResizeObserver(() => {
      if (current.clientWidth > 0) plot.current?.setSize({ width: current.clientWidth, height: chartHeight });
    });
    observer.observe(current);
    return () => {
      scheme.removeEventListener('change', draw);
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [activity]);
  useEffect(() => {
    if (plot.current !== undefined && activity !== undefined)
      showBrush(plot.current, brush, drawnBars(activity), activity.stepMs);
  }, [brush, activity]);
  const onKey = (event: React.KeyboardEvent) => {
    const end = { anchor: bars.length - 1, focus: bars.length - 1 };
    const next = bars.length === 0 ? undefined : brushAfter(brush ?? end, event.key, event.shiftKey, bars.length);
    if (next !== undefined) setBrush(brush === undefined && !event.shiftKey ? end : next);
    else if (event.key === 'Enter' && brush !== undefined) choose(brush, bars, stepMs);
    else if (event.key === 'Escape' && brush !== undefined) setBrush(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const words = brush === undefined ? undefined : brushWords(brush, bars, stepMs);
  return (
    <div
      ref={place}
      className="timeline-bars"
      role="slider"
      tabIndex={0}
      aria-label="Entries over time. Arrows go from bar to bar, Shift with them widens, Enter searches that time"
      aria-describedby="timeline-activity-words"
      aria-valuemin={0}
      aria-valuemax={Math.max(0, bars.length - 1)}
      aria-valuenow={brush?.focus ?? Math.max(0, bars.length - 1)}
      aria-valuetext={words ?? 'No time is chosen'}
      title="Drag, or use Shift and the arrows, to search a stretch of time"
      onKeyDown={onKey}
      onBlur={() => setBrush(undefined)}
    >
      {activity !== undefined && activity.entries === 0 && (
        <p className="timeline-bars-empty dim">Nothing was recorded then.</p>
      )}
      {words !== undefined && (
        <p className="timeline-bar-words" aria-hidden="true">
          {words} · Enter searches it
        </p>
      )}
    </div>
  );
}
