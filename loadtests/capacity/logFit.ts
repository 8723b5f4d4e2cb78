/** A model that is linear in its parameters: `offset + Σ parameter × column`, each as long as the data. */
export interface LinearModel {
  readonly columns: readonly (readonly number[])[];
  readonly offset?: readonly number[];
}

export interface LogFit {
  readonly parameters: readonly number[];
  /** Sum of squares of ln(data / model). */
  readonly rss: number;
}

const MOST_ROUNDS = 40;

/**
 * Fits a model to positive data by least squares of their logarithms (errors are shares of the value, not absolute):
 * Levenberg's way from a weighted linear start.
 *
 * @returns undefined where the model can't be kept above 0 or has more parameters than data
 */
export function fitLogarithms(model: LinearModel, data: readonly number[]): LogFit | undefined {
  const { columns } = model;
  if (columns.length > data.length) return undefined;
  let parameters = startOf(model, data);
  let rss = parameters === undefined ? Number.POSITIVE_INFINITY : rssOf(model, parameters, data);
  if (parameters === undefined || !Number.isFinite(rss)) return undefined;
  let damping = 1e-6;
  for (let round = 0; round < MOST_ROUNDS && columns.length > 0; round++) {
    const better = stepFrom(model, { parameters, data, damping });
    const after = better === undefined ? Number.POSITIVE_INFINITY : rssOf(model, better, data);
    if (better !== undefined && after <= rss) {
      const gain = rss - after;
      parameters = better;
      rss = after;
      damping = Math.max(damping / 10, 1e-12);
      if (gain <= 1e-9 * rss || rss === 0) break;
    } else {
      damping *= 10;
      if (damping > 1e6) break;
    }
  }
  return { parameters, rss };
}

/** Weighted by the data, so that shares are what counts here too. */
function startOf(model: LinearModel, data: readonly number[]): number[] | undefined {
  const wanted = data.map((value, at) => (value - (model.offset?.[at] ?? 0)) / value);
  const columns = model.columns.map((column) => column.map((value, at) => value / (data[at] as number)));
  return solveNormal(columns, wanted, 0);
}

function stepFrom(
  model: LinearModel,
  now: { parameters: readonly number[]; data: readonly number[]; damping: number },
): number[] | undefined {
  const values = valuesOf(model, now.parameters);
  const residuals = now.data.map((value, at) => Math.log(value / (values[at] as number)));
  const slopes = model.columns.map((column) => column.map((value, at) => value / (values[at] as number)));
  const change = solveNormal(slopes, residuals, now.damping);
  return change?.map((delta, at) => (now.parameters[at] as number) + delta);
}

function valuesOf({ columns, offset }: LinearModel, parameters: readonly number[]): number[] {
  const length = columns[0]?.length ?? offset?.length ?? 0;
  const values: number[] = [];
  for (let at = 0; at < length; at++) {
    let value = offset?.[at] ?? 0;
    for (let j = 0; j < columns.length; j++) value += (parameters[j] as number) * (columns[j]?.[at] as number);
    values.push(value);
  }
  return values;
}

function rssOf(model: LinearModel, parameters: readonly number[], data: readonly number[]): number {
  const values = valuesOf(model, parameters);
  let rss = 0;
  for (let at = 0; at < data.length; at++) {
    const value = values[at] as number;
    if (value <= 0) return Number.POSITIVE_INFINITY;
    rss += Math.log((data[at] as number) / value) ** 2;
  }
  return rss;
}

/** Least squares by the normal equations, each column scaled to length 1, since loads and their squares differ by orders. */
function solveNormal(
  columns: readonly (readonly number[])[],
  wanted: readonly number[],
  damping: number,
): number[] | undefined {
  const scales = columns.map((column) => Math.hypot(...column));
  if (scales.some((scale) => scale === 0)) return undefined;
  const scaled = columns.map((column, j) => column.map((value) => value / (scales[j] as number)));
  const matrix = scaled.map((column, j) => [
    ...scaled.map((other, k) => dot(column, other) + (j === k ? damping : 0)),
    dot(column, wanted),
  ]);
  return eliminate(matrix)?.map((value, j) => value / (scales[j] as number));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
}

/** Gauss with pivots over rows that end in their right-hand side; undefined where they say the same thing twice. */
function eliminate(rows: number[][]): number[] | undefined {
  const size = rows.length;
  for (let at = 0; at < size; at++) {
    const best = rows.slice(at).reduce((most, row, k) => (abs(row, at) > abs(rows[most], at) ? at + k : most), at);
    [rows[at], rows[best]] = [rows[best] as number[], rows[at] as number[]];
    const pivot = rows[at] as number[];
    if (abs(pivot, at) < 1e-13) return undefined;
    for (let k = 0; k < size; k++) {
      if (k === at) continue;
      const row = rows[k] as number[];
      const factor = (row[at] as number) / (pivot[at] as number);
      for (let column = at; column <= size; column++) {
        row[column] = (row[column] as number) - factor * (pivot[column] as number);
      }
    }
  }
  return rows.map((row, at) => (row[size] as number) / (row[at] as number));
}

function abs(row: readonly number[] | undefined, at: number): number {
  return Math.abs(row?.[at] ?? 0);
}
