import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoFragmentCyclesRule,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { createBoundedCache } from '../kernel/bounded-cache.ts';
import { tooExpensive } from './cost.ts';
import { limitNames, limitRepeats, limitVariableNames, requireSubscribedField } from './document-rules.ts';

/** How many problems of a query an answer lists. */
const ERRORS_MAX = 10;
/** What the parsed documents of one endpoint may weigh: about so many bytes of memory. */
export const DOCUMENTS_BYTES_MAX = 48 * 1_048_576;
/** What a token weighs with the nodes made of it, and what a compiled field does. Measured with Node.js 20, rounded up. */
const TOKEN_BYTES = 700;
const COMPILED_FIELD_BYTES = 8_000;

export interface Documents {
  readonly plugin: Plugin;
  /** The document of a text that was found valid; undefined where the text is unknown. */
  find(source: string): DocumentNode | undefined;
  /** To be told that a document now has one more program, of so many fields. */
  noteCompiled(document: DocumentNode, fields: number): void;
  /** What is kept, in bytes, roughly. */
  readonly bytes: number;
}

/**
 * Parses and validates documents, and keeps the valid ones within a limit of memory. A document is refused at the first step that
 * finds a problem: its length and its tokens, what bounds the work of checking it, the limits, and at last the schema.
 */
export function createDocuments({ tokensMax }: { readonly tokensMax: number }): Documents {
  const kept = createBoundedCache<DocumentNode>(DOCUMENTS_BYTES_MAX);
  const texts = new WeakMap<DocumentNode, string>();
  const compiledFields = new WeakMap<DocumentNode, number>();
  const parseWithin = (source: string): DocumentNode => {
    const document = parseTokens(source, tokensMax);
    texts.set(document, source);
    return document;
  };
  return {
    find: kept.get,
    plugin: {
      onParse({ params, setParseFn, setParsedDocument }) {
        const document = kept.get(String(params.source));
        if (document !== undefined) setParsedDocument(document);
        else setParseFn((source) => parseWithin(String(source)));
      },
      onValidate({ params, setResult, setValidationFn }) {
        const document = params.documentAST as DocumentNode;
        const text = texts.get(document);
        // Only valid documents are kept, so a refused one is checked again when it comes again.
        if (text !== undefined && kept.get(text) === document) {
          setResult([]);
          return undefined;
        }
        setValidationFn((schema, of, rules) =>
          checkInSteps(schema as GraphQLSchema, of as DocumentNode, rules as ValidationRule[]),
        );
        return ({ valid }) => {
          if (valid && text !== undefined) kept.set(text, document, weightOf(document, text));
        };
      },
    },
    noteCompiled(document, fields) {
      const text = texts.get(document);
      if (text === undefined || kept.get(text) !== document) return;
      const all = (compiledFields.get(document) ?? 0) + fields;
      compiledFields.set(document, all);
      kept.set(text, document, weightOf(document, text) + all * COMPILED_FIELD_BYTES);
    },
    get bytes() {
      return kept.weight;
    },
  };
}

function parseTokens(source: string, tokensMax: number): DocumentNode {
  try {
    return parse(source, { maxTokens: tokensMax });
  } catch (error) {
    if (error instanceof GraphQLError && TOO_MANY_TOKENS.test(error.message)) {
      throw tooExpensive(`The query has more than ${tokensMax} tokens.`);
    }
    throw isTooDeep(error) ? tooExpensive(TOO_DEEP) : error;
  }
}

const TOO_DEEP = 'The query is nested too deep.';

/** Whether the parser or a rule, which call themselves for each level, have used the stack up. Neither leaves anything behind. */
function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError;
}

const TOO_MANY_TOKENS = /^Syntax Error: Document contains more/;

/** The rules that bound the work of the rules after them. */
const FIRST_RULES: readonly ValidationRule[] = [limitNames, limitVariableNames, limitRepeats, NoFragmentCyclesRule];
const LAST_RULES: readonly ValidationRule[] = [...specifiedRules, requireSubscribedField];
const SCHEMA_RULES: ReadonlySet<ValidationRule> = new Set(specifiedRules);

function checkInSteps(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[] = [],
): readonly GraphQLError[] {
  const limits = rules.filter((rule) => !SCHEMA_RULES.has(rule));
  try {
    for (const step of [FIRST_RULES, limits, LAST_RULES]) {
      const errors = validate(schema, document, step, { maxErrors: ERRORS_MAX });
      if (errors.length > 0) return errors;
    }
    return [];
  } catch (error) {
    if (isTooDeep(error)) return [tooExpensive(TOO_DEEP)];
    throw error;
  }
}

/** Comments count: they are kept in the chain of tokens. */
function weightOf({ loc }: DocumentNode, text: string): number {
  let tokens = 0;
  for (let token = loc?.startToken ?? null; token !== null; token = token.next) tokens += 1;
  return text.length * 2 + tokens * TOKEN_BYTES;
}
