// The graph itself on uPlot. Down is a filled line, up a dashed one, so that colour is not all that tells them apart; the
// colours are read from the figures' swatches, which follow theme, contrast and forced colours.
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { rateText } from '../format/quantity.ts';
import { type Sample, scaleTop, series } from '../store/traffic.ts';
import { traffic } from '../strings.ts';
import styles from './Graph.module.css';

interface Props {
  samples: readonly Sample[];
  minutes: number;
  now: number;
  carrierRate: number | null;
  /** bit/s */
  peak: number;
}

const HEIGHT = 168;

/** Computed colour of the element that stands for a series; a canvas cannot follow the stylesheet by itself. */
function colourOf(selector: string, fallback: string): string {
  const element = document.querySelector(selector);
  return element ? getComputedStyle(element).color : fallback;
}

function makePlot(holder: HTMLElement, top: { current: number }): uPlot {
  const soft = () => getComputedStyle(holder).color;
  const grid = () => getComputedStyle(holder).outlineColor;
  const down = () => colourOf('[data-series="down"]', '#0a7355');
  const up = () => colourOf('[data-series="up"]', '#2c5fb8');
  const font = `12px ${getComputedStyle(holder).fontFamily}`;
  const axis = { stroke: soft, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return new uPlot(
    {
      width: Math.max(120, holder.clientWidth),
      height: HEIGHT,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: true }, y: { range: () => [0, top.current] } },
      axes: [
        { ...axis, size: 24, space: 70, values: (_, ticks) => ticks.map(clockTick) },
        {
          ...axis,
          size: 82,
          splits: () => [0, 0.25, 0.5, 0.75, 1].map((share) => share * top.current),
          values: (_, splits) => splits.map((split, i) => (i % 2 === 0 ? rateText(split) : '')),
        },
      ],
      series: [
        {},
        {
          stroke: down,
          width: 2,
          fill: () => `color-mix(in srgb, ${down()} 16%, transparent)`,
          points: { show: false },
        },
        { stroke: up, width: 2, dash: [5, 4], points: { show: false } },
      ],
    },
    [[], [], []],
    holder,
  );
}

const clockTick = (seconds: number) =>
  new Intl.DateTimeFormat(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(seconds % 60 === 0 ? {} : { second: '2-digit' }),
  }).format(seconds * 1000);

export function Graph({ samples, minutes, now, carrierRate, peak }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const top = useRef(33_600);

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const made = makePlot(element, top);
    plot.current = made;
    const sized = new ResizeObserver(() =>
      made.setSize({ width: Math.max(120, element.clientWidth), height: HEIGHT }),
    );
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, []);

  useEffect(() => {
    top.current = scaleTop(carrierRate, peak);
    const { at, down, up } = series(samples, minutes, now);
    plot.current?.setData([at, down, up]);
  }, [samples, minutes, now, carrierRate, peak]);

  return <div ref={holder} className={styles.graph} role="img" aria-label={traffic.graph} />;
}
