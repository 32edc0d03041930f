import { z } from 'zod';
import type { Contact } from '../providers/provider.ts';
import type { Device, DeviceType, Payer } from '../sessions/session.ts';
import { builder } from './builder.ts';
import { CountryEnum, DeviceTypeEnum } from './enums.ts';
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
export const userSchema = contactSchema('user', {
  userBirthDate: rules.calendarDate.nullish(),
  userLocale: rules.locale.nullish(),
  userLegalIdentifier: rules.identifier.nullish(),
  userLegalIdentifierType: rules.identifier.nullish(),
});
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

const SUBDIVISION_TEXT =
  'as an ISO 3166-2 code such as US-NY, which must belong to the country, or as free text up to 100 characters.';

export const BillingInput = builder.inputRef<BillingInputShape>('BillingInput').implement({
  description: 'Who pays and at which address. Kept as given; a card number in any of it is refused.',
  fields: (t) => ({
    billingFirstName: t.string({ required: true, description: 'The payer’s first name.' }),
    billingLastName: t.string({ required: true, description: 'The payer’s last name.' }),
    billingEmail: t.string({ required: true, description: 'The payer’s e-mail address.' }),
    billingPhone: t.string({ description: 'The payer’s phone number in E.164 form, such as +12125550100.' }),
    billingAddressCountry: t.field({ type: CountryEnum, required: true, description: 'The country of the billing address.' }),
    billingAddressState: t.string({ description: `The state or province of the billing address, ${SUBDIVISION_TEXT}` }),
    billingAddressCity: t.string({ description: 'The city of the billing address.' }),
    billingAddressLine1: t.string({ description: 'The first line of the billing address.' }),
    billingAddressLine2: t.string({ description: 'The second line of the billing address.' }),
    billingAddressPostalCode: t.string({ description: 'The postal code of the billing address.' }),
  }),
});

export const ShippingInput = builder.inputRef<ShippingInputShape>('ShippingInput').implement({
  description: 'Whom goods go to and where. Kept as given; a card number in any of it is refused.',
  fields: (t) => ({
    shippingFirstName: t.string({ required: true, description: 'The receiver’s first name.' }),
    shippingLastName: t.string({ required: true, description: 'The receiver’s last name.' }),
    shippingEmail: t.string({ required: true, description: 'The receiver’s e-mail address.' }),
    shippingPhone: t.string({ description: 'The receiver’s phone number in E.164 form.' }),
    shippingAddressCountry: t.field({ type: CountryEnum, required: true, description: 'The country of the shipping address.' }),
    shippingAddressState: t.string({ description: `The state or province of the shipping address, ${SUBDIVISION_TEXT}` }),
    shippingAddressCity: t.string({ description: 'The city of the shipping address.' }),
    shippingAddressLine1: t.string({ description: 'The first line of the shipping address.' }),
    shippingAddressLine2: t.string({ description: 'The second line of the shipping address.' }),
    shippingAddressPostalCode: t.string({ description: 'The postal code of the shipping address.' }),
  }),
});

export const UserInput = builder.inputRef<UserInputShape>('UserInput').implement({
  description: 'The end user behind the payment, where it is somebody else than the payer or more is known.',
  fields: (t) => ({
    userFirstName: t.string({ required: true, description: 'The user’s first name.' }),
    userLastName: t.string({ required: true, description: 'The user’s last name.' }),
    userEmail: t.string({ required: true, description: 'The user’s e-mail address.' }),
    userPhone: t.string({ description: 'The user’s phone number in E.164 form.' }),
    userBirthDate: t.string({ description: 'The user’s day of birth, such as 1990-04-30.' }),
    userLocale: t.string({ description: 'The user’s language and region, such as en-US.' }),
    userLegalIdentifier: t.string({ description: 'A number by which the law knows the user, such as a tax number.' }),
    userLegalIdentifierType: t.string({ description: 'What kind of number `userLegalIdentifier` is.' }),
    userAddressCountry: t.field({ type: CountryEnum, required: true, description: 'The country of the user’s address.' }),
    userAddressState: t.string({ description: `The state or province of the user’s address, ${SUBDIVISION_TEXT}` }),
    userAddressCity: t.string({ description: 'The city of the user’s address.' }),
    userAddressLine1: t.string({ description: 'The first line of the user’s address.' }),
    userAddressLine2: t.string({ description: 'The second line of the user’s address.' }),
    userAddressPostalCode: t.string({ description: 'The postal code of the user’s address.' }),
  }),
});

export const DeviceInput = builder.inputRef<DeviceInputShape>('DeviceInput').implement({
  description:
    'The device that the payer uses, for the provider’s fraud checks. It never decides whether two starts are the same.',
  fields: (t) => ({
    deviceId: t.string({ description: 'Your own id of the device.' }),
    deviceIp: t.string({ description: 'The IPv4 or IPv6 address that the payer comes from.' }),
    deviceBrowser: t.string({ description: 'The browser and its version.' }),
    deviceOS: t.string({ description: 'The operating system and its version.' }),
    deviceName: t.string({ description: 'The device’s name or model.' }),
    deviceType: t.field({ type: DeviceTypeEnum, description: 'The kind of device.' }),
  }),
});
