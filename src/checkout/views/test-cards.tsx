import type { TestCard } from '../sentences.ts';
import { useSentences } from './speech.ts';

const CARDS: readonly (readonly [TestCard, string])[] = [
  ['approved', '4242 4242 4242 4242'],
  ['declined', '4000 0000 0000 0002'],
  ['challenged', '4000 0000 0000 3220'],
  ['late', '4000 0099 0000 0012'],
];

/** Never shown where a real vendor takes the card. */
export function TestCards({ onPick }: { readonly onPick: (number: string) => void }) {
  const sentences = useSentences();
  return (
    <details class="test-cards">
      <summary>{sentences.testCards}</summary>
      <p>{sentences.testCardsIntro}</p>
      <ul>
        {CARDS.map(([card, number]) => (
          <li key={card}>
            <button type="button" onClick={() => onPick(number)}>
              <span class="number">{number}</span> {sentences.testCardEffects[card]}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
