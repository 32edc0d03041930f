import { z } from 'zod';
import type { Contact } from '../providers/provider.ts';
import type { Payer } from '../sessions/session.ts';
import * as rules from './text-rules.ts';

type Prefix = 'billing' | 'shipping' | 'user';

const NAME_LENGTH_MAX = 100;

type Optional<T> = T | null | undefined;

/** The fields of a contact as the API names them, behind a prefix: billingFirstName, billingAddressCountry and so on. */
type PrefixedContact<Name extends Prefix> = {
  [Key in `${Name}${'FirstName' | 'LastName' | 'Email' | 'AddressCountry'}`]: string;
} & {
  [Key in `${Name}${'Phone' | 'AddressState' | 'AddressCity' | 'AddressLine1' | 'AddressLine2' | 'AddressPostalCode'}`]?: Optional<string>;
};

export type BillingInputShape = PrefixedContact<'billing'>;
export type ShippingInputShape = PrefixedContact<'shipping'>;
export interface UserInputShape extends PrefixedContact<'user'> {
  userBirthDate?: Optional<string>;
  userLocale?: Optional<string>;
  userLegalIdentifier?: Optional<string>;
  userLegalIdentifierType?: Optional<string>;
}

/** A name of one word is the first name in some programs and the last name in others, and the other one is empty. */
const name = rules.optional(rules.cardFreeText(NAME_LENGTH_MAX));

/** Checks a prefixed contact; what else is in the object passes through. */
function contactSchema(prefix: Prefix, others: z.ZodRawShape = {}) {
  const country = `${prefix}AddressCountry`;
  const state = `${prefix}AddressState`;
  const shape: z.ZodRawShape = {
    [`${prefix}FirstName`]: name,
    [`${prefix}LastName`]: name,
    [`${prefix}Email`]: rules.email,
    [`${prefix}Phone`]: rules.optional(rules.phone),
    [country]: z.string(),
    [state]: rules.optional(rules.cardFreeText(rules.STATE_LENGTH_MAX)),
    [`${prefix}AddressCity`]: rules.optional(rules.cardFreeText(NAME_LENGTH_MAX)),
    [`${prefix}AddressLine1`]: rules.optional(rules.addressLine),
    [`${prefix}AddressLine2`]: rules.optional(rules.addressLine),
    [`${prefix}AddressPostalCode`]: rules.optional(rules.postalCode),
    ...others,
  };
  return z.looseObject(shape).check(({ value, issues }) => {
    const fields = value as Readonly<Record<string, Optional<string>>>;
    const report = (field: string, message: string) => issues.push({ code: 'custom', path: [field], message, input: value });
    const given = fields[state];
    const problem = typeof given === 'string' ? rules.stateProblem(given, fields[country]) : null;
    if (problem !== null) report(state, problem);
    const names = [fields[`${prefix}FirstName`], fields[`${prefix}LastName`]];
    if (names.every((each) => rules.given(each) === null)) {
      report(`${prefix}FirstName`, 'Both names are blank. Give a first name, a last name, or both.');
    }
  });
}

export const billingSchema = contactSchema('billing');
export const shippingSchema = contactSchema('shipping');
/** @param birthDate the rule for a day of birth in the form that the dialect takes it in */
export function userSchemaWith(birthDate: z.ZodType) {
  return contactSchema('user', {
    userBirthDate: rules.optional(birthDate),
    userLocale: rules.optional(rules.locale),
    userLegalIdentifier: rules.optional(rules.identifier),
    userLegalIdentifierType: rules.optional(rules.identifier),
  });
}
export const userSchema = userSchemaWith(rules.calendarDate);

/** The contact behind prefixed fields, or null when none was given. */
export function toContact<Name extends Prefix>(prefix: Name, input: PrefixedContact<Name>): Contact {
  const fields = input as Readonly<Record<string, Optional<string>>>;
  const optional = (field: string) => rules.given(fields[`${prefix}${field}`]);
  const required = (field: string) => optional(field) ?? '';
  return {
    firstName: required('FirstName'),
    lastName: required('LastName'),
    email: required('Email').trim(),
    phone: optional('Phone'),
    address: {
      line1: optional('AddressLine1'),
      line2: optional('AddressLine2'),
      city: optional('AddressCity'),
      state: optional('AddressState'),
      postalCode: optional('AddressPostalCode'),
      country: required('AddressCountry'),
    },
  };
}

export function toPayer(input: UserInputShape): Payer {
  return {
    ...toContact('user', input),
    birthDate: rules.given(input.userBirthDate),
    locale: rules.firstLocale(rules.given(input.userLocale)),
    legalIdentifier: rules.given(input.userLegalIdentifier),
    legalIdentifierType: rules.given(input.userLegalIdentifierType),
  };
}
