import type { CustomSeriesRenderItemAPI } from 'echarts';
import type { Cells } from './plot.ts';
import { PAINT } from './svg.ts';

/** Draws areas of one colour as a single path: a heat map of thousands of cells stays small. */
export function cellsSeries({ paint, rects }: Cells, z: number): Record<string, unknown> {
  return {
    type: 'custom',
    silent: true,
    z,
    data: [[rects[0]?.fromX ?? 0, rects[0]?.fromY ?? 0]],
    renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) => ({
      type: 'path',
      shape: { pathData: rects.map((rect) => rectPath(rect, api)).join('') },
      style: { fill: PAINT[paint] },
    }),
  };
}

function rectPath({ fromX, toX, fromY, toY }: Cells['rects'][number], api: CustomSeriesRenderItemAPI): string {
  const [left = 0, bottom = 0] = api.coord([fromX, fromY]);
  const [right = 0, top = 0] = api.coord([toX, toY]);
  return `M${tenth(left)} ${tenth(top)}H${tenth(right)}V${tenth(bottom)}H${tenth(left)}Z`;
}

function tenth(px: number): number {
  return Math.round(px * 10) / 10;
}
