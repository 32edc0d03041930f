import type { ComponentType } from 'preact';
import type { Bank, Problems } from '../banks/bank.ts';
import type { PageClock } from '../clock.ts';
import { loadPart } from '../load.ts';
import type { Page } from '../page.ts';
import type { Session } from '../session.ts';
import type { Notice, State } from '../state.ts';

/** The form that a bank needs. A payer of a real vendor never loads the form of the test bank, nor the other way round. */

export interface FormProps {
  readonly state: State;
  readonly session: Session;
  readonly page: Page;
  readonly bank: Bank;
  readonly clock: PageClock;
  readonly notice: Notice | null;
  readonly problems: Problems;
}

export type Form = ComponentType<FormProps>;

export async function loadForm({ takes }: Bank): Promise<Form> {
  switch (takes) {
    case 'card':
      return (await loadPart(() => import('./card-form.tsx'))).CardForm;
    case 'fields':
      return (await loadPart(() => import('./field-form.tsx'))).FieldForm;
  }
}
