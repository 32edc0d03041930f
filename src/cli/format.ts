import type { Json, JsonObject } from '../kernel/json.ts';

/** An answer as people read it: an object as one line for each value, a list as a table. */
export function describeAnswer(value: Json): string {
  if (!isList(value)) return isObject(value) ? describeObject(value) : `${show(value)}\n`;
  const rows = value.filter(isObject);
  return rows.length === 0 ? 'None.\n' : describeTable(rows);
}

function describeObject(object: JsonObject): string {
  const width = Math.max(...Object.keys(object).map((name) => name.length));
  return Object.entries(object)
    .map(([name, value]) => `${name.padEnd(width)}  ${show(value)}\n`)
    .join('');
}

function describeTable(rows: readonly JsonObject[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => show(row[name] ?? null)))];
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function show(value: Json): string {
  if (value === null || value === '') return '-';
  if (isList(value)) return value.map(show).join(', ') || '-';
  return isObject(value) ? JSON.stringify(value) : String(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
