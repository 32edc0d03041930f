import { z } from 'zod';
import { readBody } from '../http/body.ts';
import { parseJson } from '../kernel/json.ts';
import { ok, type Result, refused } from '../kernel/result.ts';

/** What the browser side of EXAMPLE takes, and how it says no. */

/** A card form is far below this. */
const BODY_BYTES_MAX = 8 * 1024;

export interface FormError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Dotted path of the wrong field. */
  readonly field?: string;
}

const wholeNumber = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,4}$/)
      .transform(Number),
  ])
  .pipe(z.int());
const token = z.string().min(1).max(255);

export const confirmSchema = z.object({
  token,
  card: z.object({
    number: z.string().min(1).max(64),
    expMonth: wholeNumber,
    /** Two digits mean this century. */
    expYear: wholeNumber.transform((year) => (year < 100 ? 2000 + year : year)),
    cvc: z.string().max(16),
  }),
});

export const statusSchema = z.object({ token });

export const challengeSchema = z.object({ result: z.enum(['approve', 'fail', 'leave']) });

/** Reads and checks a JSON body. Values are never repeated in the error: one of them is a card number. */
export async function readJson<Shape>(request: Request, schema: z.ZodType<Shape>): Promise<Result<Shape, FormError>> {
  const text = await readText(request);
  if (!text.ok) return text;
  const parsed = schema.safeParse(parseJson(text.value));
  if (parsed.success) return ok(parsed.data);
  const field = parsed.error.issues[0]?.path.join('.');
  if (!field)
    return refused({
      status: 400,
      code: 'invalid_request',
      message: 'The body must be a JSON object. See the docs for its fields.',
    });
  return refused({ status: 400, code: 'invalid_request', message: `The field ${field} is missing or malformed.`, field });
}

/** The body as text, refused once it is longer than the limit, without reading on. */
export async function readText(request: Request): Promise<Result<string, FormError>> {
  const bytes = await readBody(request.body, BODY_BYTES_MAX);
  if (bytes !== 'too-large') return ok(new TextDecoder().decode(bytes ?? new Uint8Array()));
  return refused({ status: 413, code: 'body_too_large', message: `The body may have ${BODY_BYTES_MAX} bytes.` });
}
