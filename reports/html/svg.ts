import { CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeHtml, Markup } from './markup.ts';

use([CustomChart, LineChart, GridComponent, MarkAreaComponent, MarkLineComponent, SVGRenderer]);

/**
 * Stand-ins for the page's colours: echarts wants a colour that it can read, the page a CSS variable that follows dark
 * and light. The drawing is made with these and gets the variables afterwards.
 */
export const PAINT = {
  paper: '#010101',
  muted: '#010102',
  rule: '#010103',
  first: '#010104',
  second: '#010105',
  third: '#010106',
  fourth: '#010107',
  bound: '#010108',
  fault: '#010109',
  phase: '#01010a',
  late: '#01010b',
  heat1: '#01010c',
  heat2: '#01010d',
  heat3: '#01010e',
  heat4: '#01010f',
  heat5: '#010110',
  heat6: '#010111',
} as const;
export type Paint = keyof typeof PAINT;

/** Id of the hatching that the page defines once. */
export const LATE_PATTERN_ID = 'late-hatching';

const VARIABLES = new Map<string, string>(
  Object.entries(PAINT).map(([name, colour]) => [
    colour,
    name === 'late' ? `url(#${LATE_PATTERN_ID})` : `var(--${name})`,
  ]),
);

export interface SvgFrame {
  /** Size in which it is laid out, px; it scales with the page. */
  readonly width: number;
  readonly height: number;
  /** Unique on the page. */
  readonly id: string;
  /** What a screen reader says in place of the picture. */
  readonly label: string;
  readonly className: string;
}

/** Draws one chart as SVG that needs nothing but the page's CSS variables; the same option gives the same text. */
export function renderSvg(option: EChartsCoreOption, frame: SvgFrame): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: frame.width, height: frame.height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
    return new Markup(tidy(chart.renderToSVGString(), frame));
  } finally {
    // Without it a timer of echarts keeps the process alive.
    chart.dispose();
  }
}

function tidy(svg: string, frame: SvgFrame): string {
  const root = `<svg xmlns="http://www.w3.org/2000/svg" class="${frame.className}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${escapeHtml(frame.label)}">`;
  const seen = new Map<string, string>();
  return (
    svg
      .replace(/^<svg[^>]*>/, root)
      // Styles for a pointer's hovering: nothing here reacts to one.
      .replace(/<style\s*>[\s\S]*?<\/style>/g, '')
      .replace(/ (?:ecmeta_\w+|class="zr|pointer-events)(?:="[^"]*"|[^"]*")/g, '')
      .replace(/zr\d+-c\d+/g, (id) => {
        const known = seen.get(id) ?? `${frame.id}-${seen.size}`;
        seen.set(id, known);
        return known;
      })
      .replace(/"(#0101[0-9a-f]{2})"/g, (whole, colour: string) => `"${VARIABLES.get(colour) ?? whole}"`)
      .replace(/font-family:inherit;/g, '')
      .replace(/\n+/g, '\n')
  );
}
