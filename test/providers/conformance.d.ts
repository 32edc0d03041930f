import { type ProviderLab } from './lab.ts';
/** What every provider must do behind the port, whatever it does behind its own wire. Run it once per provider. */
export declare function describeProvider(name: string, openLab: () => Promise<ProviderLab>): void;
