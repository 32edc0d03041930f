import { describe } from 'vitest';
import { runsWhole } from '../support/template.ts';
import { NUVEI } from './scenario-lab.ts';
import { describeScenarios } from './scenarios.ts';

// The embedded run tells the same stories with STRIPE, in stripe-scenarios.test.ts.
describe.skipIf(!runsWhole())('on a server', () => describeScenarios(NUVEI));
