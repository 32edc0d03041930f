import { z } from 'zod';
import type { Contact } from '../providers/provider.ts';
import type { Device, DeviceType, Payer } from '../sessions/session.ts';
import * as rules from './text-rules.ts';

type Prefix = 'billing' | 'shipping' | 'user';

const NAME_LENGTH_MAX = 100;
const LINE_LENGTH_MAX = 200;

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
export interface DeviceInputShape {
  deviceId?: Optional<string>;
  deviceIp?: Optional<string>;
  deviceBrowser?: Optional<string>;
  deviceOS?: Optional<string>;
  deviceName?: Optional<string>;
  deviceType?: Optional<DeviceType>;
}

/** Checks a prefixed contact; what else is in the object passes through. */
function contactSchema(prefix: Prefix, others: z.ZodRawShape = {}) {
  const country = `${prefix}AddressCountry`;
  const state = `${prefix}AddressState`;
  const shape: z.ZodRawShape = {
    [`${prefix}FirstName`]: rules.cardFreeText(NAME_LENGTH_MAX),
    [`${prefix}LastName`]: rules.cardFreeText(NAME_LENGTH_MAX),
    [`${prefix}Email`]: rules.email,
    [`${prefix}Phone`]: rules.phone.nullish(),
    [country]: z.string(),
    [state]: rules.cardFreeText(rules.STATE_LENGTH_MAX).nullish(),
    [`${prefix}AddressCity`]: rules.cardFreeText(NAME_LENGTH_MAX).nullish(),
    [`${prefix}AddressLine1`]: rules.cardFreeText(LINE_LENGTH_MAX).nullish(),
    [`${prefix}AddressLine2`]: rules.cardFreeText(LINE_LENGTH_MAX).nullish(),
    [`${prefix}AddressPostalCode`]: rules.postalCode.nullish(),
    ...others,
  };
  return z.looseObject(shape).check(({ value, issues }) => {
    const given = (value as Record<string, unknown>)[state];
    const problem = typeof given === 'string' ? rules.stateProblem(given, (value as Record<string, unknown>)[country]) : null;
    if (problem !== null) issues.push({ code: 'custom', path: [state], message: problem, input: value });
  });
}

export const billingSchema = contactSchema('billing');
export const shippingSchema = contactSchema('shipping');
/** @param birthDate the rule for a day of birth in the form that the dialect takes it in */
export function userSchemaWith(birthDate: z.ZodType) {
  return contactSchema('user', {
    userBirthDate: birthDate.nullish(),
    userLocale: rules.locale.nullish(),
    userLegalIdentifier: rules.identifier.nullish(),
    userLegalIdentifierType: rules.identifier.nullish(),
  });
}
export const userSchema = userSchemaWith(rules.calendarDate);
export const deviceSchema = z.looseObject({
  deviceId: rules.code.nullish(),
  deviceIp: rules.ipAddress.nullish(),
  deviceBrowser: rules.shortText.nullish(),
  deviceOS: rules.shortText.nullish(),
  deviceName: rules.shortText.nullish(),
});

/** The contact behind prefixed fields, or null when none was given. */
export function toContact<Name extends Prefix>(prefix: Name, input: PrefixedContact<Name>): Contact {
  const fields = input as Readonly<Record<string, Optional<string>>>;
  const required = (name: string) => fields[`${prefix}${name}`] ?? '';
  const optional = (name: string) => fields[`${prefix}${name}`] ?? null;
  return {
    firstName: required('FirstName'),
    lastName: required('LastName'),
    email: required('Email'),
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
    birthDate: input.userBirthDate ?? null,
    locale: input.userLocale ?? null,
    legalIdentifier: input.userLegalIdentifier ?? null,
    legalIdentifierType: input.userLegalIdentifierType ?? null,
  };
}

export function toDevice(input: DeviceInputShape): Device {
  return {
    id: input.deviceId ?? null,
    ip: input.deviceIp ?? null,
    browser: input.deviceBrowser ?? null,
    os: input.deviceOS ?? null,
    name: input.deviceName ?? null,
    type: input.deviceType ?? null,
  };
}
