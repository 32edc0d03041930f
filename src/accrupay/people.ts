import type { Contact } from '../providers/provider.ts';
import type { Device, Payer, SessionPersonalData } from '../sessions/session.ts';
import type { Fields } from './builder.ts';
import type { AccrupayContext } from './context.ts';
import { CountryEnum, DeviceTypeEnum } from './enums.ts';

/** Who is behind an object, as far as its viewer may know. */
type ReadPeople<Parent> = (parent: Parent, context: AccrupayContext) => Promise<SessionPersonalData | null>;

const CONTACT_TEXTS: Readonly<Record<string, (contact: Contact) => string | null>> = {
  FirstName: ({ firstName }) => firstName,
  LastName: ({ lastName }) => lastName,
  Email: ({ email }) => email,
  Phone: ({ phone }) => phone,
  AddressLine1: ({ address }) => address.line1,
  AddressLine2: ({ address }) => address.line2,
  AddressCity: ({ address }) => address.city,
  AddressState: ({ address }) => address.state,
  AddressPostalCode: ({ address }) => address.postalCode,
};

const PAYER_TEXTS: Readonly<Record<string, (user: Payer) => string | null>> = {
  userLocale: ({ locale }) => locale,
  userLegalIdentifier: ({ legalIdentifier }) => legalIdentifier,
  userLegalIdentifierType: ({ legalIdentifierType }) => legalIdentifierType,
};

const DEVICE_TEXTS: Readonly<Record<string, (device: Device) => string | null>> = {
  deviceId: ({ id }) => id,
  deviceIp: ({ ip }) => ip,
  deviceBrowser: ({ browser }) => browser,
  deviceOS: ({ os }) => os,
  deviceName: ({ name }) => name,
};

/** Flat fields such as `billingFirstName`, all of them null where nothing is known or may be shown. */
export function contactFields<Parent>(
  t: Fields<Parent>,
  prefix: 'billing' | 'shipping' | 'user',
  read: (parent: Parent, context: AccrupayContext) => Promise<Contact | null>,
) {
  return {
    ...textFields(t, { texts: prefixed(prefix), read }),
    [`${prefix}AddressCountry`]: t.field({
      type: CountryEnum,
      nullable: true,
      resolve: async (parent: Parent, _args: object, context: AccrupayContext) =>
        (await read(parent, context))?.address.country ?? null,
    }),
  };
}

function prefixed(prefix: string): typeof CONTACT_TEXTS {
  return Object.fromEntries(Object.entries(CONTACT_TEXTS).map(([name, of]) => [`${prefix}${name}`, of]));
}

/** Billing, shipping, user and device, flat on the object that they belong to. */
export function peopleFields<Parent>(t: Fields<Parent>, read: ReadPeople<Parent>) {
  const user = async (parent: Parent, context: AccrupayContext) => (await read(parent, context))?.user ?? null;
  const device = async (parent: Parent, context: AccrupayContext) => (await read(parent, context))?.device ?? null;
  return {
    ...contactFields(t, 'billing', async (parent, context) => (await read(parent, context))?.billing ?? null),
    ...contactFields(t, 'shipping', async (parent, context) => (await read(parent, context))?.shipping ?? null),
    ...contactFields(t, 'user', user),
    ...textFields(t, { texts: PAYER_TEXTS, read: user }),
    userBirthDate: t.field({
      type: 'DateTimeISO',
      nullable: true,
      resolve: async (parent: Parent, _args: object, context: AccrupayContext) =>
        toInstant((await user(parent, context))?.birthDate),
    }),
    ...textFields(t, { texts: DEVICE_TEXTS, read: device }),
    deviceType: t.field({
      type: DeviceTypeEnum,
      nullable: true,
      resolve: async (parent: Parent, _args: object, context: AccrupayContext) => (await device(parent, context))?.type ?? null,
    }),
  };
}

function toInstant(day: string | null | undefined): Date | null {
  return day == null ? null : new Date(`${day}T00:00:00.000Z`);
}

function textFields<Parent, Person>(
  t: Fields<Parent>,
  {
    texts,
    read,
  }: {
    texts: Readonly<Record<string, (person: Person) => string | null>>;
    read: (parent: Parent, context: AccrupayContext) => Promise<Person | null>;
  },
) {
  const entries = Object.entries(texts).map(([name, of]) => {
    const resolve = async (parent: Parent, _args: object, context: AccrupayContext) => {
      const person = await read(parent, context);
      return person === null ? null : of(person);
    };
    return [name, t.string({ nullable: true, resolve })] as const;
  });
  return Object.fromEntries(entries);
}
