import type { BillingInputShape, ShippingInputShape, UserInputShape } from '../endpoint/contact-input.ts';
import type { DeviceInputShape } from '../endpoint/device-input.ts';
import { builder } from './builder.ts';
import { CountryEnum, DeviceTypeEnum } from './enums.ts';

const SUBDIVISION_TEXT =
  'as an ISO 3166-2 code such as US-NY, which must begin with the country, or as free text up to 100 characters.';

const TRIMMED = '. Spaces around it are left out.';
const LINE_TEXT = ', up to 1,000 characters. A provider that takes less gets the beginning.';
const CUT_TEXT = 'Of a longer text, the first 500 characters are kept.';

export const BillingInput = builder.inputRef<BillingInputShape>('BillingInput').implement({
  description:
    'Who pays and at which address. Kept as given; a card number in any of it is refused. An optional field may be empty, which counts as left out.',
  fields: (t) => ({
    billingFirstName: t.string({
      required: true,
      description: 'The payer’s first name; empty beside a last name for a name of one word.',
    }),
    billingLastName: t.string({
      required: true,
      description: 'The payer’s last name; empty beside a first name for a name of one word.',
    }),
    billingEmail: t.string({ required: true, description: `The payer’s e-mail address${TRIMMED}` }),
    billingPhone: t.string({ description: 'The payer’s phone number with its country code, such as +1 212 555 0100.' }),
    billingAddressCountry: t.field({ type: CountryEnum, required: true, description: 'The country of the billing address.' }),
    billingAddressState: t.string({ description: `The state or province of the billing address, ${SUBDIVISION_TEXT}` }),
    billingAddressCity: t.string({ description: 'The city of the billing address.' }),
    billingAddressLine1: t.string({ description: `The first line of the billing address${LINE_TEXT}` }),
    billingAddressLine2: t.string({ description: `The second line of the billing address${LINE_TEXT}` }),
    billingAddressPostalCode: t.string({ description: 'The postal code of the billing address.' }),
  }),
});

export const ShippingInput = builder.inputRef<ShippingInputShape>('ShippingInput').implement({
  description: 'Whom goods go to and where. Kept as given; a card number in any of it is refused.',
  fields: (t) => ({
    shippingFirstName: t.string({
      required: true,
      description: 'The receiver’s first name; empty beside a last name for a name of one word.',
    }),
    shippingLastName: t.string({
      required: true,
      description: 'The receiver’s last name; empty beside a first name for a name of one word.',
    }),
    shippingEmail: t.string({ required: true, description: `The receiver’s e-mail address${TRIMMED}` }),
    shippingPhone: t.string({ description: 'The receiver’s phone number with its country code.' }),
    shippingAddressCountry: t.field({ type: CountryEnum, required: true, description: 'The country of the shipping address.' }),
    shippingAddressState: t.string({ description: `The state or province of the shipping address, ${SUBDIVISION_TEXT}` }),
    shippingAddressCity: t.string({ description: 'The city of the shipping address.' }),
    shippingAddressLine1: t.string({ description: `The first line of the shipping address${LINE_TEXT}` }),
    shippingAddressLine2: t.string({ description: `The second line of the shipping address${LINE_TEXT}` }),
    shippingAddressPostalCode: t.string({ description: 'The postal code of the shipping address.' }),
  }),
});

export const UserInput = builder.inputRef<UserInputShape>('UserInput').implement({
  description: 'The end user behind the payment, where it is somebody else than the payer or more is known.',
  fields: (t) => ({
    userFirstName: t.string({
      required: true,
      description: 'The user’s first name; empty beside a last name for a name of one word.',
    }),
    userLastName: t.string({
      required: true,
      description: 'The user’s last name; empty beside a first name for a name of one word.',
    }),
    userEmail: t.string({ required: true, description: `The user’s e-mail address${TRIMMED}` }),
    userPhone: t.string({ description: 'The user’s phone number with its country code.' }),
    userBirthDate: t.string({ description: 'The user’s day of birth, such as 1990-04-30.' }),
    userLocale: t.string({ description: 'The user’s language and region, such as en-US. Of a list, the first counts.' }),
    userLegalIdentifier: t.string({ description: 'A number by which the law knows the user, such as a tax number.' }),
    userLegalIdentifierType: t.string({ description: 'What kind of number `userLegalIdentifier` is.' }),
    userAddressCountry: t.field({ type: CountryEnum, required: true, description: 'The country of the user’s address.' }),
    userAddressState: t.string({ description: `The state or province of the user’s address, ${SUBDIVISION_TEXT}` }),
    userAddressCity: t.string({ description: 'The city of the user’s address.' }),
    userAddressLine1: t.string({ description: `The first line of the user’s address${LINE_TEXT}` }),
    userAddressLine2: t.string({ description: `The second line of the user’s address${LINE_TEXT}` }),
    userAddressPostalCode: t.string({ description: 'The postal code of the user’s address.' }),
  }),
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
