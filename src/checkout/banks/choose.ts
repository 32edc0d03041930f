import { loadPart } from '../load.ts';
import type { Session } from '../session.ts';
import type { Bank } from './bank.ts';
import type { NuveiPayload } from './nuvei.ts';
import type { SimulatedNuvei } from './simulated-nuvei.ts';
import type { SimulatedStripe } from './simulated-stripe.ts';
import type { StripePayload } from './stripe.ts';

type OpenSession = Session & { readonly payload: NonNullable<Session['payload']> };

/** Whether the card is taken by a vendor's own script, which the page's policy must allow. */
export function loadsScript({ provider, payload }: Session): boolean {
  return provider !== 'EXAMPLE' && payload !== null && payload['apiUrl'] == null;
}

/** The bank behind a session that can be paid, or null where this page has none. Code that only some payers need is loaded only now. */
export async function chooseBank({ provider, payload }: OpenSession, token: string): Promise<Bank | null> {
  const isSimulated = typeof payload['apiUrl'] === 'string';
  switch (provider) {
    case 'EXAMPLE':
      return (await loadPart(() => import('./example.ts'))).exampleBank(token);
    case 'STRIPE': {
      if (isSimulated)
        return (await loadPart(() => import('./simulated-stripe.ts'))).simulatedStripe(payload as unknown as SimulatedStripe);
      const { stripeBank } = await loadPart(() => import('./stripe.ts'));
      return stripeBank(payload as unknown as StripePayload, token);
    }
    case 'NUVEI': {
      if (isSimulated)
        return (await loadPart(() => import('./simulated-nuvei.ts'))).simulatedNuvei(payload as unknown as SimulatedNuvei);
      const { nuveiBank } = await loadPart(() => import('./nuvei.ts'));
      return nuveiBank(payload as unknown as NuveiPayload);
    }
    default:
      return null;
  }
}
