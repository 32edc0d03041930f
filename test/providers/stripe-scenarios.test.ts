import { STRIPE } from './scenario-lab.ts';
import { describeScenarios } from './scenarios.ts';

describeScenarios(STRIPE);
