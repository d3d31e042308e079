import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type Activity, activityWords } from './activity-data.ts';
import { withRange } from './query-text.ts';
import { setQuery, useTimeline } from './timeline-store.ts';
import './activity-chart.css';

/** Height of the chart, its axis included. */
const chartHeight = 72;
/** A brush narrower than this is a click that slipped. */
const brushPixelsMin = 4;

const ranges = [
  { label: 'All', range: {} },
  { label: '7 days', range: { since: '7d' } },
  { label: '24 hours', range: { since: '24h' } },
  { label: '1 hour', range: { since: '1h' } },
] as const;

/** How much was recorded when, by decision. Dragging over it sets the time of the query; the buttons do so for the keyboard. */
export function ActivityChart() {
  const activity = useTimeline((state) => state.activity);
  const text = useTimeline((state) => state.text);
  return (
    <section className="timeline-activity" aria-label="Activity">
      <Bars activity={activity} />
      <div className="timeline-activity-words">
        <p>
          <Mark name="denied" /> Blocked <Mark name="allowed" /> Allowed <Mark name="other" /> Other
        </p>
        <p className="dim timeline-activity-summary" id="timeline-activity-words">
          {activity === undefined ? 'Being counted…' : activityWords(activity)}
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
        </fieldset>
      </div>
    </section>
  );
}

function Mark({ name }: { readonly name: 'denied' | 'allowed' | 'other' }) {
  return <span className={`timeline-mark timeline-mark-${name}`} aria-hidden="true" />;
}

function Bars({ activity }: { readonly activity: Activity | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = place;
    if (current === null || activity === undefined || activity.bars.length === 0) return undefined;
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      plot = undefined;
      if (current.clientWidth > 0) plot = plotOf(current, activity);
    };
    draw();
    // The canvas has colours of its own, which follow neither the scheme nor the width by themselves.
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const observer = new ResizeObserver(() => {
      if (current.clientWidth > 0) plot?.setSize({ width: current.clientWidth, height: chartHeight });
    });
    observer.observe(current);
    return () => {
      scheme.removeEventListener('change', draw);
      observer.disconnect();
      plot?.destroy();
    };
  }, [activity]);
  return (
    <div
      ref={place}
      className="timeline-bars"
      role="img"
      aria-label="Entries over time"
      aria-describedby="timeline-activity-words"
      title="Drag to search a stretch of time"
    />
  );
}

function plotOf(place: HTMLElement, { bars, stepMs }: Activity): uPlot {
  const colour = (name: string) => {
    // A variable that holds light-dark() has its colour only where it is used.
    const probe = document.createElement('span');
    probe.style.color = `var(${name})`;
    place.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const paths = uPlot.paths.bars?.({ size: [0.9, 40], align: 1 });
  // Stacked: the whole is drawn first, and what is part of it over it, from the same ground.
  const series = (stroke: string): uPlot.Series => ({
    fill: stroke,
    width: 0,
    points: { show: false },
    ...(paths === undefined ? {} : { paths }),
  });
  const [first, last] = [bars[0]?.at ?? 0, (bars.at(-1)?.at ?? 0) + stepMs];
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: chartHeight,
    legend: { show: false },
    padding: [4, 28, 0, 28],
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: true, range: [first / 1000, last / 1000] },
      y: { range: (_plot, _min, max) => [0, max || 1] },
    },
    axes: [
      {
        stroke: colour('--text-dim'),
        grid: { show: false },
        ticks: { show: false },
        size: 18,
        gap: 2,
        font: '11px system-ui',
        values: (_plot, splits) => splits.map(axisText),
      },
      { show: false },
    ],
    series: [{}, series(colour('--line-strong')), series(colour('--good')), series(colour('--bad'))],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < brushPixelsMin) return;
          const begin = Math.floor((plot.posToVal(left, 'x') * 1000) / stepMs) * stepMs;
          const end = Math.ceil((plot.posToVal(left + width, 'x') * 1000) / stepMs) * stepMs - 1;
          setQuery(
            withRange(useTimeline.getState().text, {
              since: new Date(begin).toISOString(),
              until: new Date(end).toISOString(),
            }),
          );
        },
      ],
    },
  };
  const data: uPlot.AlignedData = [
    bars.map(({ at }) => at / 1000),
    bars.map(({ allowed, denied, other }) => allowed + denied + other),
    bars.map(({ allowed, denied }) => allowed + denied),
    bars.map(({ denied }) => denied),
  ];
  return new uPlot(options, data, place);
}

/** A moment of the axis: midnight as its day, others as a time. */
function axisText(seconds: number): string {
  const moment = new Date(seconds * 1000);
  const isMidnight = moment.getHours() === 0 && moment.getMinutes() === 0;
  return isMidnight
    ? moment.toLocaleDateString([], { day: 'numeric', month: 'short' })
    : moment.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}
