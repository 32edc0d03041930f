import type { Contact } from '../providers/provider.ts';
import type { Device, Payer } from '../sessions/session.ts';
import { builder } from './builder.ts';
import { CountryEnum, DeviceTypeEnum } from './enums.ts';

const NOT_GIVEN = 'Null when it was not given.';

export const Billing = builder.objectRef<Contact>('Billing').implement({
  description: 'Who pays and at which address, as the merchant gave it.',
  fields: (t) => ({
    billingFirstName: t.string({ description: 'The payer’s first name.', resolve: (contact) => contact.firstName }),
    billingLastName: t.string({ description: 'The payer’s last name.', resolve: (contact) => contact.lastName }),
    billingEmail: t.string({ description: 'The payer’s e-mail address.', resolve: (contact) => contact.email }),
    billingPhone: t.string({
      nullable: true,
      description: `The payer’s phone number in E.164 form. ${NOT_GIVEN}`,
      resolve: (contact) => contact.phone,
    }),
    billingAddressCountry: t.field({
      type: CountryEnum,
      description: 'The country of the billing address.',
      resolve: ({ address }) => address.country,
    }),
    billingAddressState: t.string({
      nullable: true,
      description: `The state or province of the billing address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.state,
    }),
    billingAddressCity: t.string({
      nullable: true,
      description: `The city of the billing address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.city,
    }),
    billingAddressLine1: t.string({
      nullable: true,
      description: `The first line of the billing address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.line1,
    }),
    billingAddressLine2: t.string({
      nullable: true,
      description: `The second line of the billing address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.line2,
    }),
    billingAddressPostalCode: t.string({
      nullable: true,
      description: `The postal code of the billing address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.postalCode,
    }),
  }),
});

export const Shipping = builder.objectRef<Contact>('Shipping').implement({
  description: 'Whom goods go to and where, as the merchant gave it.',
  fields: (t) => ({
    shippingFirstName: t.string({ description: 'The receiver’s first name.', resolve: (contact) => contact.firstName }),
    shippingLastName: t.string({ description: 'The receiver’s last name.', resolve: (contact) => contact.lastName }),
    shippingEmail: t.string({ description: 'The receiver’s e-mail address.', resolve: (contact) => contact.email }),
    shippingPhone: t.string({
      nullable: true,
      description: `The receiver’s phone number in E.164 form. ${NOT_GIVEN}`,
      resolve: (contact) => contact.phone,
    }),
    shippingAddressCountry: t.field({
      type: CountryEnum,
      description: 'The country of the shipping address.',
      resolve: ({ address }) => address.country,
    }),
    shippingAddressState: t.string({
      nullable: true,
      description: `The state or province of the shipping address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.state,
    }),
    shippingAddressCity: t.string({
      nullable: true,
      description: `The city of the shipping address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.city,
    }),
    shippingAddressLine1: t.string({
      nullable: true,
      description: `The first line of the shipping address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.line1,
    }),
    shippingAddressLine2: t.string({
      nullable: true,
      description: `The second line of the shipping address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.line2,
    }),
    shippingAddressPostalCode: t.string({
      nullable: true,
      description: `The postal code of the shipping address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.postalCode,
    }),
  }),
});

export const User = builder.objectRef<Payer>('User').implement({
  description: 'The end user behind the payment, as the merchant gave it.',
  fields: (t) => ({
    userFirstName: t.string({ description: 'The user’s first name.', resolve: (user) => user.firstName }),
    userLastName: t.string({ description: 'The user’s last name.', resolve: (user) => user.lastName }),
    userEmail: t.string({ description: 'The user’s e-mail address.', resolve: (user) => user.email }),
    userPhone: t.string({
      nullable: true,
      description: `The user’s phone number in E.164 form. ${NOT_GIVEN}`,
      resolve: (user) => user.phone,
    }),
    userBirthDate: t.string({
      nullable: true,
      description: `The user’s day of birth, such as 1990-04-30. ${NOT_GIVEN}`,
      resolve: (user) => user.birthDate,
    }),
    userLocale: t.string({
      nullable: true,
      description: `The user’s language and region, such as en-US. ${NOT_GIVEN}`,
      resolve: (user) => user.locale,
    }),
    userLegalIdentifier: t.string({
      nullable: true,
      description: `A number by which the law knows the user. ${NOT_GIVEN}`,
      resolve: (user) => user.legalIdentifier,
    }),
    userLegalIdentifierType: t.string({
      nullable: true,
      description: `What kind of number \`userLegalIdentifier\` is. ${NOT_GIVEN}`,
      resolve: (user) => user.legalIdentifierType,
    }),
    userAddressCountry: t.field({
      type: CountryEnum,
      description: 'The country of the user’s address.',
      resolve: ({ address }) => address.country,
    }),
    userAddressState: t.string({
      nullable: true,
      description: `The state or province of the user’s address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.state,
    }),
    userAddressCity: t.string({
      nullable: true,
      description: `The city of the user’s address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.city,
    }),
    userAddressLine1: t.string({
      nullable: true,
      description: `The first line of the user’s address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.line1,
    }),
    userAddressLine2: t.string({
      nullable: true,
      description: `The second line of the user’s address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.line2,
    }),
    userAddressPostalCode: t.string({
      nullable: true,
      description: `The postal code of the user’s address. ${NOT_GIVEN}`,
      resolve: ({ address }) => address.postalCode,
    }),
  }),
});

export const DeviceObject = builder.objectRef<Device>('Device').implement({
  description: 'The device that the payer uses, as the merchant gave it.',
  fields: (t) => ({
    deviceId: t.string({
      nullable: true,
      description: `The merchant’s own id of the device. ${NOT_GIVEN}`,
      resolve: (device) => device.id,
    }),
    deviceIp: t.string({
      nullable: true,
      description: `The address that the payer comes from. ${NOT_GIVEN}`,
      resolve: (device) => device.ip,
    }),
    deviceBrowser: t.string({
      nullable: true,
      description: `The browser and its version. ${NOT_GIVEN}`,
      resolve: (device) => device.browser,
    }),
    deviceOS: t.string({
      nullable: true,
      description: `The operating system and its version. ${NOT_GIVEN}`,
      resolve: (device) => device.os,
    }),
    deviceName: t.string({
      nullable: true,
      description: `The device’s name or model. ${NOT_GIVEN}`,
      resolve: (device) => device.name,
    }),
    deviceType: t.field({
      type: DeviceTypeEnum,
      nullable: true,
      description: `The kind of device. ${NOT_GIVEN}`,
      resolve: (device) => device.type,
    }),
  }),
});
