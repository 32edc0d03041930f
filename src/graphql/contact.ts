import type { Contact } from '../providers/provider.ts';
import type { Device, Payer } from '../sessions/session.ts';
import { builder, type Fields } from './builder.ts';
import { CountryEnum, DeviceTypeEnum } from './enums.ts';

const NOT_GIVEN = 'Null when it was not given.';

type Texts<Person> = Readonly<Record<string, readonly [description: string, read: (person: Person) => string | null]>>;

/** Fields by their names, each of which may be null. */
function optionalTexts<Person>(t: Fields<Person>, texts: Texts<Person>) {
  const fields = Object.entries(texts).map(([name, [description, resolve]]) => {
    return [name, t.string({ nullable: true, description: `${description} ${NOT_GIVEN}`, resolve })] as const;
  });
  return Object.fromEntries(fields);
}

/** Whom the descriptions of a contact's fields name. */
interface Named {
  readonly prefix: 'billing' | 'shipping' | 'user';
  readonly person: string;
  readonly place: string;
}

function contactFields<Person extends Contact>(t: Fields<Person>, { prefix, person, place }: Named) {
  return {
    [`${prefix}FirstName`]: t.string({ description: `The ${person}’s first name.`, resolve: ({ firstName }) => firstName }),
    [`${prefix}LastName`]: t.string({ description: `The ${person}’s last name.`, resolve: ({ lastName }) => lastName }),
    [`${prefix}Email`]: t.string({ description: `The ${person}’s e-mail address.`, resolve: ({ email }) => email }),
    [`${prefix}AddressCountry`]: t.field({
      type: CountryEnum,
      description: `The country of ${place}.`,
      resolve: ({ address }) => address.country,
    }),
    ...optionalTexts(t, {
      [`${prefix}Phone`]: [`The ${person}’s phone number in E.164 form.`, ({ phone }) => phone],
      [`${prefix}AddressState`]: [`The state or province of ${place}.`, ({ address }) => address.state],
      [`${prefix}AddressCity`]: [`The city of ${place}.`, ({ address }) => address.city],
      [`${prefix}AddressLine1`]: [`The first line of ${place}.`, ({ address }) => address.line1],
      [`${prefix}AddressLine2`]: [`The second line of ${place}.`, ({ address }) => address.line2],
      [`${prefix}AddressPostalCode`]: [`The postal code of ${place}.`, ({ address }) => address.postalCode],
    }),
  };
}

export const Billing = builder.objectRef<Contact>('Billing').implement({
  description: 'Who pays and at which address, as the merchant gave it.',
  fields: (t) => contactFields(t, { prefix: 'billing', person: 'payer', place: 'the billing address' }),
});

export const Shipping = builder.objectRef<Contact>('Shipping').implement({
  description: 'Whom goods go to and where, as the merchant gave it.',
  fields: (t) => contactFields(t, { prefix: 'shipping', person: 'receiver', place: 'the shipping address' }),
});

export const User = builder.objectRef<Payer>('User').implement({
  description: 'The end user behind the payment, as the merchant gave it.',
  fields: (t) => ({
    ...contactFields(t, { prefix: 'user', person: 'user', place: 'the user’s address' }),
    ...optionalTexts(t, {
      userBirthDate: ['The user’s day of birth, such as 1990-04-30.', ({ birthDate }) => birthDate],
      userLocale: ['The user’s language and region, such as en-US.', ({ locale }) => locale],
      userLegalIdentifier: ['A number by which the law knows the user.', ({ legalIdentifier }) => legalIdentifier],
      userLegalIdentifierType: [
        'What kind of number `userLegalIdentifier` is.',
        ({ legalIdentifierType }) => legalIdentifierType,
      ],
    }),
  }),
});

export const DeviceObject = builder.objectRef<Device>('Device').implement({
  description: 'The device that the payer uses, as the merchant gave it.',
  fields: (t) => ({
    ...optionalTexts(t, {
      deviceId: ['The merchant’s own id of the device.', ({ id }) => id],
      deviceIp: ['The address that the payer comes from.', ({ ip }) => ip],
      deviceBrowser: ['The browser and its version.', ({ browser }) => browser],
      deviceOS: ['The operating system and its version.', ({ os }) => os],
      deviceName: ['The device’s name or model.', ({ name }) => name],
    }),
    deviceType: t.expose('type', { type: DeviceTypeEnum, nullable: true, description: `The kind of device. ${NOT_GIVEN}` }),
  }),
});
