import type { ComponentChildren } from 'preact';
import type { Session, Shop } from '../session.ts';
import { useSpeech } from './speech.ts';

interface SummaryProps {
  readonly session: Session;
  readonly shop: Shop;
  /** Whether it has come to an end: then nothing is going to happen any more. */
  readonly isOver: boolean;
  /** The time that is left. */
  readonly children: ComponentChildren;
}

/** For whom, how much, and what will happen. */
export function Summary({ session, shop, isOver, children }: SummaryProps) {
  const { sentences, money } = useSpeech();
  const { kind, description, storesCard } = session;
  const hasAmount = session.amountMinor !== null;
  return (
    <header class="summary">
      {shop.isTest ? <p class="badge">{sentences.testMode}</p> : null}
      <p class="shop">
        <span class="monogram" aria-hidden="true">
          {Array.from(shop.name)[0]?.toUpperCase()}
        </span>
        <bdi>{shop.name}</bdi>
      </p>
      <h1>
        <span class="purpose">{isOver && hasAmount ? sentences.amount : sentences.purposes[kind]}</span>
        {hasAmount ? <span class="amount">{money(session)}</span> : null}
      </h1>
      {description === null ? null : (
        <p class="description" dir="auto">
          {description}
        </p>
      )}
      {isOver ? null : <p class="consequence">{sentences.consequences[kind](shop.name)}</p>}
      {isOver || !storesCard || kind === 'ADD_PAYMENT_METHOD' ? null : (
        <p class="consequence">{sentences.storesCard(shop.name)}</p>
      )}
      {children}
    </header>
  );
}

/** The same in grey, while it is read. */
export function SummarySkeleton() {
  return (
    <div class="summary" aria-hidden="true">
      <div class="bone is-short" />
      <div class="bone is-tall" />
      <div class="bone" />
    </div>
  );
}
