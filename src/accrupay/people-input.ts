import type { BillingInputShape, ShippingInputShape, UserInputShape } from '../endpoint/contact-input.ts';
import type { DeviceInputShape } from '../endpoint/device-input.ts';
import { builder } from './builder.ts';
import { CountryEnum, DeviceTypeEnum } from './enums.ts';

export const BillingInput = builder.inputRef<BillingInputShape>('BillingDataSchema').implement({
  fields: (t) => ({
    billingFirstName: t.string({ required: true }),
    billingLastName: t.string({ required: true }),
    billingEmail: t.string({ required: true }),
    billingPhone: t.string(),
    billingAddressCountry: t.field({ type: CountryEnum, required: true }),
    billingAddressState: t.string(),
    billingAddressCity: t.string(),
    billingAddressLine1: t.string(),
    billingAddressLine2: t.string(),
    billingAddressPostalCode: t.string(),
  }),
});

export const ShippingInput = builder.inputRef<ShippingInputShape>('ShippingDataSchema').implement({
  fields: (t) => ({
    shippingFirstName: t.string({ required: true }),
    shippingLastName: t.string({ required: true }),
    shippingEmail: t.string({ required: true }),
    shippingPhone: t.string(),
    shippingAddressCountry: t.field({ type: CountryEnum, required: true }),
    shippingAddressState: t.string(),
    shippingAddressCity: t.string(),
    shippingAddressLine1: t.string(),
    shippingAddressLine2: t.string(),
    shippingAddressPostalCode: t.string(),
  }),
});

/** A day of birth comes as an instant here; its day in UTC is meant. */
export interface DatedUser extends Omit<UserInputShape, 'userBirthDate'> {
  userBirthDate?: Date | null | undefined;
}

export const UserInput = builder.inputRef<DatedUser>('UserDataSchema').implement({
  fields: (t) => ({
    userFirstName: t.string({ required: true }),
    userLastName: t.string({ required: true }),
    userEmail: t.string({ required: true }),
    userPhone: t.string(),
    userBirthDate: t.field({ type: 'DateTimeISO' }),
    userLocale: t.string(),
    userLegalIdentifier: t.string(),
    userLegalIdentifierType: t.string(),
    userAddressCountry: t.field({ type: CountryEnum, required: true }),
    userAddressState: t.string(),
    userAddressCity: t.string(),
    userAddressLine1: t.string(),
    userAddressLine2: t.string(),
    userAddressPostalCode: t.string(),
  }),
});

export function toUserShape({ userBirthDate, ...same }: DatedUser): UserInputShape {
  return { ...same, userBirthDate: userBirthDate?.toISOString().slice(0, 10) };
}

export const DeviceInput = builder.inputRef<DeviceInputShape>('DeviceDataSchema').implement({
  fields: (t) => ({
    deviceId: t.string(),
    deviceIp: t.string(),
    deviceBrowser: t.string(),
    deviceOS: t.string(),
    deviceName: t.string(),
    deviceType: t.field({ type: DeviceTypeEnum }),
  }),
});
