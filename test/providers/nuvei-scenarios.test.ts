import { NUVEI } from './scenario-lab.ts';
import { describeScenarios } from './scenarios.ts';

describeScenarios(NUVEI);
