import { useEffect, useRef, useState } from 'preact/hooks';
import type { Bank } from '../banks/bank.ts';
import type { PageClock } from '../clock.ts';
import { isFramed } from '../frame.ts';
import type { Page } from '../page.ts';
import type { State, View } from '../state.ts';
import { type Form, loadForm } from './form.ts';
import { Standstill } from './message.tsx';
import { Result } from './result.tsx';
import { useSentences } from './speech.ts';

interface PanelProps {
  readonly state: State;
  readonly page: Page;
  readonly clock: PageClock;
}

/** The place where everything happens. It keeps its size, and the form keeps what was typed while something else is shown. */
export function Panel({ state, page, clock }: PanelProps) {
  const sentences = useSentences();
  const panel = useRef<HTMLElement>(null);
  const wasAsked = useRef(false);
  const { view } = state;
  wasAsked.current = keepsForm(view) && (wasAsked.current || view.name === 'asking');
  const form = useForm(wasAsked.current ? page.bank() : null, page);
  useFocus(panel, view, form);
  const isReading = view.name === 'opening' || (view.name === 'asking' && form === null);
  return (
    <main class="panel" ref={panel} aria-busy={isReading}>
      {isReading ? (
        <>
          <p class="unseen" role="status">
            {sentences.opening}
          </p>
          <FormSkeleton />
        </>
      ) : null}
      {wasAsked.current && form !== null ? <Asking state={state} page={page} clock={clock} form={form} /> : null}
      {view.name === 'ended' ? <Result state={state} ending={view.ending} isFresh={view.isFresh} /> : null}
      {view.name === 'unreachable' || view.name === 'waiting' || view.name === 'uncertain' || view.name === 'challenged' ? (
        <Standstill state={state} view={view} page={page} />
      ) : null}
    </main>
  );
}

/**
 * A vendor's fields are lost when they are taken down, so they are not while they may be needed again. Before the payer leaves for a
 * challenge they are: a page that the browser keeps should hold no card.
 */
function keepsForm({ name }: View): boolean {
  return name === 'asking' || name === 'confirming' || name === 'waiting' || name === 'uncertain';
}

/** The form for whoever takes the card, once it is loaded. @param bank null while no form is wanted */
function useForm(bank: Bank | null, page: Page): Form | null {
  const [form, setForm] = useState<{ readonly view: Form } | null>(null);
  useEffect(() => {
    if (bank === null || form !== null) return;
    loadForm(bank).then(
      (view) => setForm({ view }),
      () => page.tell({ type: 'fields-failed' }),
    );
  }, [bank]);
  return form?.view ?? null;
}

const NO_PROBLEMS = {};

function Asking({ state, page, clock, form: Form }: PanelProps & { readonly form: Form }) {
  const { view, session } = state;
  const bank = page.bank();
  if (session === null || bank === null) return null;
  const isShown = view.name === 'asking' || view.name === 'confirming';
  const [notice, problems] = view.name === 'asking' ? [view.notice, view.problems] : [null, NO_PROBLEMS];
  const props = { state, session, page, bank, clock, notice, problems };
  return (
    <div class="form" hidden={!isShown}>
      <Form {...props} />
    </div>
  );
}

function FormSkeleton() {
  return (
    <div class="bones" aria-hidden="true">
      <div class="bone is-short" />
      <div class="bone is-field" />
      <div class="bone is-field" />
      <div class="bone is-button" />
    </div>
  );
}

/**
 * Whoever does not see the page is led to what has changed. The first form takes the focus only where that brings no keyboard over
 * it and moves no page of a shop.
 */
function useFocus(panel: { readonly current: HTMLElement | null }, view: View, form: Form | null): void {
  const hasBegun = useRef(false);
  useEffect(() => {
    const isFirst = !hasBegun.current;
    if (view.name === 'asking' && form === null) return;
    hasBegun.current ||= view.name !== 'opening';
    if (view.name === 'opening' || view.name === 'confirming' || (isFirst && isFramed())) return;
    const marked = panel.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-focus]');
    const canType = view.name === 'asking' && matchMedia('(pointer: fine)').matches;
    const field = canType ? panel.current?.querySelector<HTMLElement>('#number') : null;
    const target = marked ?? field ?? panel.current?.querySelector<HTMLElement>('.form-head');
    target?.focus({ preventScroll: isFirst });
  }, [view, form]);
}
