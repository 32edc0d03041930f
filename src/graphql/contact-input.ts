import type { BillingInputShape, ShippingInputShape, UserInputShape } from '../endpoint/contact-input.ts';
import type { DeviceInputShape } from '../endpoint/device-input.ts';
import { builder, type InputFields } from './builder.ts';
import { CountryEnum, DeviceTypeEnum } from './enums.ts';

const SUBDIVISION_TEXT =
  'as an ISO 3166-2 code such as US-NY, which must begin with the country, or as free text up to 100 characters.';

const TRIMMED = '. Spaces around it are left out.';
const LINE_TEXT = ', up to 1,000 characters. A provider that takes less gets the beginning.';
const CUT_TEXT = 'Of a longer text, the first 500 characters are kept.';

/** Whom the descriptions of a contact's fields name, and an example of a phone number. */
interface Named {
  readonly prefix: 'billing' | 'shipping' | 'user';
  readonly person: string;
  readonly place: string;
  readonly phone?: string;
}

/** The fields of a contact. Their names are made here, so their input declares its shape and takes them as they come. */
function contactFields(t: InputFields, { prefix, person, place, phone = '' }: Named) {
  return {
    [`${prefix}FirstName`]: t.string({
      required: true,
      description: `The ${person}’s first name; empty beside a last name for a name of one word.`,
    }),
    [`${prefix}LastName`]: t.string({
      required: true,
      description: `The ${person}’s last name; empty beside a first name for a name of one word.`,
    }),
    [`${prefix}Email`]: t.string({ required: true, description: `The ${person}’s e-mail address${TRIMMED}` }),
    [`${prefix}Phone`]: t.string({ description: `The ${person}’s phone number with its country code${phone}.` }),
    [`${prefix}AddressCountry`]: t.field({ type: CountryEnum, required: true, description: `The country of ${place}.` }),
    [`${prefix}AddressState`]: t.string({ description: `The state or province of ${place}, ${SUBDIVISION_TEXT}` }),
    [`${prefix}AddressCity`]: t.string({ description: `The city of ${place}.` }),
    [`${prefix}AddressLine1`]: t.string({ description: `The first line of ${place}${LINE_TEXT}` }),
    [`${prefix}AddressLine2`]: t.string({ description: `The second line of ${place}${LINE_TEXT}` }),
    [`${prefix}AddressPostalCode`]: t.string({ description: `The postal code of ${place}.` }),
  };
}

const PAYER: Named = { prefix: 'billing', person: 'payer', place: 'the billing address', phone: ', such as +1 212 555 0100' };

export const BillingInput = builder.inputRef<BillingInputShape>('BillingInput').implement({
  description:
    'Who pays and at which address. Kept as given; a card number in any of it is refused. An optional field may be empty, which counts as left out.',
  fields: (t) => contactFields(t, PAYER) as never,
});

export const ShippingInput = builder.inputRef<ShippingInputShape>('ShippingInput').implement({
  description: 'Whom goods go to and where. Kept as given; a card number in any of it is refused.',
  fields: (t) => contactFields(t, { prefix: 'shipping', person: 'receiver', place: 'the shipping address' }) as never,
});

export const UserInput = builder.inputRef<UserInputShape>('UserInput').implement({
  description: 'The end user behind the payment, where it is somebody else than the payer or more is known.',
  fields: (t) =>
    ({
      ...contactFields(t, { prefix: 'user', person: 'user', place: 'the user’s address' }),
      userBirthDate: t.string({ description: 'The user’s day of birth, such as 1990-04-30.' }),
      userLocale: t.string({ description: 'The user’s language and region, such as en-US. Of a list, the first counts.' }),
      userLegalIdentifier: t.string({ description: 'A number by which the law knows the user, such as a tax number.' }),
      userLegalIdentifierType: t.string({ description: 'What kind of number `userLegalIdentifier` is.' }),
    }) as never,
});

export const DeviceInput = builder.inputRef<DeviceInputShape>('DeviceInput').implement({
  description:
    'The device that the payer uses, for the provider’s fraud checks. It never decides whether two starts are the same.',
  fields: (t) => ({
    deviceId: t.string({ description: 'Your own id of the device, up to 1,000 characters.' }),
    deviceIp: t.string({
      description:
        'The IPv4 or IPv6 address that the payer comes from. A port is left out. Of a list that proxies forward, the first address counts.',
    }),
    deviceBrowser: t.string({ description: `The browser and its version, or its user agent. ${CUT_TEXT}` }),
    deviceOS: t.string({ description: `The operating system and its version. ${CUT_TEXT}` }),
    deviceName: t.string({ description: `The device’s name or model. ${CUT_TEXT}` }),
    deviceType: t.field({ type: DeviceTypeEnum, description: 'The kind of device.' }),
  }),
});
