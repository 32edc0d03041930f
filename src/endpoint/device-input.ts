import { isIP } from 'node:net';
import { z } from 'zod';
import { cutText } from '../kernel/cut.ts';
import { cleanText } from '../kernel/text.ts';
import type { Device, DeviceType } from '../sessions/session.ts';
import * as rules from './text-rules.ts';

type Optional<T> = T | null | undefined;

export interface DeviceInputShape {
  deviceId?: Optional<string>;
  deviceIp?: Optional<string>;
  deviceBrowser?: Optional<string>;
  deviceOS?: Optional<string>;
  deviceName?: Optional<string>;
  deviceType?: Optional<DeviceType>;
}

const DEVICE_ID_LENGTH_MAX = 1_000;
const ADDRESSES_LENGTH_MAX = 1_000;
const DEVICE_TEXT_LENGTH_MAX = 500;
const CONTROL = /[\u0000-\u001f\u007f]/g;

/** What a browser says of itself is not checked: programs send it without looking, and it must not stop a payment. */
export const deviceSchema = z.looseObject({
  deviceId: rules.optional(rules.text(DEVICE_ID_LENGTH_MAX)),
  deviceIp: rules.optional(
    rules.short(ADDRESSES_LENGTH_MAX).refine((value) => toIpAddress(value) !== null, {
      message: 'This is not an IPv4 or IPv6 address.',
    }),
  ),
});

export function toDevice(input: DeviceInputShape): Device {
  const ip = rules.given(input.deviceIp);
  return {
    id: rules.given(input.deviceId),
    ip: ip === null ? null : toIpAddress(ip),
    browser: toDeviceText(input.deviceBrowser),
    os: toDeviceText(input.deviceOS),
    name: toDeviceText(input.deviceName),
    type: input.deviceType ?? null,
  };
}

/** As it can be stored: a user agent of an in-app browser may be long, and hold what no text should. */
function toDeviceText(value: Optional<string>): string | null {
  return rules.given(value && cutText(cleanText(value.replace(CONTROL, ' ')), DEVICE_TEXT_LENGTH_MAX));
}

/** With a port behind it, as servers write an address: `203.0.113.7:51234`, `[2001:db8::1]:443`. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/;

/** The first address of a list as proxies forward it, without its port. Null where there is none. */
function toIpAddress(text: string): string | null {
  const addresses = text.split(',').map((part) => {
    const [, inBrackets, plain] = WITH_PORT.exec(part.trim()) ?? [];
    return inBrackets ?? plain ?? part.trim();
  });
  return addresses.find((address) => isIP(address) !== 0) ?? null;
}
