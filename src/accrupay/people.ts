import type { BillingInputShape, ShippingInputShape, UserInputShape } from '../endpoint/contact-input.ts';
import type { DeviceInputShape } from '../endpoint/device-input.ts';
import type { Contact } from '../providers/provider.ts';
import type { Device, Payer, SessionPersonalData } from '../sessions/session.ts';
import { builder, type Fields, type InputFields } from './builder.ts';
import { textArgs } from './connection.ts';
import type { AccrupayContext } from './context.ts';
import { CountryEnum, DeviceTypeEnum } from './enums.ts';

/** Who is behind an object, as far as its viewer may know. */
type ReadPeople<Parent> = (parent: Parent, context: AccrupayContext) => Promise<SessionPersonalData | null>;

/** The texts of a contact, all but its country, which is of an enum behind a prefix and a text on a customer. */
export const CONTACT_TEXTS: Readonly<Record<string, (contact: Contact) => string | null>> = {
  firstName: ({ firstName }) => firstName,
  lastName: ({ lastName }) => lastName,
  email: ({ email }) => email,
  phone: ({ phone }) => phone,
  addressLine1: ({ address }) => address.line1,
  addressLine2: ({ address }) => address.line2,
  addressCity: ({ address }) => address.city,
  addressState: ({ address }) => address.state,
  addressPostalCode: ({ address }) => address.postalCode,
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
  const entries = Object.entries(CONTACT_TEXTS);
  return Object.fromEntries(entries.map(([name, of]) => [`${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`, of]));
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

/** The fields of a contact. Their names are made here, so their input declares its shape and takes them as they come. */
function contactInputs(t: InputFields, prefix: 'billing' | 'shipping' | 'user') {
  return {
    [`${prefix}FirstName`]: t.string({ required: true }),
    [`${prefix}LastName`]: t.string({ required: true }),
    [`${prefix}Email`]: t.string({ required: true }),
    [`${prefix}AddressCountry`]: t.field({ type: CountryEnum, required: true }),
    ...textArgs(t, [`${prefix}Phone`, `${prefix}AddressState`, `${prefix}AddressCity`]),
    ...textArgs(t, [`${prefix}AddressLine1`, `${prefix}AddressLine2`, `${prefix}AddressPostalCode`]),
  };
}

export const BillingInput = builder.inputRef<BillingInputShape>('BillingDataSchema').implement({
  fields: (t) => contactInputs(t, 'billing') as never,
});

export const ShippingInput = builder.inputRef<ShippingInputShape>('ShippingDataSchema').implement({
  fields: (t) => contactInputs(t, 'shipping') as never,
});

/** A day of birth comes as an instant here; its day in UTC is meant. */
export interface DatedUser extends Omit<UserInputShape, 'userBirthDate'> {
  userBirthDate?: Date | null | undefined;
}

export const UserInput = builder.inputRef<DatedUser>('UserDataSchema').implement({
  fields: (t) => {
    const others = textArgs(t, ['userLocale', 'userLegalIdentifier', 'userLegalIdentifierType']);
    return { ...contactInputs(t, 'user'), ...others, userBirthDate: t.field({ type: 'DateTimeISO' }) } as never;
  },
});

export function toUserShape({ userBirthDate, ...same }: DatedUser): UserInputShape {
  return { ...same, userBirthDate: userBirthDate?.toISOString().slice(0, 10) };
}

export const DeviceInput = builder.inputRef<DeviceInputShape>('DeviceDataSchema').implement({
  fields: (t) => ({
    ...textArgs(t, ['deviceId', 'deviceIp', 'deviceBrowser', 'deviceOS', 'deviceName']),
    deviceType: t.field({ type: DeviceTypeEnum }),
  }),
});
