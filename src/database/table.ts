import { Prisma } from '../generated/prisma/client.ts';

/** What columns are set to. JSON columns take objects; null is NULL. */
type Values<Row> = { readonly [Field in keyof Row]?: Row[Field] | (Prisma.JsonValue extends Row[Field] ? object | null : never) };

/** Statements over one table, made from the list of its columns that Prisma generates. Rows read like those of Prisma's models. */
export interface Table<Row> {
  readonly name: Prisma.Sql;
  /** The list for SELECT and RETURNING: all columns, each under its field's name. */
  readonly columns: Prisma.Sql;
  /** The same for some fields. */
  pick(fields: readonly (keyof Row & string)[]): Prisma.Sql;
  /** `INSERT INTO table (…) VALUES (…), …`. Every row gives the fields of the first; the other columns take their default. */
  insert(first: Values<Row>, ...others: readonly Values<Row>[]): Prisma.Sql;
  /** `INSERT INTO table (…) SELECT … WHERE condition`. */
  insertIf(condition: Prisma.Sql, row: Values<Row>): Prisma.Sql;
  /** `column = value, …` */
  set(changes: Values<Row>): Prisma.Sql;
  /** `column = value AND …`; a list means any of its values, null means NULL. */
  is(conditions: Conditions<Row>): Prisma.Sql;
}

export type Conditions<Row> = { readonly [Field in keyof Row]?: Row[Field] | readonly NonNullable<Row[Field]>[] };

/**
 * @param fields Prisma's `…ScalarFieldEnum` of the model
 * @param json the fields whose columns hold JSON
 */
export function tableOf<Row>(
  name: string,
  fields: Readonly<Record<keyof Row & string, string>>,
  json: readonly (keyof Row & string)[] = [],
): Table<Row> {
  const columnOf = new Map(Object.keys(fields).map((field) => [field, Prisma.raw(`"${toSnakeCase(field)}"`)]));
  const column = (field: string): Prisma.Sql => {
    const known = columnOf.get(field);
    if (known === undefined) throw new Error(`Table ${name} has no field "${field}".`);
    return known;
  };
  const valueOf = (field: string, value: unknown): unknown =>
    value !== null && (json as readonly string[]).includes(field) ? JSON.stringify(value) : value;
  const named = (row: object) => Prisma.join(Object.keys(row).map(column));
  const values = (row: object) => Prisma.join(Object.entries(row).map(([field, value]) => Prisma.sql`${valueOf(field, value)}`));
  const table = Prisma.raw(name);
  return {
    name: table,
    columns: columnsOf(Object.keys(fields)),
    pick: columnsOf,
    insert: (...rows) =>
      Prisma.sql`INSERT INTO ${table} (${named(rows[0])}) VALUES ${Prisma.join(rows.map((row) => Prisma.sql`(${values(row)})`))}`,
    insertIf: (condition, row) => Prisma.sql`INSERT INTO ${table} (${named(row)}) SELECT ${values(row)} WHERE ${condition}`,
    set: (changes) =>
      Prisma.join(Object.entries(changes).map(([field, value]) => Prisma.sql`${column(field)} = ${valueOf(field, value)}`)),
    is: (conditions) => {
      const all = Object.entries(conditions).map(([field, value]) => {
        if (value === null) return Prisma.sql`${column(field)} IS NULL`;
        return Array.isArray(value) ? Prisma.sql`${column(field)} = ANY(${value})` : Prisma.sql`${column(field)} = ${value}`;
      });
      if (all.length === 0) throw new Error(`Every row of ${name} would meet a condition without fields.`);
      return Prisma.join(all, ' AND ');
    },
  };
}

/** `column AS "fieldName"` for each field, so that raw rows look like the client's. */
export function columnsOf(fields: readonly string[]): Prisma.Sql {
  return Prisma.raw(fields.map((field) => `"${toSnakeCase(field)}" AS "${field}"`).join(', '));
}

/** A row that a statement joins to each row of its own, to be read together with it. */
export interface Joined<Value> {
  /** `alias.column AS "alias.field"`, so that no name meets one of the other table. */
  readonly columns: Prisma.Sql;
  /** The `LEFT JOIN LATERAL` of the row of the given id. */
  lateral(id: Prisma.Sql): Prisma.Sql;
  /** Null where no row was joined. */
  read(row: object): Value | null;
}

/** @param select the row to join, at most one for each id */
export function joined<Row extends object, Value>(
  alias: string,
  fields: readonly (keyof Row & string)[],
  parts: { select: (id: Prisma.Sql) => Prisma.Sql; toValue: (row: Row) => Value },
): Joined<Value> {
  const names = fields.map((field) => [field, `${alias}.${field}`] as const);
  const columns = fields.map((field) => `${alias}."${toSnakeCase(field)}" AS "${alias}.${field}"`).join(', ');
  return {
    columns: Prisma.raw(columns),
    lateral: (id) => Prisma.sql`LEFT JOIN LATERAL (${parts.select(id)}) AS ${Prisma.raw(alias)} ON TRUE`,
    read(row) {
      const found = row as Readonly<Record<string, unknown>>;
      if (found[`${alias}.id`] === null) return null;
      return parts.toValue(Object.fromEntries(names.map(([field, name]) => [field, found[name]])) as unknown as Row);
    },
  };
}

function toSnakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
