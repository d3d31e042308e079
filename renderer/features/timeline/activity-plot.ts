import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { axisText, type Bar, type Brush, heightsOf } from './activity-data.ts';

/** Height of the chart, its axis included. */
export const chartHeight = 80;
/** A brush narrower than this is a click that slipped. */
const brushPixelsMin = 4;

/** Draws the bars into a place. Called back with what is chosen by dragging. */
export function plotOf(
  place: HTMLElement,
  bars: readonly Bar[],
  stepMs: number,
  onBrush: (brush: Brush) => void,
): uPlot {
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
  const indexAt = (plot: uPlot, left: number): number =>
    Math.max(0, Math.min(bars.length - 1, Math.floor((plot.posToVal(left, 'x') * 1000 - first) / stepMs)));
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: chartHeight,
    legend: { show: false },
    padding: [4, 24, 0, 24],
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: true, range: [first / 1000, last / 1000] },
      y: { range: (_plot, _min, max) => [0, max || 1] },
    },
    axes: [
      {
        stroke: colour('--text-dim'),
        grid: { show: false },
        ticks: { show: true, stroke: colour('--line'), size: 4, width: 1 },
        size: 22,
        gap: 2,
        space: 72,
        font: '11px system-ui',
        values: (_plot, splits) => {
          const spacing = ((splits[1] ?? 0) - (splits[0] ?? 0)) * 1000;
          return splits.map((seconds) => axisText(seconds * 1000, spacing));
        },
      },
      { show: false },
    ],
    series: [{}, series(colour('--line-strong')), series(colour('--good')), series(colour('--bad'))],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          // The keys draw their stretch here too; only what is dragged is chosen at once.
          if (width < brushPixelsMin || plot.cursor.drag?.x !== true || byKeys.has(plot)) return;
          onBrush({ anchor: indexAt(plot, left), focus: indexAt(plot, left + width - 1) });
        },
      ],
    },
  };
  const heights = heightsOf(bars);
  const data: uPlot.AlignedData = [
    bars.map(({ at }) => at / 1000),
    heights.map(({ all }) => all),
    heights.map(({ allowed }) => allowed),
    heights.map(({ denied }) => denied),
  ];
  return new uPlot(options, data, place);
}

/** Plots whose stretch is being drawn by keyboard. */
const byKeys = new WeakSet<uPlot>();

/** Shows the stretch that the keys are on; none without one. */
export function showBrush(plot: uPlot, brush: Brush | undefined, bars: readonly Bar[], stepMs: number): void {
  const [first, last] =
    brush === undefined ? [0, -1] : [Math.min(brush.anchor, brush.focus), Math.max(brush.anchor, brush.focus)];
  const position = (at: number) => plot.valToPos(at / 1000, 'x');
  const left = brush === undefined ? 0 : position(bars[first]?.at ?? 0);
  const width = brush === undefined ? 0 : position((bars[last]?.at ?? 0) + stepMs) - left;
  byKeys.add(plot);
  plot.setSelect({ left, width, top: 0, height: plot.over.clientHeight }, false);
  byKeys.delete(plot);
}
