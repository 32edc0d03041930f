import type { Deps as CustomerDeps } from './customers/deps.ts';
import type { Deps as LiveDeps } from './live/deps.ts';
import type { Deps as MerchantWebhookDeps } from './merchant-webhooks/deps.ts';
import type { Deps as MerchantDeps } from './merchants/deps.ts';
import type { MerchantDirectory } from './merchants/find-merchant.ts';
import type { Deps as SessionDeps } from './sessions/deps.ts';
import type { Deps as WebhookDeps } from './webhooks/deps.ts';

/** Everything that `app.ts` makes and hands out. Each feature states the part that it uses in its own `deps.ts`. */
export type Deps = SessionDeps &
  CustomerDeps &
  MerchantDeps &
  MerchantWebhookDeps &
  WebhookDeps &
  LiveDeps & { readonly merchants: MerchantDirectory };
